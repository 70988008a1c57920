import { describe, expect, it } from 'vitest';
import { createBreaker } from '../../../functions/adapters/breaker.ts';

function breaker(random = 1) {
  const clock = { ms: 0 };
  const made = createBreaker({ now: () => clock.ms, random: () => random, failures: 3, pauseMs: 100, mostMs: 350 });
  return { ...made, clock };
}

describe('a breaker', () => {
  it('opens after so many failures in a row, and not before', () => {
    const { failed, succeeded, closedForMs } = breaker();
    failed();
    failed();
    succeeded();
    failed();
    failed();
    expect(closedForMs()).toBeUndefined();
    failed();
    expect(closedForMs()).toBe(100);
  });

  it('lets one through when its pause is over, and all once that one has come back', () => {
    const { failed, succeeded, closedForMs, clock } = breaker();
    for (const _ of [1, 2, 3]) failed();
    clock.ms = 99;
    expect(closedForMs()).toBe(1);
    clock.ms = 100;
    expect(closedForMs()).toBeUndefined();
    expect(closedForMs()).toBe(200);
    succeeded();
    expect([closedForMs(), closedForMs()]).toEqual([undefined, undefined]);
    failed();
    expect(closedForMs()).toBeUndefined();
  });

  it('waits twice as long after each probe that fails, up to a bound', () => {
    const { failed, closedForMs, clock } = breaker();
    for (const _ of [1, 2, 3]) failed();
    for (const pause of [100, 200, 350, 350]) {
      expect(closedForMs()).toBe(pause);
      clock.ms += pause;
      expect(closedForMs()).toBeUndefined();
      failed();
    }
  });

  it('pauses no longer because many were under way when it opened', () => {
    const { failed, closedForMs } = breaker();
    for (let index = 0; index < 50; index += 1) failed();
    expect(closedForMs()).toBe(100);
  });

  it('takes a probe of which nothing is heard for lost', () => {
    const { failed, closedForMs, clock } = breaker();
    for (const _ of [1, 2, 3]) failed();
    clock.ms = 100;
    closedForMs();
    clock.ms = 5_099;
    expect(closedForMs()).toBe(1);
    clock.ms = 5_100;
    expect([closedForMs(), closedForMs()]).toEqual([undefined, 200]);
  });

  it('spreads the pauses of those who meet one outage', () => {
    const { failed, closedForMs } = breaker(0);
    for (const _ of [1, 2, 3]) failed();
    expect(closedForMs()).toBe(50);
  });
});
