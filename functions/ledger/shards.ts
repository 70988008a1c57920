/**
 * A hot meter is several items, each with its share of every limit: the shares add up to the limit exactly, so that
 * together they never admit more.
 */
import type { LimitName } from '../core/ports.ts';
import { type Limits, NANO_PER_USD, toNano } from './limits.ts';

/** One item takes about 1,000 writes a second; this many take what a whole region's gateways can send. */
export const MOST_SHARDS = 64;

export function shardsProblem(shards: number): string | undefined {
  return Number.isInteger(shards) && shards >= 1 && shards <= MOST_SHARDS
    ? undefined
    : `must be a whole number from 1 to ${MOST_SHARDS}`;
}

/** The first shards get what does not divide. */
export function shareOf(amount: number, shards: number, shard: number): number {
  if (shard >= shards) return 0;
  return Math.floor(amount / shards) + (shard < amount % shards ? 1 : 0);
}

export function shareLimits(limits: Limits, shards: number, shard: number): Limits {
  if (shards === 1) return limits;
  const shared: { [L in LimitName]?: number } = {};
  for (const [name, value] of Object.entries(limits) as [LimitName, number][]) {
    const isMoney = name === 'budget_day_usd' || name === 'budget_month_usd';
    shared[name] = isMoney ? shareOf(toNano(value), shards, shard) / NANO_PER_USD : shareOf(value, shards, shard);
  }
  return shared;
}
