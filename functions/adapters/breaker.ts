/**
 * Stops asking a table that is dead. Without it every request during an outage would wait for its time-outs, one after
 * the other, and the table would come back to all of them at once.
 */
export interface Breaker {
  /** How long until it may be worth asking again, in milliseconds; undefined where it may be asked now. */
  closedForMs(): number | undefined;
  succeeded(): void;
  failed(): void;
}

export interface BreakerOptions {
  /** Milliseconds by any clock that never goes back. */
  readonly now: () => number;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Failures in a row, over all requests. @default 5 */
  readonly failures?: number;
  /** The first pause; it doubles with every probe that fails. @default 500 */
  readonly pauseMs?: number;
  /** @default 10_000 */
  readonly mostMs?: number;
}

/** How long a probe may take before another one is let through. */
const PROBE_MS = 5_000;

export function createBreaker(options: BreakerOptions): Breaker {
  const { now, random, failures = 5, pauseMs = 500, mostMs = 10_000 } = options;
  let inRow = 0;
  let pause = pauseMs;
  /** Until when nobody asks; after it, one at a time does. */
  let until: number | undefined;
  let probing = false;

  return {
    closedForMs() {
      if (until === undefined) return undefined;
      const left = until - now();
      if (left > 0) return probing ? Math.min(left, pause) : left;
      // This one is the probe: the others wait for what becomes of it.
      probing = true;
      until = now() + PROBE_MS;
      return undefined;
    },
    succeeded() {
      inRow = 0;
      pause = pauseMs;
      until = undefined;
      probing = false;
    },
    failed() {
      inRow += 1;
      if (inRow < failures) return;
      // What was under way when it opened says the same once more: a burst of requests would double the pause to its bound.
      if (until !== undefined && !probing) return;
      probing = false;
      // Half of it at random: many processes meet the same outage.
      until = now() + pause * (0.5 + random() / 2);
      pause = Math.min(pause * 2, mostMs);
    },
  };
}
