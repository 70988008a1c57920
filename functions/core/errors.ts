/**
 * The one error class. Its kind decides the status, whether another target may be tried, whether the message may be
 * shown to the client, and the codes of the dialects that have any.
 */
export interface ErrorKindTraits {
  readonly status: number;
  /** Another target may answer where this one failed. */
  readonly failover: boolean;
  /** The message may be shown to the client. Where not, a general sentence stands in its place. */
  readonly expose: boolean;
  /** OpenAI's `error.type`. */
  readonly openaiType: string;
  /** OpenAI's `error.code`, where it has one. */
  readonly openaiCode: string | null;
  /** Anthropic's `error.type`. */
  readonly anthropicType: string;
  /** Google's `error.status`. */
  readonly googleStatus: string;
}

const kind = (
  status: number,
  failover: boolean,
  expose: boolean,
  openaiType: string,
  openaiCode: string | null,
  anthropicType: string,
  googleStatus: string,
): ErrorKindTraits => ({ status, failover, expose, openaiType, openaiCode, anthropicType, googleStatus });

const invalid = 'invalid_request_error';
/** biome-ignore format: a table is read by its columns */
export const ERROR_KINDS = {
  // The client's doing.                    status failover expose  OpenAI type                code                        Anthropic type            Google status
  'invalid-request':          kind(400, false, true,  invalid,                   null,                       invalid,                  'INVALID_ARGUMENT'),
  'unsupported-parameter':    kind(400, false, true,  invalid,                   'unsupported_parameter',    invalid,                  'INVALID_ARGUMENT'),
  'context-length':           kind(400, false, true,  invalid,                   'context_length_exceeded',  invalid,                  'INVALID_ARGUMENT'),
  'content-refused':          kind(400, false, true,  invalid,                   'content_policy_violation', invalid,                  'INVALID_ARGUMENT'),
  'unauthenticated':          kind(401, false, true,  'authentication_error',    'invalid_api_key',          'authentication_error',   'UNAUTHENTICATED'),
  'forbidden':                kind(403, false, true,  'permission_error',        'permission_denied',        'permission_error',       'PERMISSION_DENIED'),
  'not-found':                kind(404, false, true,  invalid,                   'not_found',                'not_found_error',        'NOT_FOUND'),
  'unknown-model':            kind(404, false, true,  invalid,                   'model_not_found',          'not_found_error',        'NOT_FOUND'),
  'method-not-allowed':       kind(405, false, true,  invalid,                   'method_not_allowed',       invalid,                  'INVALID_ARGUMENT'),
  'conflict':                 kind(409, false, true,  invalid,                   'conflict',                 invalid,                  'ABORTED'),
  'too-large':                kind(413, false, true,  invalid,                   'request_too_large',        'request_too_large',      'INVALID_ARGUMENT'),
  'unsupported-media-type':   kind(415, false, true,  invalid,                   'unsupported_media_type',   invalid,                  'INVALID_ARGUMENT'),
  'idempotency-mismatch':     kind(422, false, true,  invalid,                   'idempotency_key_reused',   invalid,                  'INVALID_ARGUMENT'),
  // The gateway's own limits.
  'rate-limited':             kind(429, false, true,  'rate_limit_error',        'rate_limit_exceeded',      'rate_limit_error',       'RESOURCE_EXHAUSTED'),
  'budget-exhausted':         kind(429, false, true,  'insufficient_quota',      'insufficient_quota',       'rate_limit_error',       'RESOURCE_EXHAUSTED'),
  'unpriced':                 kind(403, false, true,  'permission_error',        'model_unpriced',           'permission_error',       'FAILED_PRECONDITION'),
  'ledger-unavailable':       kind(503, false, true,  'server_error',            'ledger_unavailable',       'overloaded_error',       'UNAVAILABLE'),
  'no-target':                kind(503, false, true,  'server_error',            'no_target_available',      'overloaded_error',       'UNAVAILABLE'),
  'deadline':                 kind(504, false, true,  'server_error',            'deadline_exceeded',        'timeout_error',          'DEADLINE_EXCEEDED'),
  'misconfigured':            kind(503, true,  true,  'server_error',            'provider_misconfigured',   'api_error',              'UNAVAILABLE'),
  'internal':                 kind(500, false, false, 'server_error',            'internal_error',           'api_error',              'INTERNAL'),
  // The provider's doing.
  'upstream-unauthorized':    kind(502, true,  false, 'server_error',            'provider_refused_key',     'api_error',              'UNAVAILABLE'),
  'upstream-not-found':       kind(404, true,  true,  invalid,                   'model_not_found',          'not_found_error',        'NOT_FOUND'),
  'upstream-throttled':       kind(429, true,  true,  'rate_limit_error',        'provider_rate_limited',    'rate_limit_error',       'RESOURCE_EXHAUSTED'),
  'upstream-quota':           kind(429, true,  true,  'rate_limit_error',        'provider_quota_exhausted', 'rate_limit_error',       'RESOURCE_EXHAUSTED'),
  /** This request alone is more than the account's limit or credit: smaller ones fit, so that no key is to blame. */
  'upstream-limit':           kind(413, true,  true,  invalid,                   'provider_limit_exceeded',  'request_too_large',      'INVALID_ARGUMENT'),
  'upstream-overloaded':      kind(503, true,  true,  'server_error',            'provider_overloaded',      'overloaded_error',       'UNAVAILABLE'),
  'upstream-error':           kind(502, true,  true,  'server_error',            'provider_error',           'api_error',              'UNAVAILABLE'),
  'upstream-unreachable':     kind(502, true,  true,  'server_error',            'provider_unreachable',     'api_error',              'UNAVAILABLE'),
  'upstream-timeout':         kind(504, true,  true,  'server_error',            'provider_timeout',         'timeout_error',          'DEADLINE_EXCEEDED'),
  /** The stream ended without its terminal event. Never shown as a finished answer. */
  'upstream-truncated':       kind(502, true,  true,  'server_error',            'provider_stream_truncated','api_error',              'UNAVAILABLE'),
  /** The provider sent what its dialect does not allow. */
  'upstream-malformed':       kind(502, true,  true,  'server_error',            'provider_malformed',       'api_error',              'UNAVAILABLE'),
} as const satisfies Record<string, ErrorKindTraits>;

