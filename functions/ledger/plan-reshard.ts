/**
 * From one number of shards to another: what has been counted is spread over the new ones, so that the room of each is
 * its share of what is left. Requests in flight stay where they are, since that is where they will be settled; where a
 * shard has more of them than its share, the others leave as much room until these must be over.
 */
import { number, numbers, text, type Value } from './attributes.ts';
import { createExpression, type Update } from './expression.ts';
import { isAbandoned, parseMarker } from './markers.ts';
import type { Meter, SpendWindow } from './meter.ts';
import { advance, ringIndex } from './minute-window.ts';
import { label } from './plan-reserve.ts';
import { requireSeen } from './require-seen.ts';
import { shareOf } from './shards.ts';
import { SLOTS } from './windows.ts';

/** What a shard is to hold. */
export interface ShardTarget {
  readonly day: SpendWindow;
  readonly month: SpendWindow;
  readonly slot: number | undefined;
  readonly slotRequests: readonly number[];
  readonly slotTokens: readonly number[];
  readonly held: number;
  readonly heldUntilMs: number;
}

/** `items` are all that there ever were or are to be, by their number, under no policy. */
export function planTargets(items: readonly Meter[], shards: number, parallel: number | undefined, nowMs: number) {
  const [day, month] = [total(items.map((item) => item.day)), total(items.map((item) => item.month))];
  const rings = mergeRings(items, nowMs);
  const held = spreadInFlight(items, shards, parallel, nowMs);
  return items.map((_, shard): ShardTarget => {
    const share = (amount: number): number => shareOf(amount, shards, shard);
    return {
      day: { id: day.id, nano: share(day.nano) },
      month: { id: month.id, nano: share(month.nano) },
      slot: rings?.slot,
      slotRequests: rings?.requests.map(share) ?? [],
      slotTokens: rings?.tokens.map(share) ?? [],
      held: held.counts[shard] ?? 0,
      heldUntilMs: held.untilMs,
    };
  });
}

/** Of the latest window that any of them has. */
function total(windows: readonly SpendWindow[]): { readonly id: string | undefined; readonly nano: number } {
  const id = windows.reduce<string | undefined>(
    (latest, window) => (window.id !== undefined && (latest === undefined || window.id > latest) ? window.id : latest),
    undefined,
  );
  return { id, nano: windows.reduce((sum, window) => sum + (window.id === id ? (window.nano ?? 0) : 0), 0) };
}

function mergeRings(items: readonly Meter[], nowMs: number) {
  const minutes = items.flatMap(({ minute }) => minute ?? []);
  if (minutes.length === 0) return undefined;
  const slot = Math.max(...minutes.map((minute) => advance(minute, nowMs).slot));
  const requests = Array.from({ length: SLOTS }, () => 0);
  const tokens = Array.from({ length: SLOTS }, () => 0);
  for (const minute of minutes) {
    for (let each = Math.max(minute.slot, slot) - SLOTS + 1; each <= minute.slot; each += 1) {
      const index = ringIndex(each);
      requests[index] = (requests[index] ?? 0) + (minute.slotRequests[index] ?? 0);
      tokens[index] = (tokens[index] ?? 0) + (minute.slotTokens[index] ?? 0);
    }
  }
  return { slot, requests, tokens };
}

function spreadInFlight(items: readonly Meter[], shards: number, parallel: number | undefined, nowMs: number) {
  const live = items.map(({ open }) => open.filter((marker) => !isAbandoned(marker, nowMs)));
  const untilMs = Math.max(0, ...live.flat().map((marker) => parseMarker(marker).expiresAtMs));
  if (parallel === undefined) return { counts: [], untilMs };
  const shareAt = (shard: number): number => shareOf(parallel, shards, shard);
  let excess = live.reduce((sum, markers, shard) => sum + Math.max(0, markers.length - shareAt(shard)), 0);
  const counts = live.map((markers, shard) => {
    const held = Math.min(excess, Math.max(0, shareAt(shard) - markers.length));
    excess -= held;
    return held;
  });
  return { counts, untilMs };
}

const spentOf = (window: SpendWindow, id: string | undefined): number => (window.id === id ? (window.nano ?? 0) : 0);

/** Whether a shard is to hold more money than it does. */
export function gains(item: Meter, { day, month }: ShardTarget): boolean {
  return (day.nano ?? 0) > spentOf(item.day, day.id) || (month.nano ?? 0) > spentOf(item.month, month.id);
}

/** The same, but nothing less than it has. Of money: a minute is over before it matters. */
export function atLeast(item: Meter, target: ShardTarget): ShardTarget {
  const { day, month } = target;
  return {
    ...target,
    day: { id: day.id, nano: Math.max(day.nano ?? 0, spentOf(item.day, day.id)) },
    month: { id: month.id, nano: Math.max(month.nano ?? 0, spentOf(item.month, month.id)) },
  };
}

/** Writes a shard anew, as long as nobody has settled anything on it since it was read. */
export function planShard(item: Meter, target: ShardTarget, settings: readonly ShardSetting[]): Update {
  const expression = createExpression();
  const windows = [
    ['day', item.day, target.day],
    ['month', item.month, target.month],
  ] as const;
  for (const [name, seen, next] of windows) {
    requireSeen(expression, name, name, seen.id === undefined ? undefined : text(seen.id));
    requireSeen(expression, `${name}_nano`, `${name}_nano`, seen.nano === undefined ? undefined : number(seen.nano));
    if (next.id === undefined) continue;
    expression.set(expression.name(name), expression.value(name, text(next.id)));
    expression.set(expression.name(`${name}_nano`), expression.value(`${name}_nano`, number(next.nano ?? 0)));
  }
  const { minute } = item;
  requireSeen(expression, 'slot', 'slot', minute === undefined ? undefined : number(minute.slot));
  if (minute?.tokens !== undefined) requireSeen(expression, 'minute_tokens', 'minute_tokens', number(minute.tokens));
  if (target.slot !== undefined) {
    const sum = (ring: readonly number[]): number => ring.reduce((all, count) => all + count, 0);
    const values: readonly (readonly [string, Value])[] = [
      ['slot', number(target.slot)],
      ['minute_requests', number(sum(target.slotRequests))],
      ['minute_tokens', number(sum(target.slotTokens))],
      ['slot_requests', numbers(target.slotRequests)],
      ['slot_tokens', numbers(target.slotTokens)],
    ];
    for (const [name, value] of values) expression.set(expression.name(name), expression.value(name, value));
  }
  expression.set(expression.name('held'), expression.value('held', number(target.held)));
  expression.set(expression.name('held_until_ms'), expression.value('until', number(target.heldUntilMs)));
  label(expression, item);
  for (const [name, value] of settings) {
    const path = expression.name(name);
    if (value === undefined) expression.remove(path);
    else expression.set(path, expression.value(`set_${name}`, number(value)));
  }
  return expression.build();
}

/** An attribute, and what it becomes; undefined takes it away. */
export type ShardSetting = readonly [name: 'split' | 'made' | 'resharding', value: number | undefined];
