/** https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
import type { ErrorReply } from '../../core/codec.ts';
import { type ErrorKind, GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { readText } from '../../core/read.ts';
import { readRetryAfterMs } from '../../core/retry-after.ts';
import { kindOfStatus } from '../../core/status-kind.ts';
import { parseJson } from './wire.ts';

/** Without the suffixes `Exception` and `Error`, in lower case: streams say `throttlingException`, headers `Throttling…`. */
const KINDS_BY_TYPE: { readonly [type: string]: ErrorKind } = {
  validation: 'invalid-request',
  accessdenied: 'upstream-unauthorized',
  notauthorized: 'upstream-unauthorized',
  unrecognizedclient: 'upstream-unauthorized',
  invalidclienttokenid: 'upstream-unauthorized',
  invalidsignature: 'upstream-unauthorized',
  signaturedoesnotmatch: 'upstream-unauthorized',
  incompletesignature: 'upstream-unauthorized',
  missingauthenticationtoken: 'upstream-unauthorized',
  missingauthentication: 'upstream-unauthorized',
  expiredtoken: 'upstream-unauthorized',
  requestexpired: 'upstream-unauthorized',
  optinrequired: 'upstream-unauthorized',
  resourcenotfound: 'upstream-not-found',
  unknownoperation: 'upstream-not-found',
  throttling: 'upstream-throttled',
  toomanyrequests: 'upstream-throttled',
  servicequotaexceeded: 'upstream-throttled',
  conflict: 'upstream-error',
  modelnotready: 'upstream-overloaded',
  serviceunavailable: 'upstream-overloaded',
  modeltimeout: 'upstream-timeout',
  modelerror: 'upstream-error',
  modelstream: 'upstream-error',
  internalserver: 'upstream-error',
  internalfailure: 'upstream-error',
  requestentitytoolarge: 'too-large',
};

/** What only the message tells: the models behind the API have words of their own. They refine, and never decide. */
const REFINEMENTS: readonly (readonly [from: ErrorKind, pattern: RegExp, to: ErrorKind])[] = [
  [
    'invalid-request',
    /(input|prompt) is too long|maximum context length|exceed\w* (the |model'?s? )*(maximum )?(context|input)|too many input tokens|context (window|length) exceeded/i,
    'context-length',
  ],
  [
    'invalid-request',
    /model identifier is invalid|on-demand throughput isn.t supported|model id .*(does not exist|isn.t supported)/i,
    'upstream-not-found',
  ],
  ['invalid-request', /content filtering policy|blocked by (our )?content filters?/i, 'content-refused'],
  ['upstream-throttled', /too many tokens per day|daily (token )?(quota|limit)/i, 'upstream-quota'],
];

const MAX_MESSAGE_CHARS = 1_000;

export function decodeError(reply: ErrorReply): GatewayError {
  const body = parseJson(reply.body);
  // `ThrottlingException:http://internal.amazon.com/…` in the header, `com.amazon…#ThrottlingException` in the body.
  const type = (reply.headers['x-amzn-errortype'] ?? typeOf(body)).split(':')[0]?.split('#').at(-1) ?? '';
  const message = messageOf(body);
  return createError(type, message, {
    fallback: kindOfStatus(reply.status),
    upstreamStatus: reply.status,
    retryAfterMs: readRetryAfterMs(reply.headers, message),
    emptyMessage: `The provider answered with status ${reply.status}`,
    cause: reply.body.slice(0, MAX_MESSAGE_CHARS),
  });
}

/** An exception in the middle of a stream that began with status 200: `throttlingException` and its siblings. */
export function decodeException(type: string, value: Json | undefined): GatewayError {
  return createError(type, messageOf(value), {
    fallback: 'upstream-error',
    emptyMessage: 'The provider reported an error without saying which',
    cause: value,
  });
}

interface ErrorContext {
  readonly fallback: ErrorKind;
  readonly upstreamStatus?: number;
  readonly retryAfterMs?: number | undefined;
  readonly emptyMessage: string;
  readonly cause: unknown;
}

function createError(type: string, given: string, context: ErrorContext): GatewayError {
  const message = given.slice(0, MAX_MESSAGE_CHARS) || context.emptyMessage;
  const byType = KINDS_BY_TYPE[type.toLowerCase().replace(/(exception|error)+$/, '')] ?? context.fallback;
  const kind = REFINEMENTS.find(([from, pattern]) => from === byType && pattern.test(message))?.[2] ?? byType;
  return new GatewayError(kind, message, {
    cause: context.cause,
    ...(type === '' ? {} : { upstreamCode: type }),
    ...(context.upstreamStatus === undefined ? {} : { upstreamStatus: context.upstreamStatus }),
    ...(context.retryAfterMs === undefined ? {} : { retryAfterMs: context.retryAfterMs }),
  });
}

function typeOf(body: Json | undefined): string {
  return isJsonObject(body) ? readText(body.__type) || readText(body.code) : '';
}

/** The service writes `message`, the front in front of it `Message`. */
function messageOf(body: Json | undefined): string {
  return isJsonObject(body) ? readText(body.message) || readText(body.Message) : '';
}
