/**
 * What one request went through, gathered as it goes: the only mutable thing that travels with it. Settlement and the
 * log row are made of it at the end, whichever way the request ended.
 */
import type { ClientDialect, FinishReason } from '../core/chat.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Caller, Denial, RateLimits, Reservation } from '../core/ports.ts';
import { NO_USAGE, type Usage, type UsageSource } from '../core/usage.ts';
import type { Outcome } from '../records/row.ts';

export interface AttemptTrace {
  readonly provider: string;
  readonly model: string;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
  status: number | undefined;
  error: GatewayError | undefined;
  usage: Usage;
  usageSource: UsageSource;
  costNano: number;
  unpriced: boolean;
  servedModel: string | undefined;
  finishReason: FinishReason | undefined;
}

export interface Trace {
  readonly requestId: string;
  readonly startedAtMs: number;
  api: string | undefined;
  dialect: ClientDialect;
  stream: boolean;
  caller: Caller | undefined;
  model: string | undefined;
  readonly attempts: AttemptTrace[];
  reservation: Reservation | undefined;
  limits: RateLimits;
  denial: Denial | undefined;
  dropped: readonly string[];
  route: string | undefined;
  error: GatewayError | undefined;
  outcome: Outcome;
  status: number | undefined;
  /** Milliseconds spent waiting for room. */
  queueMs: number;
  /** Observations for the row. */
  readonly flags: string[];
  /** When the first upstream request went out. */
  sentAtMs: number | undefined;
  firstContentAtMs: number | undefined;
  endedAtMs: number | undefined;
  requestBytes: number;
  responseBytes: number;
  metadata: { readonly [key: string]: string };
  priceVersion: string | undefined;
  configVersion: string | undefined;
  /** What the row waits for, because it says how it went. Bounded, never throws. */
  beforeRow: (() => Promise<void>) | undefined;
  /** What is left to do once the client has everything, e.g. to make a connection usable again. Bounded, never throws. */
  readonly after: (() => Promise<void>)[];
}

export function openTrace(requestId: string, startedAtMs: number, dialect: ClientDialect): Trace {
  return {
    requestId,
    startedAtMs,
    dialect,
    api: undefined,
    stream: false,
    caller: undefined,
    model: undefined,
    attempts: [],
    reservation: undefined,
    limits: {},
    denial: undefined,
    dropped: [],
    route: undefined,
    error: undefined,
    outcome: 'ok',
    status: undefined,
    queueMs: 0,
    flags: [],
    sentAtMs: undefined,
    firstContentAtMs: undefined,
    endedAtMs: undefined,
    requestBytes: 0,
    responseBytes: 0,
    metadata: {},
    priceVersion: undefined,
    configVersion: undefined,
    beforeRow: undefined,
    after: [],
  };
}

/** Without those that ended before anything was sent, for want of a key. */
export function sentAttempts(trace: Trace): readonly AttemptTrace[] {
  return trace.attempts.filter((attempt) => attempt.error?.kind !== 'misconfigured');
}

export function openAttempt(trace: Trace, provider: string, model: string, startedAtMs: number): AttemptTrace {
  const attempt: AttemptTrace = {
    provider,
    model,
    startedAtMs,
    endedAtMs: undefined,
    status: undefined,
    error: undefined,
    usage: NO_USAGE,
    usageSource: 'none',
    costNano: 0,
    unpriced: false,
    servedModel: undefined,
    finishReason: undefined,
  };
  trace.attempts.push(attempt);
  trace.sentAtMs ??= startedAtMs;
  return attempt;
}
