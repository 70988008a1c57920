/**
 * Errors as OpenAI tells them, the same in both of its dialects, and the shapes in which compatible servers say the same.
 * https://platform.openai.com/docs/guides/error-codes
 */
import type { ErrorAnswer, ErrorReply } from './codec.ts';
import { type ErrorKind, GatewayError } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { readList, readObject, readText } from './read.ts';
import { readRetryAfterMs } from './retry-after.ts';
import { kindOfStatus } from './status-kind.ts';

/** Messages quote the request, base64 and all. */
const MAX_MESSAGE_CHARS = 1_000;

interface WireError {
  readonly message: string;
  /** Code and type, in lower case: what one server calls a code is a type at another. */
  readonly words: readonly string[];
  readonly code: string;
  readonly param: string;
  /** Inside of a stream, the status that the answer would have had (OpenRouter). */
  readonly status: number | undefined;
  /** Of the server behind the one that answers (OpenRouter), with lower-case names. */
  readonly headers: { readonly [name: string]: string };
}

const KINDS_BY_WORD: readonly (readonly [pattern: RegExp, kind: ErrorKind])[] = [
  [/^context_length_exceeded$|^context_window_exceeded$|^token_limit_exceeded$/, 'context-length'],
  [
    /insufficient_(user_)?quota|billing|insufficient_(balance|credits)|payment_required|spend_limit|credit_balance|^usage_limit/,
    'upstream-quota',
  ],
  [
    /content_filter|content_policy|responsibleaipolicy|moderation|^invalid_prompt$|^(bio|misalignment)_policy/,
    'content-refused',
  ],
  [/^model_not_found$|^deploymentnotfound$|^invalid_model$/, 'upstream-not-found'],
  [
    /invalid_api_key|authentication|^permission_(error|denied)$|^unauthorized$|invalid_authentication/,
    'upstream-unauthorized',
  ],
  [/rate_limit|too_many_requests|^tokens$|^requests$|resource_exhausted|throttl|^slow_down$/, 'upstream-throttled'],
  [/overloaded|capacity|unavailable/, 'upstream-overloaded'],
  // The pictures that a request brought: https://platform.openai.com/docs/api-reference/responses/object (`error.code`).
  [/^(invalid|unsupported|empty|failed_to_download)_(base64_)?image|^image_(too|parse|file)_/, 'invalid-request'],
  [/^unsupported_(parameter|value)$|^unknown_parameter$/, 'unsupported-parameter'],
  [/timeout/, 'upstream-timeout'],
];

const REQUEST_TOO_LARGE = /request too large for .*\b(tokens? per min|TPM\b)/i;

/** Many servers have one code for all bad requests. Wordings change: these only refine what the status said. */
const KINDS_BY_MESSAGE: readonly (readonly [from: ErrorKind, pattern: RegExp, to: ErrorKind])[] = [
  // OpenAI with 429, Groq with 413: "Request too large for gpt-4o … on tokens per min (TPM): Limit 30000, Requested 61337".
  ['upstream-throttled', REQUEST_TOO_LARGE, 'upstream-limit'],
  ['too-large', REQUEST_TOO_LARGE, 'upstream-limit'],
  // OpenRouter holds the most that an answer may cost against the credit that is left.
  ['upstream-quota', /requested up to \d+ tokens, but can only afford [1-9]/i, 'upstream-limit'],
  [
    'invalid-request',
    /maximum context length|context (length|window|size)|prompt is too long|too many (input )?tokens|reduce the length of the (messages|input)/i,
    'context-length',
  ],
  ['too-large', /tokens? per minute|\bTPM\b/, 'upstream-throttled'],
  ['upstream-throttled', /exceeded your current quota|insufficient (balance|credits|quota)/i, 'upstream-quota'],
  ['invalid-request', /content (management|filtering) policy|flagged as potentially violating/i, 'content-refused'],
  // OpenRouter answers 403 where a prompt was flagged. Taken for the key's fault, one prompt would take out the key.
  ['upstream-unauthorized', /requires moderation|\b(input|prompt|output) was (flagged|blocked)/i, 'content-refused'],
];

/** A reply with a status that is not 2xx. */
export function decodeError(reply: ErrorReply): GatewayError {
  const wire = readError(parse(reply.body));
  return create(wire, {
    status: reply.status,
    retryAfterMs: readRetryAfterMs({ ...reply.headers, ...wire.headers }, wire.message),
    cause: reply.body.slice(0, MAX_MESSAGE_CHARS),
  });
}

