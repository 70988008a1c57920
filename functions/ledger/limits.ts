/** The limits that an operator types, with what they must look like. */
import { GatewayError } from '../core/errors.ts';
import type { LimitName } from '../core/ports.ts';

export const LIMIT_NAMES = [
  'limit_rpm',
  'limit_tpm',
  'limit_parallel',
  'budget_day_usd',
  'budget_month_usd',
] as const satisfies readonly LimitName[];

export type Limits = { readonly [L in LimitName]?: number };
/** `null` takes a limit away, a name that is absent leaves it as it is. */
export type LimitChanges = { readonly [L in LimitName]?: number | null };

export const NANO_PER_USD = 1_000_000_000;
/** Money is added up in nano-dollars, which are exact up to 2^53: nine million dollars. */
export const MAX_BUDGET_USD = 9_000_000;
/** Beyond it, a marker for each request in flight would not fit an item. */
export const MAX_PARALLEL = 10_000;
const MAX_RATE = 1_000_000_000_000;

export const toNano = (usd: number): number => Math.round(usd * NANO_PER_USD);

/** What is wrong with a limit, or undefined. */
export function limitProblem(name: LimitName, value: number): string | undefined {
  if (!Number.isFinite(value)) return 'must be a number';
  if (value < 0) return 'must not be negative';
  if (name === 'budget_day_usd' || name === 'budget_month_usd') {
    return value > MAX_BUDGET_USD ? `must be at most ${MAX_BUDGET_USD} (USD)` : undefined;
  }
  if (!Number.isInteger(value)) return 'must be a whole number';
  const most = name === 'limit_parallel' ? MAX_PARALLEL : MAX_RATE;
  return value > most ? `must be at most ${most}` : undefined;
}

/** Throws `invalid-request` with the limit's name. */
export function checkLimits(changes: { readonly [name: string]: number | null | undefined }): LimitChanges {
  const checked: { [L in LimitName]?: number | null } = {};
  for (const [name, value] of Object.entries(changes)) {
    const known = LIMIT_NAMES.find((limit) => limit === name);
    if (known === undefined) {
      throw new GatewayError('invalid-request', `There is no limit "${name}"; there are ${LIMIT_NAMES.join(', ')}.`, {
        param: name,
      });
    }
    if (value === undefined) continue;
    const problem = value === null ? undefined : limitProblem(known, value);
    if (problem !== undefined) throw new GatewayError('invalid-request', `${name} ${problem}.`, { param: name });
    checked[known] = value;
  }
  return checked;
}
