import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dayAt,
  dayEndsAtMs,
  dayStartsAtMs,
  isTimeZone,
  monthAt,
  monthEndsAtMs,
  monthStartsAtMs,
} from '../../../functions/ledger/calendar.ts';

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

describe('in a time zone', () => {
  const ends = (day: string, zone: string) => new Date(dayEndsAtMs(day, zone)).toISOString();

  it.each([
    ['Europe/Berlin', '2026-11-23T22:59:59.999Z', '2026-11-23', '2026-11-23T23:00:00.000Z'],
    ['Europe/Berlin', '2026-11-23T23:00:00.000Z', '2026-11-24', '2026-11-24T23:00:00.000Z'],
    ['America/Los_Angeles', '2026-12-01T07:59:59.999Z', '2026-11-30', '2026-12-01T08:00:00.000Z'],
    ['Asia/Kathmandu', '2028-02-28T18:15:00.000Z', '2028-02-29', '2028-02-29T18:15:00.000Z'],
    ['Pacific/Kiritimati', '2026-12-31T10:00:00.000Z', '2027-01-01', '2027-01-01T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2027-01-01T10:59:59.999Z', '2026-12-31', '2027-01-01T11:00:00.000Z'],
  ])('%s at %s', (zone, instant, day, end) => {
    expect(dayAt(Date.parse(instant), zone)).toBe(day);
    expect(monthAt(Date.parse(instant), zone)).toBe(day.slice(0, 7));
    expect(ends(day, zone)).toBe(end);
  });

  it('a day has 23 hours when summer time begins and 25 when it ends', () => {
    const hours = (day: string) =>
      (dayEndsAtMs(day, 'Europe/Berlin') - dayStartsAtMs(day, 'Europe/Berlin')) / 3_600_000;
    expect([hours('2026-03-28'), hours('2026-03-29'), hours('2026-10-25'), hours('2026-10-26')]).toEqual([
      24, 23, 25, 24,
    ]);
  });

  it('a day may begin at one in the morning, or be left out altogether', () => {
    // Cairo goes to summer time at midnight; Samoa crossed the date line on 30 December 2011.
    expect(new Date(dayStartsAtMs('2026-04-24', 'Africa/Cairo')).toISOString()).toBe('2026-04-23T22:00:00.000Z');
    expect(dayAt(Date.parse('2026-04-23T21:59:59.999Z'), 'Africa/Cairo')).toBe('2026-04-23');
    expect(ends('2011-12-29', 'Pacific/Apia')).toBe('2011-12-30T10:00:00.000Z');
    expect(dayAt(Date.parse('2011-12-30T10:00:00.000Z'), 'Pacific/Apia')).toBe('2011-12-31');
  });

  it('windows end where the next begin, in every zone there is', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    expect(zones.length).toBeGreaterThan(300);
    const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) });
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (nowMs, zone) => {
        for (const [idAt, startsAtMs, endsAtMs] of [
          [dayAt, dayStartsAtMs, dayEndsAtMs],
          [monthAt, monthStartsAtMs, monthEndsAtMs],
        ] as const) {
          const id = idAt(nowMs, zone);
          const [start, end] = [startsAtMs(id, zone), endsAtMs(id, zone)];
          expect(start).toBeLessThanOrEqual(nowMs);
          expect(end).toBeGreaterThan(nowMs);
          expect([idAt(start - 1, zone) < id, idAt(start, zone), idAt(end - 1, zone)]).toEqual([true, id, id]);
          expect(startsAtMs(idAt(end, zone), zone)).toBe(end);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is a place: neither an offset, nor what nobody knows', () => {
    expect(['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia'].filter(isTimeZone)).toHaveLength(3);
    expect(['', 'Berlin', 'Europe/Nowhere', '+02:00', '-0300', 'europe'].filter(isTimeZone)).toEqual([]);
  });
});
