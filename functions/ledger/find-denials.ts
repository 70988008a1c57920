/** Why a meter has no room for a request, and when it may have. Pure arithmetic over what was seen of the item. */
import type { Denial, LimitName } from '../core/ports.ts';
import { NANO_PER_USD, toNano } from './limits.ts';
import { isAbandoned } from './markers.ts';
import type { Meter } from './meter.ts';
import { advance, roomAtMs } from './minute-window.ts';
import { spendIdsAt, spentIn } from './spend-window.ts';
import { dayEndsAtMs, monthEndsAtMs } from './windows.ts';

export interface Ask {
  readonly tokens: number;
  readonly costNano: number;
  readonly nowMs: number;
}

/** A request in flight ends when it ends: a guess, for clients that would otherwise ask again at once. */
const PARALLEL_RETRY_MS = 1_000;

export function findDenials(meter: Meter, ask: Ask): readonly Denial[] {
  const { limits, minute, scope } = meter;
  const { nowMs } = ask;
  const denials: Denial[] = [];
  const deny = (limit: LimitName, limitValue: number, used: number, asked: number, roomMs: number | undefined) => {
    // What is more than the whole limit never fits, however long one waits.
    const retryAfterMs = asked > limitValue || roomMs === undefined ? undefined : Math.max(1, roomMs - nowMs);
    denials.push({ scope, limit, limitValue, used, asked, retryAfterMs });
  };

  const step = advance(minute, nowMs);
  const rates = [
    { limit: 'limit_rpm', held: step.held.requests, asked: 1, ring: minute?.slotRequests },
    { limit: 'limit_tpm', held: step.held.tokens, asked: ask.tokens, ring: minute?.slotTokens },
  ] as const;
  for (const { limit, held, asked, ring } of rates) {
    const value = limits[limit];
    if (value === undefined || held + asked <= value) continue;
    const roomMs = minute && ring ? roomAtMs(minute.slot, ring, step.slot, value - asked) : nowMs;
    deny(limit, value, held, asked, roomMs);
  }

  const parallel = limits.limit_parallel;
  if (parallel !== undefined) {
    const live = meter.open.filter((marker) => !isAbandoned(marker, nowMs)).length;
    if (live + 1 > parallel) deny('limit_parallel', parallel, live, 1, nowMs + PARALLEL_RETRY_MS);
  }

  const ids = spendIdsAt(meter, nowMs);
  const budgets = [
    { limit: 'budget_day_usd', spent: spentIn(meter.day, ids.day), endsAtMs: dayEndsAtMs(ids.day) },
    { limit: 'budget_month_usd', spent: spentIn(meter.month, ids.month), endsAtMs: monthEndsAtMs(ids.month) },
  ] as const;
  for (const { limit, spent, endsAtMs } of budgets) {
    const value = limits[limit];
    if (value === undefined || spent + ask.costNano <= toNano(value)) continue;
    deny(limit, value, spent / NANO_PER_USD, ask.costNano / NANO_PER_USD, endsAtMs);
  }
  return denials;
}

/** The one to tell: coming back after any other would only meet this one. */
export function worstDenial(denials: readonly Denial[]): Denial | undefined {
  const waitOf = (denial: Denial): number => denial.retryAfterMs ?? Number.POSITIVE_INFINITY;
  return denials.reduce<Denial | undefined>(
    (worst, denial) => (worst === undefined || waitOf(denial) > waitOf(worst) ? denial : worst),
    undefined,
  );
}
