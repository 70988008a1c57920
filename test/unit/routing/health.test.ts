/** The circuit breaker as a pure machine: what opens it, what closes it, and that its deadlines only extend. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TargetHealth, WELL } from '../../../functions/core/target-health.ts';
import { lastMinute, NO_EVIDENCE, seeAnswer, seeFailure } from '../../../functions/routing/evidence.ts';
import {
  afterFailure,
  afterSuccess,
  blockedUntilMs,
  dropProbe,
  type Failure,
  isDue,
  pause,
  takeProbe,
} from '../../../functions/routing/health.ts';

const BREAKER = { failures: 3, errorRate: 0.5, minRequests: 10, openMs: 1_000, mostOpenMs: 8_000 };
const T = 1_000_000;

const failure = (nowMs: number, more: Partial<Failure> = {}): Failure => ({
  nowMs,
  sentAtMs: nowMs - 100,
  count: 1,
  inRow: 1,
  requests: 1,
  failed: 1,
  wellAtMs: 0,
  retryAfterMs: undefined,
  ...more,
});
const fail = (health: TargetHealth, nowMs: number, more: Partial<Failure> = {}) =>
  afterFailure(health, failure(nowMs, more), BREAKER);

const opened = fail(WELL, T, { inRow: 3 });

describe('the breaker', () => {
  it('opens on failures in a row of one process, and for all', () => {
    expect(fail(WELL, T, { inRow: 2 }).isOpen).toBe(false);
    expect(opened).toMatchObject({ isOpen: true, trips: 1, untilMs: T + 1_000 });
    expect(blockedUntilMs(opened, T + 999)).toBe(T + 1_000);
    expect(blockedUntilMs(opened, T + 1_000)).toBeUndefined();
  });

  it('opens on an error rate, once there are enough requests', () => {
    expect(fail(WELL, T, { requests: 9, failed: 9 }).isOpen).toBe(false);
    expect(fail(WELL, T, { requests: 10, failed: 4 }).isOpen).toBe(false);
    expect(fail(WELL, T, { requests: 10, failed: 5 }).isOpen).toBe(true);
  });

  it('opens on failures of many processes only where they spread, and nobody was answered in between', () => {
    const atOnce = [T, T + 1, T + 2, T + 3].reduce((health, at) => fail(health, at), WELL);
    expect(atOnce).toMatchObject({ isOpen: false, failures: 4 });
    expect(fail(atOnce, T + 2_000).isOpen).toBe(true);
    expect(fail(atOnce, T + 2_000, { wellAtMs: T + 500 })).toMatchObject({ isOpen: false, failures: 1 });
    expect(fail(afterSuccess(atOnce, { nowMs: T + 9, sentAtMs: T + 5 }), T + 2_000).isOpen).toBe(false);
    expect(fail(atOnce, T + 3 + 60_001)).toMatchObject({ isOpen: false, failures: 1 });
  });

  it('doubles with each trip up to the most, and forgets that once it was well for as long', () => {
    let health = opened;
    const pauses: number[] = [];
    for (let trip = 0; trip < 5; trip += 1) {
      pauses.push(health.untilMs - health.changedMs);
      const at = health.untilMs + 1;
      health = fail(health, at + 50, { sentAtMs: at });
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    const at = health.untilMs;
    const well = afterSuccess(health, { nowMs: at, sentAtMs: at });
    expect(well.isOpen).toBe(false);
    const flapping = fail(well, at + 8_000, { inRow: 3 });
    expect(flapping.untilMs - flapping.changedMs).toBe(8_000);
    const anew = fail(well, at + 8_001, { inRow: 3 });
    expect(anew.untilMs - anew.changedMs).toBe(1_000);
  });

  it('is not moved by what was under way when it opened', () => {
    expect(fail(opened, T + 500, { sentAtMs: T - 50 })).toBe(opened);
    expect(fail(opened, T + 5_000, { sentAtMs: T - 50 })).toBe(opened);
    expect(afterSuccess(opened, { nowMs: T + 5_000, sentAtMs: T - 50 })).toBe(opened);
    expect(afterSuccess(opened, { nowMs: T + 500, sentAtMs: T + 100 })).toBe(opened);
  });

  it('honours what a provider asks for, at once and at most as long as the longest pause', () => {
    expect(fail(WELL, T, { retryAfterMs: 3_000 })).toMatchObject({ isOpen: true, trips: 0, untilMs: T + 3_000 });
    expect(fail(WELL, T, { retryAfterMs: 999 }).isOpen).toBe(false);
    expect(fail(WELL, T, { retryAfterMs: 3_600_000 }).untilMs).toBe(T + 8_000);
    expect(fail(opened, T + 500, { sentAtMs: T - 50, retryAfterMs: 3_000 }).untilMs).toBe(T + 3_500);
    expect(pause(opened, { nowMs: T, retryAfterMs: 1_000 }, BREAKER).untilMs).toBe(T + 1_000);
  });

  it('lets one probe out at a time, and another one when that told nothing or its lease is over', () => {
    expect(takeProbe(opened, T + 999, 5_000)).toBeUndefined();
    const probing = takeProbe(opened, T + 1_000, 5_000);
    if (probing === undefined) throw new Error('no lease');
    expect(takeProbe(probing, T + 1_001, 5_000)).toBeUndefined();
    expect(blockedUntilMs(probing, T + 1_001)).toBe(T + 6_000);
    expect(takeProbe(probing, T + 6_000, 5_000)).toBeDefined();
    expect(isDue(dropProbe(probing, T + 6_000), T + 1_002)).toBe(true);
    expect(dropProbe(probing, T + 5_999)).toBe(probing);
    expect(takeProbe(WELL, T, 5_000)).toBeUndefined();
    const back = afterSuccess(probing, { nowMs: T + 1_200, sentAtMs: T + 1_010 });
    expect([back.isOpen, blockedUntilMs(back, T + 1_200)]).toEqual([false, undefined]);
  });
});

type Step = (health: TargetHealth, nowMs: number) => TargetHealth;
const time = fc.integer({ min: 0, max: 40_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      age: time,
      count: fc.integer({ min: 1, max: 5 }),
      inRow: fc.integer({ min: 1, max: 5 }),
      requests: fc.integer({ min: 1, max: 20 }),
      failedShare: fc.double({ min: 0, max: 1, noNaN: true }),
      wellAtMs: time,
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
    })
    .map(
      ({ age, requests, failedShare, ...more }): Step =>
        (health, nowMs) => {
          const failed = Math.ceil(requests * failedShare);
          return afterFailure(health, { ...more, nowMs, sentAtMs: nowMs - age, requests, failed }, BREAKER);
        },
    ),
  time.map(
    (age): Step =>
      (health, nowMs) =>
        afterSuccess(health, { nowMs, sentAtMs: nowMs - age }),
  ),
  time.map(
    (leaseMs): Step =>
      (health, nowMs) =>
        takeProbe(health, nowMs, leaseMs) ?? health,
  ),
  fc.constant<Step>((health) => dropProbe(health, health.probeUntilMs)),
  time.map(
    (retryAfterMs): Step =>
      (health, nowMs) =>
        pause(health, { nowMs, retryAfterMs }, BREAKER),
  ),
);

describe('whatever happens, in whatever order and by whatever clocks', () => {
  // Clocks of different processes: times go back and forth.
  const story = fc.array(fc.tuple(step, time), { maxLength: 40 });

  it('deadlines only extend', () => {
    fc.assert(
      fc.property(story, (steps) => {
        let health = WELL;
        for (const [apply, nowMs] of steps) {
          const next = apply(health, nowMs);
          expect(next.untilMs).toBeGreaterThanOrEqual(health.untilMs);
          // And it is not closed before it is over.
          if (health.isOpen && !next.isOpen) expect(nowMs).toBeGreaterThanOrEqual(health.untilMs);
          health = next;
        }
      }),
    );
  });

  it('nobody is let out while another one has the lease', () => {
    fc.assert(
      fc.property(story, time, (steps, nowMs) => {
        const health = steps.reduce((state, [apply, at]) => apply(state, at), WELL);
        const first = takeProbe(health, nowMs, 1_000);
        if (first === undefined) return;
        expect(takeProbe(first, nowMs, 1_000)).toBeUndefined();
        expect(takeProbe(first, nowMs + 999, 1_000)).toBeUndefined();
      }),
    );
  });

  it('no pause is longer than the longest', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const latest = Math.max(0, ...steps.map(([, nowMs]) => nowMs));
        const health = steps.reduce((state, [apply, at]) => apply(state, at), WELL);
        expect(health.untilMs).toBeLessThanOrEqual(latest + BREAKER.mostOpenMs);
      }),
    );
  });
});

describe('the evidence of one process', () => {
  it('counts the last minute, and forgets what is older', () => {
    let evidence = NO_EVIDENCE;
    for (let second = 0; second < 120; second += 1) {
      const at = T + second * 1_000;
      evidence = second % 4 === 0 ? seeFailure(evidence, at) : seeAnswer(evidence, at);
      const { requests, failed } = lastMinute(evidence, at);
      expect(requests).toBeLessThanOrEqual(60);
      expect(requests).toBeGreaterThanOrEqual(Math.min(second + 1, 50));
      expect(failed / requests).toBeLessThanOrEqual(1 / 3 + 2 / 3 / requests);
    }
    expect(evidence.slices.length).toBeLessThanOrEqual(7);
    expect(lastMinute(evidence, T + 300_000)).toEqual({ requests: 0, failed: 0 });
  });

  it('counts an answer that breaks off once, as a failure', () => {
    let evidence = NO_EVIDENCE;
    for (let each = 0; each < 5; each += 1) evidence = seeFailure(seeAnswer(evidence, T), T, true);
    expect(lastMinute(evidence, T)).toEqual({ requests: 5, failed: 5 });
  });
});
