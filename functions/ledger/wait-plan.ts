/**
 * When a request that found no room asks again. Pure: time and chance are arguments.
 *
 * A denial costs the ledger one read, so the number of polls is bounded, and they are spread over what is left of the
 * wait. Where a window says when it forgets enough, nobody asks before; where nobody can know (requests in flight end
 * when they end), polls come at random within a growing interval.
 */
import type { Denial } from '../core/ports.ts';

export const MOST_POLLS = 30;
/** Priorities are 0, the default, to 9. */
export const TOP_PRIORITY = 9;

const FIRST_SPREAD_MS = 100;
const MOST_SPREAD_MS = 1_000;
/** Settlements give back what token estimates took too much: worth a look before the window forgets. */
const TOKENS_LOOK_MS = 3_000;

export interface Wait {
  readonly nowMs: number;
  /** The wait is over then, whatever comes. */
  readonly untilMs: number;
  /** Polls made so far. */
  readonly polls: number;
  readonly priority: number;
  /** Why there was no room; undefined where the request only lets others go first. */
  readonly denial: Denial | undefined;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/**
 * In how many milliseconds to ask again; undefined where waiting is of no use: for a budget, for what can never fit,
 * for a window that has no room before the wait ends.
 */
export function nextPollMs(wait: Wait): number | undefined {
  const { denial, polls, priority, random } = wait;
  const leftMs = wait.untilMs - wait.nowMs;
  if (leftMs <= 0 || polls >= MOST_POLLS) return undefined;
  const earliestMs = denial === undefined ? 0 : roomInMs(denial);
  if (earliestMs === undefined || earliestMs > leftMs) return undefined;

  // All who wait for one window compute the same moment: they are spread behind it, the more urgent the closer to it.
  const spreadMs = earliestMs > 0 ? MOST_SPREAD_MS : Math.min(FIRST_SPREAD_MS * 2 ** polls, MOST_SPREAD_MS);
  const share = (TOP_PRIORITY + 1 - priority) / (TOP_PRIORITY + 1);
  const jitteredMs = earliestMs + random * spreadMs * share;
  // Half of an even pace at least, and the last one at the very end: the polls must not run out before the time.
  const pollsLeft = MOST_POLLS - polls;
  const paceMs = pollsLeft === 1 ? leftMs : leftMs / pollsLeft / 2;
  return Math.min(leftMs, Math.max(1, jitteredMs, paceMs));
}

/** When there can be room, from now; undefined where no wait of a request's length brings any. */
function roomInMs({ limit, retryAfterMs }: Denial): number | undefined {
  if (retryAfterMs === undefined) return undefined;
  switch (limit) {
    case 'limit_rpm':
      return retryAfterMs;
    case 'limit_tpm':
      return Math.min(retryAfterMs, TOKENS_LOOK_MS);
    case 'limit_parallel':
      return 0;
    case 'budget_day_usd':
    case 'budget_month_usd':
      return undefined;
  }
}
