/** https://platform.claude.com/docs/en/api/errors */

import * as z from 'zod/mini';
import type { ErrorReply } from '../../core/codec.ts';
import { type ErrorKind, GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { readRetryAfterMs } from '../../core/retry-after.ts';
import { kindOfStatus } from '../../core/status-kind.ts';
import { errorSchema, parseJson, type WireError } from './wire.ts';

const KINDS_BY_TYPE: { readonly [type: string]: ErrorKind } = {
  invalid_request_error: 'invalid-request',
  authentication_error: 'upstream-unauthorized',
  permission_error: 'upstream-unauthorized',
  billing_error: 'upstream-quota',
  not_found_error: 'upstream-not-found',
  conflict_error: 'upstream-error',
  request_too_large: 'too-large',
  rate_limit_error: 'upstream-throttled',
  overloaded_error: 'upstream-overloaded',
  timeout_error: 'upstream-timeout',
  api_error: 'upstream-error',
};

/**
 * What only the message tells. Anthropic says that wordings can change, so these only refine: a message that no longer
 * matches falls back to the kind of its type.
 */
const REFINEMENTS: readonly (readonly [from: ErrorKind, pattern: RegExp, to: ErrorKind])[] = [
  [
    'invalid-request',
    /prompt is too long|exceed(s|ed)? (the )?(model'?s )?context (limit|window)|too many tokens/i,
    'context-length',
  ],
  ['invalid-request', /credit balance is too low|api usage limits|spend(ing)? limit/i, 'upstream-quota'],
  ['invalid-request', /content filtering policy/i, 'content-refused'],
  ['upstream-throttled', /extra usage is required for (long|1M) context/i, 'upstream-limit'],
];

/** Spend limits come as `rate_limit_error`, without `retry-after`, and last until the next month or a new contract. */
const QUOTA_CODES = new Set(['enforced_spend_limit_reached', 'contract_spend_limit_reached']);

const MAX_MESSAGE_CHARS = 1_000;

export function decodeError(reply: ErrorReply): GatewayError {
  const wire = readError(reply.body);
  const fallback = kindOfStatus(reply.status);
  return createError(wire, fallback, {
    upstreamStatus: reply.status,
    retryAfterMs: readRetryAfterMs(reply.headers, wire?.message ?? ''),
    emptyMessage: `The provider answered with status ${reply.status}`,
    cause: reply.body.slice(0, MAX_MESSAGE_CHARS),
  });
}

/** An `error` event inside a stream that began with status 200, or an error that came as a whole answer. */
export function decodeErrorEvent(value: Json): GatewayError {
  const result = z.safeParse(errorSchema, value);
  return createError(result.success ? result.data.error : undefined, 'upstream-error', {
    emptyMessage: 'The provider reported an error without saying which',
    cause: value,
  });
}

interface ErrorContext {
  readonly upstreamStatus?: number;
  readonly retryAfterMs?: number | undefined;
  readonly emptyMessage: string;
  readonly cause: unknown;
}

function createError(wire: WireError | undefined, fallback: ErrorKind, context: ErrorContext): GatewayError {
  const message = wire?.message?.slice(0, MAX_MESSAGE_CHARS) || context.emptyMessage;
  const code = wire?.details?.error_code ?? wire?.type ?? undefined;
  const byType = KINDS_BY_TYPE[wire?.type ?? ''] ?? fallback;
  const refined = REFINEMENTS.find(([from, pattern]) => from === byType && pattern.test(message))?.[2] ?? byType;
  const kind = QUOTA_CODES.has(wire?.details?.error_code ?? '') ? 'upstream-quota' : refined;
  const param = kind === 'invalid-request' ? readParam(message) : undefined;
  return new GatewayError(kind, message, {
    cause: context.cause,
    ...(code === undefined ? {} : { upstreamCode: code }),
    ...(param === undefined ? {} : { param }),
    ...(context.upstreamStatus === undefined ? {} : { upstreamStatus: context.upstreamStatus }),
    ...(context.retryAfterMs === undefined ? {} : { retryAfterMs: context.retryAfterMs }),
  });
}

/** `messages.3.content: …` and `` `temperature` is deprecated … `` name the field to blame. */
function readParam(message: string): string | undefined {
  const path = /^([a-z_]+(?:\.\w+)*): /.exec(message)?.[1] ?? /^`([a-z_]+(?:\.\w+)*)`/.exec(message)?.[1];
  return path?.replace(/\.(\d+)/g, '[$1]');
}

/** Undefined for a load balancer's HTML, or nothing: the status says what there is to say, the body is the cause. */
function readError(body: string): WireError | undefined {
  const result = z.safeParse(errorSchema, parseJson(body));
  return result.success ? result.data.error : undefined;
}
