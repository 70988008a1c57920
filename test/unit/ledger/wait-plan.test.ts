import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Denial, LimitName } from '../../../functions/core/ports.ts';
import { MOST_POLLS, nextPollMs, TOP_PRIORITY } from '../../../functions/ledger/wait-plan.ts';

const denied = (limit: LimitName, retryAfterMs?: number): Denial => ({
  scope: 'team:a',
  limit,
  limitValue: 10,
  used: 10,
  asked: 1,
  retryAfterMs,
});
const wait = { nowMs: 0, untilMs: 10_000, polls: 0, priority: 0, denial: denied('limit_parallel', 1_000), random: 0.5 };

const anyDenial = fc.oneof(
  fc.constant(undefined),
  fc
    .record({
      limit: fc.constantFrom<LimitName>('limit_rpm', 'limit_tpm', 'limit_parallel'),
      retryAfterMs: fc.integer({ min: 1, max: 63_000 }),
    })
    .map(({ limit, retryAfterMs }) => denied(limit, retryAfterMs)),
);

describe('when a request that waits asks again', () => {
  it('is never past the end of its wait, and never without time between', () => {
    fc.assert(
      fc.property(
        anyDenial,
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 0, max: MOST_POLLS - 1 }),
        fc.integer({ min: 0, max: TOP_PRIORITY }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (denial, untilMs, polls, priority, random) => {
          const next = nextPollMs({ nowMs: 0, untilMs, polls, priority, denial, random });
          if (next === undefined) {
            expect(denial?.retryAfterMs).toBeGreaterThan(untilMs);
            return;
          }
          expect(next).toBeGreaterThan(0);
          expect(next).toBeLessThanOrEqual(untilMs);
          if (denial?.limit === 'limit_rpm') expect(next).toBeGreaterThanOrEqual(denial.retryAfterMs ?? 0);
        },
      ),
    );
  });

  it('comes at most so often, and to the end of the wait, however the dice fall', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 60_000 }),
        fc.integer({ min: 0, max: TOP_PRIORITY }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (untilMs, priority, dice) => {
          let nowMs = 0;
          let polls = 0;
          for (; ; polls += 1) {
            const random = dice[polls % dice.length] ?? 0;
            const next = nextPollMs({ ...wait, nowMs, untilMs, polls, priority, random });
            if (next === undefined) break;
            nowMs += next;
          }
          expect(polls).toBeLessThanOrEqual(MOST_POLLS);
          expect(nowMs).toBeLessThanOrEqual(untilMs + 0.001);
          expect(nowMs).toBeGreaterThan(untilMs - 0.001);
        },
      ),
    );
  });

  it('is not at all for budgets, for what never fits, and where the window has no room in time', () => {
    expect(nextPollMs({ ...wait, denial: denied('budget_day_usd', 100) })).toBeUndefined();
    expect(nextPollMs({ ...wait, denial: denied('budget_month_usd', 100) })).toBeUndefined();
    expect(nextPollMs({ ...wait, denial: denied('limit_tpm') })).toBeUndefined();
    expect(nextPollMs({ ...wait, denial: denied('limit_rpm', 10_001) })).toBeUndefined();
    expect(nextPollMs({ ...wait, denial: denied('limit_rpm', 10_000) })).toBe(10_000);
    expect(nextPollMs({ ...wait, untilMs: 0 })).toBeUndefined();
  });

  it('looks for tokens before the window forgets: settlements give some back', () => {
    expect(nextPollMs({ ...wait, denial: denied('limit_tpm', 60_000) })).toBeLessThan(4_000);
  });

  it('is the closer to the moment of room, the higher the priority', () => {
    const at = (priority: number): number =>
      nextPollMs({ ...wait, polls: 3, priority, denial: denied('limit_rpm', 5_000), random: 0.9 }) ?? Number.NaN;
    const moments = Array.from({ length: TOP_PRIORITY + 1 }, (_, priority) => at(priority));
    expect(moments).toEqual(moments.toSorted((left, right) => right - left));
    expect(moments[0]).toBeGreaterThan((moments[TOP_PRIORITY] ?? 0) + 500);
    expect(moments[TOP_PRIORITY]).toBeGreaterThanOrEqual(5_000);
  });
});
