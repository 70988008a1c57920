/**
 * How the ledger talks to DynamoDB: what went wrong, told apart by what it says about the write, and a bounded number
 * of repeats. The SDK's own retries are off (the gateway has one deadline to keep): `ADD` is not repeatable, and only
 * the ledger knows which of its writes are.
 */
import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { GatewayError } from '../core/errors.ts';
import type { Breaker } from './breaker.ts';

/**
 * - `condition`: refused by the condition; nothing was written.
 * - `expression`: the item is not of the shape that the expression assumes; nothing was written.
 * - `busy`: throttled, or never sent; nothing was written.
 * - `refused`: permissions, a missing table, no credentials. A repeat would not help.
 * - `unclear`: all else. A time-out, a broken connection, a 5xx, an answer that cannot be parsed: it may be written.
 */
export type Failure = 'condition' | 'expression' | 'busy' | 'refused' | 'unclear';

const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException']);
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

export function classifyFailure(error: unknown): Failure {
  if (error instanceof ConditionalCheckFailedException) return 'condition';
  if (!(error instanceof Error)) return 'unclear';
  if (isThrottled(error) || isUnreachable(error)) return 'busy';
  if (error.name === 'ValidationException') return 'expression';
  if (error.name === 'CredentialsProviderError') return 'refused';
  const status = error instanceof DynamoDBServiceException ? error.$metadata.httpStatusCode : undefined;
  return status !== undefined && status >= 400 && status < 500 ? 'refused' : 'unclear';
}

export const isThrottled = (error: unknown): boolean => error instanceof Error && THROTTLED.has(error.name);

function isUnreachable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && UNREACHABLE.has(error.code);
}

/** The breaker is open. */
class NotAsked extends Error {
  override readonly name = 'NotAsked';
  /** An earlier try of the same call went out. */
  readonly wasSent: boolean;

  constructor(wasSent: boolean) {
    super('It has not answered for a while');
    this.wasSent = wasSent;
  }
}

/** Whether a call that failed so never left the process. */
export function wasNeverSent(error: unknown): boolean {
  return error instanceof GatewayError && error.cause instanceof NotAsked && !error.cause.wasSent;
}

export interface Waiting {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Shared by all who ask the same table; none where somebody waits for the answer himself. */
  readonly breaker?: Breaker;
}

export const realWaiting: Waiting = {
  random: Math.random,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

const TRIES = 3;
const BASE_MS = 20;
const MOST_MS = 200;

/** Exponential with full jitter. */
export function backOff(waiting: Waiting, step: number): Promise<void> {
  return waiting.sleep(waiting.random() * Math.min(BASE_MS * 2 ** step, MOST_MS));
}

/**
 * Runs a call that may be repeated: a read, or a write whose condition fails once it has been applied. Failures of the
 * condition come out as they are; all else as `ledger-unavailable`, what DynamoDB finds wrong with the call included.
 */
export async function repeatable<T>(action: string, waiting: Waiting, call: () => Promise<T>): Promise<T> {
  const { breaker } = waiting;
  for (let step = 0; ; step += 1) {
    const closedForMs = breaker?.closedForMs();
    if (closedForMs !== undefined) throw unavailable(action, new NotAsked(step > 0), closedForMs);
    try {
      const answer = await call();
      breaker?.succeeded();
      return answer;
    } catch (error) {
      const failure = classifyFailure(error);
      // Whoever refuses or throttles is alive.
      if (failure === 'unclear' || isUnreachable(error)) breaker?.failed();
      else breaker?.succeeded();
      if (failure === 'condition') throw error;
      const isFinal = failure === 'refused' || failure === 'expression' || step + 1 >= TRIES;
      if (isFinal) throw unavailable(action, error);
    }
    await backOff(waiting, step);
  }
}

/** AWS's own words stay in the cause: they name roles and accounts, and this message is shown to callers. */
export function unavailable(action: string, cause: unknown, retryAfterMs = 1_000): GatewayError {
  const name = cause instanceof Error ? cause.name : 'an error';
  return new GatewayError('ledger-unavailable', `The ledger does not answer: could not ${action} (${name}).`, {
    cause,
    retryAfterMs,
  });
}
