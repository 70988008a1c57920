/**
 * The circuit breaker of one target as a pure state machine. Evidence is gathered by each process, the verdict is
 * shared: closed, open until a time, and from then on open for all but one at a time, whose success closes it.
 *
 * Deadlines only extend: `untilMs` is never lowered, by nobody and by no order of events, whatever clocks say.
 */
import type { BreakerConfig } from '../core/config.ts';
import { type TargetHealth, WELL } from '../core/target-health.ts';

/** What a process knows when an attempt failed. */
export interface Failure {
  readonly nowMs: number;
  /** When the attempt was sent: what is from before the last change says nothing of the time after it. */
  readonly sentAtMs: number;
  /** Failures here that were not written down yet, this one included. */
  readonly count: number;
  /** Failures in a row in this process. */
  readonly inRow: number;
  /** Of the last minute in this process. */
  readonly requests: number;
  readonly failed: number;
  /** When the target answered this process last; 0 where it never did. */
  readonly wellAtMs: number;
  /** When the provider wants to be asked again. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Failures in a row over all instances count only where they spread over so long: an instance for which the target
 * answers has then seen them (it reads every second) and said so. Without it, 5 of 1,000 requests that fail in the same
 * tenth of a second would open a target that serves the other 995.
 */
const SPREAD_MS = 2_000;
/** A row of failures ends when there was none for so long. */
const ROW_MS = 60_000;
/** Shorter ones are over before everybody knows. */
const LEAST_RETRY_AFTER_MS = 1_000;

/** Until when this target must be left alone; undefined where it may be asked. */
export function blockedUntilMs(health: TargetHealth, nowMs: number): number | undefined {
  if (!health.isOpen) return undefined;
  const untilMs = Math.max(health.untilMs, health.probeUntilMs);
  return nowMs < untilMs ? untilMs : undefined;
}

/** Whether only one may ask, who needs the lease. */
export const isDue = (health: TargetHealth, nowMs: number): boolean =>
  health.isOpen && blockedUntilMs(health, nowMs) === undefined;

/** The one probe; undefined where it is not its time, or another one's. */
export function takeProbe(health: TargetHealth, nowMs: number, leaseMs: number): TargetHealth | undefined {
  return isDue(health, nowMs) ? { ...health, probeUntilMs: nowMs + leaseMs } : undefined;
}

/** The probe told nothing, e.g. because its client had left: another one may try. */
export function dropProbe(health: TargetHealth, leaseUntilMs: number): TargetHealth {
  return health.isOpen && health.probeUntilMs === leaseUntilMs ? { ...health, probeUntilMs: 0 } : health;
}

export function afterSuccess(
  health: TargetHealth,
  { nowMs, sentAtMs }: { readonly nowMs: number; readonly sentAtMs: number },
): TargetHealth {
  if (!health.isOpen) return health.failures === 0 ? health : { ...health, failures: 0 };
  if (nowMs < health.untilMs || sentAtMs < health.changedMs) return health;
  return { ...health, isOpen: false, failures: 0, changedMs: nowMs, probeUntilMs: 0 };
}

export function afterFailure(health: TargetHealth, failure: Failure, breaker: BreakerConfig): TargetHealth {
  const { nowMs, sentAtMs } = failure;
  if (health.isOpen) {
    // Those that were under way when it was opened, or had not heard of it.
    if (nowMs < health.untilMs || sentAtMs < health.changedMs) return pause(health, failure, breaker);
    return trip(health, failure, breaker);
  }
  if (sentAtMs < health.changedMs) return health;
  const isNew = health.failures === 0 || failure.wellAtMs > health.sinceMs || nowMs - health.failedMs > ROW_MS;
  const row = {
    ...health,
    failures: isNew ? failure.count : health.failures + failure.count,
    sinceMs: isNew ? nowMs : health.sinceMs,
    failedMs: nowMs,
  };
  const isBroken =
    failure.inRow >= breaker.failures ||
    (row.failures >= breaker.failures && nowMs - row.sinceMs >= SPREAD_MS) ||
    (failure.requests >= breaker.minRequests && failure.failed / failure.requests >= breaker.errorRate);
  return isBroken ? trip(row, failure, breaker) : pause(row, failure, breaker);
}

/** A provider says when it wants to be asked again: it need not be asked five times before it is believed. */
export function pause(
  health: TargetHealth,
  { nowMs, retryAfterMs = 0 }: Pick<Failure, 'nowMs' | 'retryAfterMs'>,
  { mostOpenMs }: BreakerConfig,
): TargetHealth {
  if (retryAfterMs < LEAST_RETRY_AFTER_MS) return health;
  const untilMs = Math.max(health.untilMs, nowMs + Math.min(retryAfterMs, mostOpenMs));
  if (health.isOpen) return { ...health, untilMs };
  return { ...health, isOpen: true, changedMs: nowMs, untilMs, probeUntilMs: 0 };
}

function trip(health: TargetHealth, failure: Failure, { openMs, mostOpenMs }: BreakerConfig): TargetHealth {
  const { nowMs, retryAfterMs = 0 } = failure;
  // One that was well for as long as the longest pause begins anew; one that flaps does not.
  const isForgiven = !health.isOpen && nowMs - health.changedMs > mostOpenMs;
  const trips = (isForgiven ? 0 : health.trips) + 1;
  const openForMs = Math.min(mostOpenMs, Math.max(openMs * 2 ** (trips - 1), retryAfterMs));
  return {
    ...WELL,
    isOpen: true,
    trips,
    changedMs: nowMs,
    untilMs: Math.max(health.untilMs, nowMs + openForMs),
  };
}
