/**
 * The last minute of a meter: a ring of slots (see windows.ts) and their sum. The sum is what conditions look at, since
 * a condition cannot add; the ring says what to take off it when time goes on. Slot number `n` lies at `n % SLOTS`.
 */
import { brokenItem, type Item, readCounter, readNumbers } from './attributes.ts';
import { SLOTS, slotAt, slotForgottenAtMs } from './windows.ts';

export interface Amounts {
  readonly requests: number;
  readonly tokens: number;
}

export interface MinuteWindow {
  /** The newest slot that something was charged to. */
  readonly slot: number;
  /** The sums as they lie in the item: undefined where the attribute is missing. */
  readonly requests: number | undefined;
  readonly tokens: number | undefined;
  readonly slotRequests: readonly number[];
  readonly slotTokens: readonly number[];
  /** The rings and sums agree. Where not, someone edited the sums by hand: they count, as if charged just now. */
  readonly whole: boolean;
}

export const ringIndex = (slot: number): number => slot % SLOTS;

export function readMinute(item: Item, where: string): MinuteWindow | undefined {
  const slot = readCounter(item, 'slot', where);
  if (slot === undefined) return undefined;
  if (!Number.isSafeInteger(slot) || slot < 0) throw brokenItem(where, 'slot', 'must be a whole number');
  const requests = readCounter(item, 'minute_requests', where);
  const tokens = readCounter(item, 'minute_tokens', where);
  const slotRequests = readNumbers(item, 'slot_requests', where);
  const slotTokens = readNumbers(item, 'slot_tokens', where);
  if (slotRequests !== undefined && slotTokens !== undefined) {
    if (agree(slotRequests, requests) && agree(slotTokens, tokens)) {
      return { slot, requests, tokens, slotRequests, slotTokens, whole: true };
    }
  }
  return {
    slot,
    requests,
    tokens,
    slotRequests: ringWith(slot, requests ?? 0),
    slotTokens: ringWith(slot, tokens ?? 0),
    whole: false,
  };
}

function agree(ring: readonly number[], sum: number | undefined): boolean {
  return ring.length === SLOTS && ring.reduce((total, count) => total + count, 0) === sum;
}

/** A ring that holds one slot's count and nothing else. */
export function ringWith(slot: number, count: number): readonly number[] {
  return Array.from({ length: SLOTS }, (_, index) => (index === ringIndex(slot) ? count : 0));
}

/** How a window has to change before something can be charged to it. */
export interface Advance {
  /** The slot to charge. */
  readonly slot: number;
  /**
   * `same`: it is the newest already. `roll`: some slots leave and new ones enter. `rebuild`: nothing of the old ring
   * counts, or it has to be written anew.
   */
  readonly mode: 'same' | 'roll' | 'rebuild';
  /** What still counts at that slot. */
  readonly held: Amounts;
  /** Where the slots that enter lie, oldest first; what lies there now leaves. */
  readonly entering: readonly number[];
}

/**
 * A clock that lags behind the item's charges the item's slot, so that windows never go back. One that lags by more
 * than a whole window means that the other clock was wrong: believing it would close the meter until then.
 */
export function advance(minute: MinuteWindow | undefined, nowMs: number): Advance {
  const now = slotAt(nowMs);
  const steps = minute === undefined ? SLOTS : now - minute.slot;
  if (minute === undefined || steps >= SLOTS || steps <= -SLOTS) {
    return { slot: now, mode: 'rebuild', held: { requests: 0, tokens: 0 }, entering: [] };
  }
  const slot = Math.max(now, minute.slot);
  const entering = Array.from({ length: Math.max(steps, 0) }, (_, step) => ringIndex(minute.slot + 1 + step));
  const held = {
    requests: total(minute.slotRequests) - sumAt(minute.slotRequests, entering),
    tokens: total(minute.slotTokens) - sumAt(minute.slotTokens, entering),
  };
  return { slot, mode: minute.whole ? (steps > 0 ? 'roll' : 'same') : 'rebuild', held, entering };
}

const total = (ring: readonly number[]): number => ring.reduce((sum, count) => sum + count, 0);

export function sumAt(ring: readonly number[], indexes: readonly number[]): number {
  return indexes.reduce((sum, index) => sum + (ring[index] ?? 0), 0);
}

/** What of a ring counts at a slot, oldest first, as slot number and count. */
export function heldSlots(newest: number, ring: readonly number[], at: number): readonly (readonly [number, number])[] {
  const oldest = at - SLOTS + 1;
  return Array.from({ length: Math.max(newest - oldest + 1, 0) }, (_, step) => {
    const slot = oldest + step;
    return [slot, ring[ringIndex(slot)] ?? 0] as const;
  });
}

/** When so much will have been forgotten that at most `allowed` is left. */
export function roomAtMs(newest: number, ring: readonly number[], at: number, allowed: number): number {
  const slots = heldSlots(newest, ring, at);
  let left = slots.reduce((sum, [, count]) => sum + count, 0);
  for (const [slot, count] of slots) {
    left -= count;
    if (left <= allowed) return slotForgottenAtMs(slot);
  }
  return slotForgottenAtMs(newest);
}
