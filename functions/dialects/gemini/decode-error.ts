/** https://ai.google.dev/gemini-api/docs/troubleshooting · https://google.aip.dev/193 */
import type { ErrorReply } from '../../core/codec.ts';
import { readDurationMs } from '../../core/duration.ts';
import { type ErrorKind, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readList, readObject, readText } from '../../core/read.ts';
import { readRetryAfterMs } from '../../core/retry-after.ts';
import { kindOfStatus } from '../../core/status-kind.ts';
import { parseJson } from './wire.ts';

/** Messages quote the request, base64 and all. */
const MAX_MESSAGE_CHARS = 1_000;

const KINDS_BY_STATUS_NAME: { readonly [name: string]: ErrorKind } = {
  INVALID_ARGUMENT: 'invalid-request',
  FAILED_PRECONDITION: 'invalid-request',
  OUT_OF_RANGE: 'invalid-request',
  UNAUTHENTICATED: 'upstream-unauthorized',
  PERMISSION_DENIED: 'upstream-unauthorized',
  NOT_FOUND: 'upstream-not-found',
  RESOURCE_EXHAUSTED: 'upstream-throttled',
  UNAVAILABLE: 'upstream-overloaded',
  DEADLINE_EXCEEDED: 'upstream-timeout',
  CANCELLED: 'upstream-error',
  ABORTED: 'upstream-error',
  INTERNAL: 'upstream-error',
  UNKNOWN: 'upstream-error',
  UNIMPLEMENTED: 'upstream-error',
  DATA_LOSS: 'upstream-error',
};

/** `ErrorInfo.reason`, of which some come with a status that says less. */
const KINDS_BY_REASON: { readonly [reason: string]: ErrorKind } = {
  API_KEY_INVALID: 'upstream-unauthorized',
  API_KEY_EXPIRED: 'upstream-unauthorized',
  API_KEY_SERVICE_BLOCKED: 'upstream-unauthorized',
  BILLING_DISABLED: 'upstream-quota',
  RATE_LIMIT_EXCEEDED: 'upstream-throttled',
};

/** What only the message tells. Wordings change: these refine what the status said, and are needed for nothing else. */
const REFINEMENTS: readonly (readonly [from: ErrorKind, pattern: RegExp, to: ErrorKind])[] = [
  ['invalid-request', /exceeds? the maximum number of tokens|context (length|window)/i, 'context-length'],
  ['invalid-request', /api key (not valid|expired|not found)|renew the api key/i, 'upstream-unauthorized'],
  ['invalid-request', /payload size exceeds|request (is )?too large/i, 'too-large'],
  // Prompts are blocked with status 200; some models of the same interface answer 400.
  ['invalid-request', /\b(prompt|content|request|response) was blocked\b|PROHIBITED_CONTENT/i, 'content-refused'],
  // True of the account or the place that this provider is called from, and not of the request.
  ['invalid-request', /location is not supported|enable billing|free tier is not available/i, 'upstream-error'],
  // What the caller may not see is a file or a cache that the request names.
  [
    'upstream-unauthorized',
    /\b(file|cached ?content)\b.*(not exist|not found)|permission to access the file/i,
    'invalid-request',
  ],
];

export function decodeError(reply: ErrorReply): GatewayError {
  const wire = readError(parseJson(reply.body));
  return createError(wire, reply.status, {
    retryAfterMs: retryDelayMs(wire) ?? readRetryAfterMs(reply.headers, wire.message),
    emptyMessage: `The provider answered with status ${reply.status}.`,
    cause: reply.body.slice(0, MAX_MESSAGE_CHARS),
  });
}

/** An error in place of a chunk, or of an answer, after status 200. */
export function decodeErrorBody(body: Json): GatewayError {
  const wire = readError(body);
  return createError(wire, wire.code, {
    retryAfterMs: retryDelayMs(wire) ?? readRetryAfterMs({}, wire.message),
    emptyMessage: 'The provider reported an error without saying which.',
    cause: body,
  });
}

export function holdsError(body: JsonObject): boolean {
  return isJsonObject(body.error);
}

interface WireError {
  readonly message: string;
  readonly status: string;
  readonly code: number | undefined;
  readonly details: readonly JsonObject[];
}

/** Streams that are JSON arrays hold their error in a list. */
function readError(body: Json | undefined): WireError {
  const error = readObject(readObject(Array.isArray(body) ? body[0] : body).error);
  return {
    message: readText(error.message).slice(0, MAX_MESSAGE_CHARS),
    status: readText(error.status),
    code: typeof error.code === 'number' ? error.code : undefined,
    details: readList(error.details).map(readObject),
  };
}

interface ErrorContext {
  readonly retryAfterMs: number | undefined;
  readonly emptyMessage: string;
  readonly cause: unknown;
}

function createError(wire: WireError, status: number | undefined, context: ErrorContext): GatewayError {
  const kind = kindOf(wire, status);
  const code = detail(wire, 'ErrorInfo').reason ?? wire.status;
  const param = readText(readObject(readList(detail(wire, 'BadRequest').fieldViolations)[0]).field);
  const comesBack = kind === 'upstream-throttled' || kind === 'upstream-quota' || kind === 'upstream-overloaded';
  return new GatewayError(kind, wire.message || context.emptyMessage, {
    // Refusals of a key may quote it: what is kept of them is the code.
    ...(kind === 'upstream-unauthorized' ? {} : { cause: context.cause }),
    ...(readText(code) === '' ? {} : { upstreamCode: readText(code) }),
    ...(param === '' || kind !== 'invalid-request' ? {} : { param }),
    ...(status === undefined ? {} : { upstreamStatus: status }),
    ...(context.retryAfterMs === undefined || !comesBack ? {} : { retryAfterMs: context.retryAfterMs }),
  });
}

function kindOf(wire: WireError, status: number | undefined): ErrorKind {
  const byReason = KINDS_BY_REASON[readText(detail(wire, 'ErrorInfo').reason)];
  if (byReason !== undefined) return byReason;
  const first = KINDS_BY_STATUS_NAME[wire.status] ?? (status === undefined ? 'upstream-error' : kindOfStatus(status));
  if (first === 'upstream-throttled' && isLastingQuota(wire)) return 'upstream-quota';
  return REFINEMENTS.find(([from, pattern]) => from === first && pattern.test(wire.message))?.[2] ?? first;
}

/**
 * Rates and quotas are one status. The quota's name tells its window; without one, a wait that is named says that it
 * passes.
 */
function isLastingQuota(wire: WireError): boolean {
  const quotas = readList(detail(wire, 'QuotaFailure').violations).map((violation) =>
    readText(readObject(violation).quotaId),
  );
  if (quotas.some((id) => id !== '')) return quotas.some((id) => /per(day|week|month)/i.test(id));
  if (retryDelayMs(wire) !== undefined) return false;
  return /exceeded your current quota|(prepaid|prepayment) credits|spend(ing)? (cap|limit)/i.test(wire.message);
}

function detail(wire: WireError, type: string): JsonObject {
  return wire.details.find((item) => readText(item['@type']).endsWith(`.${type}`)) ?? {};
}

/** `34.4s`: a duration as protocol buffers write it. */
function retryDelayMs(wire: WireError): number | undefined {
  return readDurationMs(readText(detail(wire, 'RetryInfo').retryDelay));
}
