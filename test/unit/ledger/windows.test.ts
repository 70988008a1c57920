import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SLOT_MS, SLOTS, slotAt, slotForgottenAtMs } from '../../../functions/ledger/windows.ts';

describe('slots', () => {
  it('count for 60 seconds at least, and at most three seconds more', () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000_000), (nowMs) => {
        const forgottenAfterMs = slotForgottenAtMs(slotAt(nowMs)) - nowMs;
        expect(forgottenAfterMs).toBeGreaterThan(60_000);
        expect(forgottenAfterMs).toBeLessThanOrEqual(60_000 + SLOT_MS);
      }),
    );
    expect(SLOT_MS * (SLOTS - 1)).toBe(60_000);
  });
});
