import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatMarker, isAbandoned, parseMarker } from '../../../functions/ledger/markers.ts';
import { openPartition, recordKey } from '../../../functions/ledger/reservation-record.ts';
import { RESERVATION_BUCKETS } from '../../../functions/table.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

it('is fifteen characters that tell the request and the minute after which nobody settles it', () => {
  const marker = formatMarker('req_9xK2B1nQx7Rk2_aaaaaaaaaaB1nQx7Rk2_', NOON + 61_000);
  expect(marker).toMatch(/^[0-9a-z]{5}B1nQx7Rk2_$/);
  expect(parseMarker(marker)).toEqual({ request: 'B1nQx7Rk2_', expiresAtMs: NOON + 120_000 });
});

it('is never over before its reservation', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2080, 0, 1) }), fc.string({ minLength: 10 }), (expiresAtMs, id) => {
      const marker = formatMarker(id, expiresAtMs);
      expect(marker).toHaveLength(15);
      expect(isAbandoned(marker, expiresAtMs + 5 * 60_000)).toBe(false);
      expect(isAbandoned(marker, expiresAtMs + 7 * 60_000)).toBe(true);
    }),
  );
});

it('that someone typed is never over', () => {
  expect(isAbandoned('?????', Number.MAX_SAFE_INTEGER)).toBe(false);
});

it('has a record where upkeep looks for what expired in that minute, spread over the buckets', () => {
  const buckets = Array.from({ length: 4_000 }, (_, index) => {
    const { pk, sk } = recordKey(`req_${index}`, NOON + 1);
    expect(sk).toBe(`req_${index}`);
    const bucket = Number(pk.split('#').at(-1));
    expect(pk).toBe(openPartition(NOON / 60_000 + 1, bucket));
    return bucket;
  });
  for (let bucket = 0; bucket < RESERVATION_BUCKETS; bucket += 1) {
    const share = buckets.filter((found) => found === bucket).length / buckets.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.15);
  }
});
