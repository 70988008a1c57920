/** What is left, for the output cap and for the `x-ratelimit-*` headers. */
import type { RateLimits, RateWindow, Room } from '../core/ports.ts';
import { toNano } from './limits.ts';
import type { Meter } from './meter.ts';
import { advance, heldSlots } from './minute-window.ts';
import { spendIdsAt, spentIn } from './spend-window.ts';
import { slotForgottenAtMs } from './windows.ts';

/** The items of one scope that may be charged, under its policy. */
type Shards = readonly Meter[];

/** A request is charged to one shard: what it can cost is what the one with the most room has left. */
export function roomOf(scopes: readonly Shards[], nowMs: number): Room {
  const left = scopes.flatMap((shards) => {
    const each = shards.flatMap((meter) => {
      const budgets = budgetsOf(meter, nowMs);
      return budgets.length === 0 ? [] : [Math.min(...budgets.map(({ budget, spent }) => budget - spent))];
    });
    return each.length === 0 ? [] : [Math.max(...each)];
  });
  return { budgetNano: left.length === 0 ? undefined : Math.max(0, Math.min(...left)) };
}

/**
 * Whether what is left, as it was seen last, may be too little only because it was seen a while ago: worst cases that
 * were in flight have been settled since, a budget has been raised. An answer should not be cut short by an old memory.
 */
export function isNearlySpent(meter: Meter, nowMs: number): boolean {
  return budgetsOf(meter, nowMs).some(({ budget, spent }) => {
    const left = budget - spent;
    return left < budget / 10 || left < (meter.reservedNano ?? 0);
  });
}

function budgetsOf(meter: Meter, nowMs: number): readonly { readonly budget: number; readonly spent: number }[] {
  const ids = spendIdsAt(meter, nowMs);
  const { budget_day_usd: day, budget_month_usd: month } = meter.limits;
  return [
    ...(day === undefined ? [] : [{ budget: toNano(day), spent: spentIn(meter.day, ids.day) }]),
    ...(month === undefined ? [] : [{ budget: toNano(month), spent: spentIn(meter.month, ids.month) }]),
  ];
}

export function rateLimitsOf(scopes: readonly Shards[], nowMs: number): RateLimits {
  const windows = (unit: 'requests' | 'tokens') =>
    tightest(scopes.map((shards) => shards.map((meter) => rateWindow(meter, unit, nowMs)).reduce(together)));
  const [requests, tokens] = [windows('requests'), windows('tokens')];
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
}

/** Two shards of one scope. */
function together(left: RateWindow | undefined, right: RateWindow | undefined): RateWindow | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return {
    limit: left.limit + right.limit,
    remaining: left.remaining + right.remaining,
    resetMs: Math.max(left.resetMs, right.resetMs),
  };
}

function rateWindow(meter: Meter, unit: 'requests' | 'tokens', nowMs: number): RateWindow | undefined {
  const limit = unit === 'requests' ? meter.limits.limit_rpm : meter.limits.limit_tpm;
  if (limit === undefined) return undefined;
  const { minute } = meter;
  if (minute === undefined) return { limit, remaining: limit, resetMs: 0 };
  const step = advance(minute, nowMs);
  const ring = unit === 'requests' ? minute.slotRequests : minute.slotTokens;
  const newest = heldSlots(minute.slot, ring, step.slot).findLast(([, count]) => count !== 0)?.[0];
  const resetMs = newest === undefined || step.held[unit] === 0 ? 0 : slotForgottenAtMs(newest) - nowMs;
  return { limit, remaining: Math.max(0, limit - step.held[unit]), resetMs };
}

function tightest(windows: readonly (RateWindow | undefined)[]): RateWindow | undefined {
  return windows.reduce(
    (least, window) =>
      window !== undefined && (least === undefined || window.remaining < least.remaining) ? window : least,
    undefined,
  );
}
