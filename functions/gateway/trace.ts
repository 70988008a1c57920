/**
 * What one request went through, gathered as it goes: the only mutable thing that travels with it. Settlement and the
 * log row are made of it at the end, whichever way the request ended.
 */
import type { ClientDialect, FinishReason } from '../core/chat.ts';
import type { GatewayError } from '../core/errors.ts';
import type { LogLevel } from '../core/log-level.ts';
import type { Caller, Denial, KeyUse, RateLimits, Reservation, UpstreamTarget } from '../core/ports.ts';
import { NO_USAGE, type ServiceTerm, type Usage, type UsageSource } from '../core/usage.ts';
import type { Outcome } from '../records/row.ts';
import { formatRoute, type Skipped } from '../routing/route.ts';
import { type AnswerCapture, captureAnswer } from './capture-answer.ts';

/** Of an attempt whose provider reported no usage: what it may be billed for. */
export interface AttemptEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNano: number;
}

export interface AttemptTrace {
  readonly provider: string;
  readonly model: string;
  readonly startedAtMs: number;
  /** Whether a request went out: not where the provider has no key that can be used. */
  sent: boolean;
  /** Which of the provider's keys was used. */
  key: KeyUse | undefined;
  /** Parameters that this target could not take, and that were left out. */
  dropped: readonly string[];
  firstContentAtMs: number | undefined;
  endedAtMs: number | undefined;
  status: number | undefined;
  error: GatewayError | undefined;
  usage: Usage;
  usageSource: UsageSource;
  /** Under which it was served, or, where the provider does not say, asked for. */
  terms: readonly ServiceTerm[];
  costNano: number;
  /** What the same usage would have cost had no token been read from or written to a cache. */
  uncachedCostNano: number;
  /** Beside `usage`, never in it. */
  estimate: AttemptEstimate | undefined;
  unpriced: boolean;
  servedModel: string | undefined;
  /** The terms, for the row. */
  serviceTier: string | undefined;
  finishReason: FinishReason | undefined;
  /** What it answered, where that is kept. */
  answer: AnswerCapture | undefined;
}

export interface Trace {
  readonly requestId: string;
  readonly startedAtMs: number;
  api: string | undefined;
  dialect: ClientDialect;
  stream: boolean;
  caller: Caller | undefined;
  model: string | undefined;
  /** The request in the neutral model: observed, and kept where it may be. */
  asked: object | undefined;
  logLevel: LogLevel;
  readonly attempts: AttemptTrace[];
  experiment: string | undefined;
  arm: string | undefined;
  /** The id of the request that this one mirrors. */
  shadowOf: string | undefined;
  reservation: Reservation | undefined;
  limits: RateLimits;
  denial: Denial | undefined;
  /** All targets of the plan, in order. */
  considered: readonly UpstreamTarget[];
  /** Those that were left out, by the plan or on the way. */
  readonly passedOver: Map<UpstreamTarget, Skipped>;
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
    asked: undefined,
    logLevel: 'metadata',
    attempts: [],
    experiment: undefined,
    arm: undefined,
    shadowOf: undefined,
    reservation: undefined,
    limits: {},
    denial: undefined,
    considered: [],
    passedOver: new Map(),
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

export function passOver(trace: Trace, skipped: Skipped): void {
  trace.passedOver.set(skipped.target, skipped);
}

/** Undefined where there was no plan yet. */
export function routeOf({ considered, passedOver, startedAtMs }: Trace): string | undefined {
  if (considered.length === 0) return undefined;
  return formatRoute({ considered, skipped: [...passedOver.values()] }, startedAtMs);
}

/**
 * Whose answer the client gets, or else which failed last. A refusal that no other target bettered comes from an attempt
 * before the last.
 */
export function answeringAttempt({ attempts }: Trace): AttemptTrace | undefined {
  return attempts.findLast(({ error }) => error === undefined) ?? attempts.at(-1);
}

const REFUSALS: ReadonlySet<FinishReason> = new Set(['content-filter', 'refusal']);

/** The attempt has ended in a refusal of its content. */
export function isRefused(attempt: AttemptTrace | undefined): boolean {
  return attempt?.finishReason !== undefined && REFUSALS.has(attempt.finishReason);
}

/** Without those that ended before anything was sent. */
export function sentAttempts(trace: Trace): readonly AttemptTrace[] {
  return trace.attempts.filter((attempt) => attempt.sent);
}

/** Of the request, and of the attempt that brought it. */
export function noteFirstContent(trace: Trace, attempt: AttemptTrace, nowMs: number): void {
  attempt.firstContentAtMs = nowMs;
  trace.firstContentAtMs = nowMs;
}

/** An answer had begun elsewhere and broken off, and nobody has noticed. */
export function noteRescue({ attempts, flags }: Trace): void {
  const earlier = attempts.slice(0, -1);
  if (flags.includes('rescued')) return;
  if (earlier.some(({ error, usage }) => error !== undefined && usage.outputTokens > 0)) flags.push('rescued');
}

export function openAttempt(trace: Trace, provider: string, model: string, startedAtMs: number): AttemptTrace {
  const attempt: AttemptTrace = {
    provider,
    model,
    startedAtMs,
    sent: false,
    key: undefined,
    dropped: [],
    firstContentAtMs: undefined,
    endedAtMs: undefined,
    status: undefined,
    error: undefined,
    usage: NO_USAGE,
    usageSource: 'none',
    terms: [],
    costNano: 0,
    uncachedCostNano: 0,
    estimate: undefined,
    unpriced: false,
    servedModel: undefined,
    serviceTier: undefined,
    finishReason: undefined,
    answer: trace.logLevel === 'full' ? captureAnswer() : undefined,
  };
  trace.attempts.push(attempt);
  trace.sentAtMs ??= startedAtMs;
  return attempt;
}
