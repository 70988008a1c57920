import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dayAt,
  dayEndsAtMs,
  monthAt,
  monthEndsAtMs,
  SLOT_MS,
  SLOTS,
  slotAt,
  slotForgottenAtMs,
} from '../../../functions/ledger/windows.ts';

describe('days and months', () => {
  it.each([
    ['2026-11-23T00:00:00.000Z', '2026-11-23', '2026-11-24T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['2026-11-30T23:59:59.999Z', '2026-11-30', '2026-12-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['2026-12-31T23:59:59.999Z', '2026-12-31', '2027-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-02-28T12:00:00.000Z', '2026-02-28', '2026-03-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['2028-02-28T12:00:00.000Z', '2028-02-28', '2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['2028-02-29T12:00:00.000Z', '2028-02-29', '2028-03-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['2100-02-28T12:00:00.000Z', '2100-02-28', '2100-03-01T00:00:00.000Z', '2100-03-01T00:00:00.000Z'],
  ])('at %s', (instant, day, dayEnds, monthEnds) => {
    const nowMs = Date.parse(instant);
    expect(dayAt(nowMs)).toBe(day);
    expect(monthAt(nowMs)).toBe(day.slice(0, 7));
    expect(new Date(dayEndsAtMs(day)).toISOString()).toBe(dayEnds);
    expect(new Date(monthEndsAtMs(day.slice(0, 7))).toISOString()).toBe(monthEnds);
  });

  it('end where the next begin, and sort as they follow each other', () => {
    const instant = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });
    fc.assert(
      fc.property(instant, (nowMs) => {
        for (const [idAt, endsAtMs] of [
          [dayAt, dayEndsAtMs],
          [monthAt, monthEndsAtMs],
        ] as const) {
          const id = idAt(nowMs);
          const end = endsAtMs(id);
          expect(end).toBeGreaterThan(nowMs);
          expect(idAt(end - 1)).toBe(id);
          expect(idAt(end) > id).toBe(true);
        }
      }),
    );
  });
});

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
