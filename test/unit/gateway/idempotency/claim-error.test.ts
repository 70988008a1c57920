import { describe, expect, it } from 'vitest';
import { claimError } from '../../../../functions/gateway/idempotency/claim-error.ts';

describe('a repeat that must not run', () => {
  it('is told to come back after as long as the first has run, within a second to ten, and its lease', () => {
    const retryAfter = (ranMs: number, leftMs = 600_000): number | undefined =>
      claimError({ outcome: 'running', startedAtMs: 0, untilMs: ranMs + leftMs }, ranMs).retryAfterMs;
    expect([retryAfter(0), retryAfter(100), retryAfter(4_000), retryAfter(60_000), retryAfter(60_000, 3_000)]).toEqual([
      1_000, 1_000, 4_000, 10_000, 3_000,
    ]);
    expect(retryAfter(60_000, -5)).toBe(1_000);
  });

  it('gets the status that says what it is', () => {
    expect(claimError({ outcome: 'running', startedAtMs: 0, untilMs: 1 }, 0).status).toBe(409);
    expect(claimError({ outcome: 'not-kept' }, 0)).toMatchObject({ status: 409, retryAfterMs: undefined });
    expect(claimError({ outcome: 'mismatch' }, 0)).toMatchObject({ status: 422, kind: 'idempotency-mismatch' });
  });
});
