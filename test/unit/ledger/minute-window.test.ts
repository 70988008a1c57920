import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { number, numbers } from '../../../functions/ledger/attributes.ts';
import {
  advance,
  type MinuteWindow,
  readMinute,
  ringIndex,
  roomAtMs,
} from '../../../functions/ledger/minute-window.ts';
import { SLOT_MS, SLOTS } from '../../../functions/ledger/windows.ts';

/** A window as charges leave it, the naive way: each slot's sum, for the slots that the newest can still see. */
function windowOf(charges: readonly (readonly [slot: number, tokens: number])[]): MinuteWindow {
  const newest = Math.max(...charges.map(([slot]) => slot));
  const slotRequests = Array.from({ length: SLOTS }, () => 0);
  const slotTokens = Array.from({ length: SLOTS }, () => 0);
  const seen = charges.filter(([slot]) => slot > newest - SLOTS);
  for (const [slot, tokens] of seen) {
    slotRequests[ringIndex(slot)] = (slotRequests[ringIndex(slot)] ?? 0) + 1;
    slotTokens[ringIndex(slot)] = (slotTokens[ringIndex(slot)] ?? 0) + tokens;
  }
  const requests = seen.length;
  return {
    slot: newest,
    requests,
    tokens: sum(seen.map(([, tokens]) => tokens)),
    slotRequests,
    slotTokens,
    whole: true,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const SLOT = 598_478_917;
const charges = fc.array(fc.tuple(fc.integer({ min: SLOT, max: SLOT + 60 }), fc.nat(1_000)), { minLength: 1 });

describe('advance', () => {
  it('holds exactly what was charged to the last 21 slots', () => {
    fc.assert(
      fc.property(charges, fc.nat(50), fc.nat(SLOT_MS - 1), (made, later, offsetMs) => {
        const minute = windowOf(made);
        const at = minute.slot + later;
        const counted = made.filter(([slot]) => slot > at - SLOTS);
        expect(advance(minute, at * SLOT_MS + offsetMs)).toMatchObject({
          slot: at,
          mode: later === 0 ? 'same' : later < SLOTS ? 'roll' : 'rebuild',
          held: { requests: counted.length, tokens: sum(counted.map(([, tokens]) => tokens)) },
        });
      }),
    );
  });

  it.each([
    [0, 'same', SLOT],
    [-1, 'same', SLOT],
    [-20, 'same', SLOT],
    [-21, 'rebuild', SLOT - 21],
    [20, 'roll', SLOT + 20],
    [21, 'rebuild', SLOT + 21],
  ])('%d slots from the newest: %s, charging slot %d', (later, mode, slot) => {
    expect(advance(windowOf([[SLOT, 5]]), (SLOT + later) * SLOT_MS)).toMatchObject({ mode, slot });
  });

  it('begins anew where there is nothing', () => {
    const nothing = { slot: SLOT, mode: 'rebuild', held: { requests: 0, tokens: 0 } };
    expect(advance(undefined, SLOT * SLOT_MS)).toMatchObject(nothing);
  });
});

describe('roomAtMs', () => {
  it('is the first moment at which at most so much is held', () => {
    fc.assert(
      fc.property(charges, fc.nat(20), fc.nat(5_000), (made, later, allowed) => {
        const minute = windowOf(made);
        const { slot, held } = advance(minute, (minute.slot + later) * SLOT_MS);
        fc.pre(held.tokens > allowed);
        const roomMs = roomAtMs(minute.slot, minute.slotTokens, slot, allowed);
        expect(advance(minute, roomMs).held.tokens).toBeLessThanOrEqual(allowed);
        expect(advance(minute, roomMs - 1).held.tokens).toBeGreaterThan(allowed);
      }),
    );
  });
});

describe('readMinute', () => {
  const whole = windowOf([
    [SLOT, 5],
    [SLOT - 3, 7],
  ]);
  const item = {
    slot: number(whole.slot),
    minute_requests: number(2),
    minute_tokens: number(12),
    slot_requests: numbers(whole.slotRequests),
    slot_tokens: numbers(whole.slotTokens),
  };

  it('reads what was written', () => {
    expect(readMinute(item, 'here')).toEqual(whole);
  });

  it.each([
    ['a sum that was edited', { ...item, minute_tokens: number(100) }, 2, 100],
    ['a sum that was removed', { ...item, minute_tokens: undefined }, 2, 0],
    ['a ring that was removed', { ...item, slot_requests: undefined }, 2, 12],
    ['a ring of another length', { ...item, slot_requests: numbers([2]) }, 2, 12],
  ])('takes %s as charged just now', (_, edited, requests, tokens) => {
    const present = Object.fromEntries(
      Object.entries(edited).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    );
    const minute = readMinute(present, 'here');
    expect(minute?.whole).toBe(false);
    const step = advance(minute, (SLOT + 20) * SLOT_MS);
    expect(step).toMatchObject({ mode: 'rebuild', held: { requests, tokens } });
    expect(advance(minute, (SLOT + 21) * SLOT_MS).held).toEqual({ requests: 0, tokens: 0 });
  });
});
