/** What an operator sets on a meter, by command, by deployment or by hand: its limits, and what is no limit. */
import { GatewayError } from '../core/errors.ts';
import { isTimeZone } from './calendar.ts';
import { checkLimits, type LimitChanges } from './limits.ts';
import { isTemplate } from './policy.ts';
import { checkScope } from './scopes.ts';
import { shardsProblem } from './shards.ts';

export interface MeterSettings {
  /** `null` takes a limit away, one that is not named stays. */
  readonly limits: LimitChanges;
  /** An IANA name, whose days and months the budgets are for; `null` takes it away. */
  readonly timeZone?: string | null | undefined;
  /** How many items the meter is to be. */
  readonly shards?: number | undefined;
}

/** Throws `invalid-request` where the scope or what is set on it is none. */
export function checkSettings(scope: string, { limits, timeZone, shards }: MeterSettings): void {
  checkScope(scope);
  checkLimits(limits);
  if (typeof timeZone === 'string' && !isTimeZone(timeZone)) {
    refuse('time_zone', `There is no time zone "${timeZone}"; they are named as Europe/Berlin or America/New_York.`);
  }
  const problem = shards === undefined ? undefined : shardsProblem(shards);
  if (problem !== undefined) refuse('shards', `shards ${problem}.`);
  if (shards !== undefined && isTemplate(scope)) refuse('shards', 'A template holds no counters: it has no shards.');
}

/** As they are named in the item: `limit_rpm`, `budget_month_usd`, `time_zone`, `shards`. Throws `invalid-request`. */
export function readSettings(scope: string, written: { readonly [name: string]: unknown }): MeterSettings {
  const { time_zone: timeZone, shards, ...others } = written;
  if (timeZone !== undefined && timeZone !== null && typeof timeZone !== 'string') {
    refuse('time_zone', 'time_zone must be the name of a time zone.');
  }
  if (shards !== undefined && typeof shards !== 'number') refuse('shards', 'shards must be a number.');
  const limits: { [name: string]: number | null } = {};
  for (const [name, value] of Object.entries(others)) {
    if (value !== null && typeof value !== 'number') refuse(name, `${name} must be a number, or null for none.`);
    limits[name] = value;
  }
  const settings = { limits: checkLimits(limits), timeZone, shards };
  checkSettings(scope, settings);
  return settings;
}

function refuse(param: string, message: string): never {
  throw new GatewayError('invalid-request', message, { param });
}