export type ErrorKind = keyof typeof ERROR_KINDS;

export interface GatewayErrorOptions {
  readonly cause?: unknown;
  /** The field of the request that is to blame, as a path: `messages[2].content`. */
  readonly param?: string;
  /** When to come back, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** The status that the provider answered with. */
  readonly upstreamStatus?: number;
  /** The provider's own error code or type, for the row: what is no code is made to look like one. */
  readonly upstreamCode?: string;
  /** Instead of the kind's own status, where the provider's is more telling. */
  readonly status?: number;
}

export class GatewayError extends Error {
  readonly kind: ErrorKind;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly upstreamStatus: number | undefined;
  readonly upstreamCode: string | undefined;
  readonly #status: number | undefined;

  constructor(kind: ErrorKind, message: string, options: GatewayErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'GatewayError';
    this.kind = kind;
    this.param = options.param;
    this.retryAfterMs = options.retryAfterMs;
    this.upstreamStatus = options.upstreamStatus;
    this.upstreamCode = options.upstreamCode === undefined ? undefined : toCode(options.upstreamCode);
    this.#status = options.status;
  }

  get traits(): ErrorKindTraits {
    return ERROR_KINDS[this.kind];
  }

  get status(): number {
    return this.#status ?? this.traits.status;
  }

  /** The message for the client: the real one where the kind lets it out. */
  get publicMessage(): string {
    return this.traits.expose
      ? this.message
      : (PUBLIC_MESSAGES[this.kind] ?? 'The gateway failed. Retry, and quote the request id if it stays.');
  }
}

/** It goes into the log, and a provider may put there what it likes: a client's text, or a line of its own. */
function toCode(text: string): string {
  return text.slice(0, 64).replace(/[^\w.:-]/g, '_');
}

const PUBLIC_MESSAGES: Partial<Record<ErrorKind, string>> = {
  'upstream-unauthorized':
    "The provider refused the gateway's credentials. Ask the gateway's operator to check the provider's secret.",
};

/** Anything thrown, as a `GatewayError`: what is not one already is a fault of ours, with the original as its cause. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new GatewayError('internal', message, { cause: error });
}
