/** Why a meter has no room for a request, and when it may have. Pure arithmetic over what was seen of the item. */
import type { Denial, LimitName } from '../core/ports.ts';
import { dayEndsAtMs, monthEndsAtMs } from './calendar.ts';
import { type Limits, NANO_PER_USD, toNano } from './limits.ts';
import { isAbandoned } from './markers.ts';
import type { Meter } from './meter.ts';
import { advance, roomAtMs } from './minute-window.ts';
import { spendIdsAt, spentIn } from './spend-window.ts';

export interface Ask {
  readonly tokens: number;
  readonly costNano: number;
  readonly nowMs: number;
}

/** A request in flight ends when it ends: a guess, for clients that would otherwise ask again at once. */
const PARALLEL_RETRY_MS = 1_000;

/** While requests are in flight on shards that have more than their share of them, others do with less. */
export function parallelOf({ limits, held, heldUntilMs }: Meter, nowMs: number): number | undefined {
  const kept = nowMs < heldUntilMs ? held : 0;
  return limits.limit_parallel === undefined ? undefined : Math.max(0, limits.limit_parallel - kept);
}

/** What counts now against each limit, in the limit's own unit. */
export function usageOf(meter: Meter, nowMs: number): { readonly [L in LimitName]: number } {
  const { held } = advance(meter.minute, nowMs);
  const ids = spendIdsAt(meter, nowMs);
  return {
    limit_rpm: held.requests,
    limit_tpm: held.tokens,
    limit_parallel: meter.open.filter((marker) => !isAbandoned(marker, nowMs)).length,
    budget_day_usd: spentIn(meter.day, ids.day) / NANO_PER_USD,
    budget_month_usd: spentIn(meter.month, ids.month) / NANO_PER_USD,
  };
}

export function findDenials(meter: Meter, ask: Ask): readonly Denial[] {
  const { limits, minute, scope, timeZone } = meter;
  const { nowMs } = ask;
  const usage = usageOf(meter, nowMs);
  const denials: Denial[] = [];
  const deny = (limit: LimitName, limitValue: number, asked: number, roomMs: number | undefined) => {
    // What is more than the whole limit never fits, however long one waits.
    const retryAfterMs = asked > limitValue || roomMs === undefined ? undefined : Math.max(1, roomMs - nowMs);
    denials.push({ scope, limit, limitValue, used: usage[limit], asked, retryAfterMs });
  };

  const { slot } = advance(minute, nowMs);
  const rates = [
    { limit: 'limit_rpm', asked: 1, ring: minute?.slotRequests },
    { limit: 'limit_tpm', asked: ask.tokens, ring: minute?.slotTokens },
  ] as const;
  for (const { limit, asked, ring } of rates) {
    const value = limits[limit];
    if (value === undefined || usage[limit] + asked <= value) continue;
    deny(limit, value, asked, minute && ring ? roomAtMs(minute.slot, ring, slot, value - asked) : nowMs);
  }

  const parallel = parallelOf(meter, nowMs);
  if (parallel !== undefined && usage.limit_parallel + 1 > parallel) {
    deny('limit_parallel', parallel, 1, nowMs + PARALLEL_RETRY_MS);
  }

  const ids = spendIdsAt(meter, nowMs);
  const budgets = [
    { limit: 'budget_day_usd', spent: spentIn(meter.day, ids.day), endsAt: dayEndsAtMs, id: ids.day },
    { limit: 'budget_month_usd', spent: spentIn(meter.month, ids.month), endsAt: monthEndsAtMs, id: ids.month },
  ] as const;
  for (const { limit, spent, endsAt, id } of budgets) {
    const value = limits[limit];
    if (value === undefined || spent + ask.costNano <= toNano(value)) continue;
    deny(limit, value, ask.costNano / NANO_PER_USD, endsAt(id, timeZone));
  }
  return denials;
}

/** The one to tell: coming back after any other would only meet this one. */
export function worstDenial(denials: readonly Denial[]): Denial | undefined {
  return denials.reduce<Denial | undefined>(
    (worst, denial) => (worst === undefined || waitOf(denial) > waitOf(worst) ? denial : worst),
    undefined,
  );
}

/**
 * Why a scope has no room: where it has shards, only if none of them has any. Then it is told as of the whole limit, and
 * for the shard that has room first.
 */
export function denialOf(shards: readonly Meter[], limits: Limits, ask: Ask): Denial | undefined {
  const denials = shards.map((shard) => worstDenial(findDenials(shard, ask)));
  const soonest = denials.reduce((best, denial) => {
    if (best === undefined || denial === undefined) return undefined;
    return waitOf(denial) < waitOf(best) ? denial : best;
  });
  if (soonest === undefined || shards.length === 1) return soonest;
  const { limit } = soonest;
  const used = shards.reduce((sum, shard) => sum + usageOf(shard, ask.nowMs)[limit], 0);
  return { ...soonest, limitValue: limits[limit] ?? soonest.limitValue, used };
}

const waitOf = (denial: Denial): number => denial.retryAfterMs ?? Number.POSITIVE_INFINITY;