/** An error in place of a chunk, or of an answer, after status 200. */
export function decodeErrorBody(body: JsonObject): GatewayError {
  const wire = readError(body);
  return create(wire, { status: wire.status, retryAfterMs: readRetryAfterMs(wire.headers, wire.message), cause: body });
}

export function holdsError(body: JsonObject): boolean {
  const { error } = body;
  return (isJsonObject(error) && Object.keys(error).length > 0) || (typeof error === 'string' && error !== '');
}

interface ErrorContext {
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly cause: unknown;
}

function create(wire: WireError, { status, retryAfterMs, cause }: ErrorContext): GatewayError {
  const kind = kindOf(wire, status);
  const comesBack = kind === 'upstream-throttled' || kind === 'upstream-quota' || kind === 'upstream-overloaded';
  return new GatewayError(kind, wire.message || `The provider answered with status ${status ?? 'unknown'}.`, {
    // Refusals of a key like to quote it: what is kept of them is the code.
    ...(kind === 'upstream-unauthorized' ? {} : { cause }),
    ...(wire.code === '' ? {} : { upstreamCode: wire.code }),
    ...(wire.param === '' ? {} : { param: wire.param }),
    ...(status === undefined ? {} : { upstreamStatus: status }),
    ...(retryAfterMs === undefined || !comesBack ? {} : { retryAfterMs }),
  });
}

function kindOf(wire: WireError, status: number | undefined): ErrorKind {
  const byStatus = status === undefined ? undefined : kindOfStatus(status);
  const byWord = KINDS_BY_WORD.find(([pattern]) => wire.words.some((word) => pattern.test(word)))?.[1];
  const first = byWord ?? byStatus ?? 'upstream-error';
  return KINDS_BY_MESSAGE.find(([from, pattern]) => from === first && pattern.test(wire.message))?.[2] ?? first;
}

function readError(body: Json | undefined): WireError {
  // Gemini's compatible interface puts the error into a list of one.
  const outer = readObject(Array.isArray(body) ? body[0] : body);
  const { error } = outer;
  const inner = isJsonObject(error) ? error : outer;
  const message = typeof error === 'string' ? error : readMessage(inner);
  const codes = [inner.code, inner.type, inner.status, readObject(inner.innererror).code, outer.type, outer.code];
  const words = codes.map(readText).filter((word) => word !== '' && word !== 'error');
  const status = [inner.code, inner.status, inner.status_code].find((value) => typeof value === 'number');
  return {
    message: message.slice(0, MAX_MESSAGE_CHARS),
    words: words.map((word) => word.toLowerCase()),
    // Not always said in the code.
    code: /\bmissing scopes?:/i.test(message)
      ? 'missing_scope'
      : (words[0] ?? (status === undefined ? '' : String(status))),
    param: readText(inner.param),
    status: typeof status === 'number' && status >= 400 && status < 600 ? status : undefined,
    headers: readHeaders(readObject(readObject(inner.metadata).headers)),
  };
}

function readHeaders(headers: JsonObject): WireError['headers'] {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), readText(value)] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== 'date'));
}

/** `message`, or what FastAPI servers say of a wrong field: `detail: [{loc, msg}]`. */
function readMessage(error: JsonObject): string {
  const { message, detail } = error;
  if (typeof message === 'string') return message;
  if (typeof detail === 'string') return detail;
  const details = readList(detail ?? readObject(message).detail);
  return details
    .map((item) => `${readList(readObject(item).loc).join('.')}: ${readText(readObject(item).msg)}`)
    .join('; ');
}

function parse(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    // A load balancer's HTML, or nothing: the status says what there is to say, the body travels as the cause.
    return undefined;
  }
}

/** Where a provider's own code says more to a program than the gateway's: it is what clients of OpenAI test for. */
export function toWireError(error: GatewayError, requestId: string): JsonObject {
  return {
    message: error.publicMessage,
    type: error.traits.openaiType,
    param: error.param ?? null,
    code: error.traits.openaiCode,
    request_id: requestId,
  };
}

export function encodeError(error: GatewayError, requestId: string): ErrorAnswer {
  return { status: error.status, body: { error: toWireError(error, requestId) } };
}
