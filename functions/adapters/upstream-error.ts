/** What undici, Node and zlib call the ways in which a connection fails, as kinds of ours. */
import { type ErrorKind, GatewayError } from '../core/errors.ts';

interface Fault {
  readonly kind: ErrorKind;
  /** What the provider did, as a sentence that begins with its name. */
  readonly what: string;
}

const timeout = (what: string): Fault => ({ kind: 'upstream-timeout', what });
const malformed = (what: string): Fault => ({ kind: 'upstream-malformed', what });

const FAULTS: { readonly [code: string]: Fault } = {
  // DNS, TCP and TLS together.
  UND_ERR_CONNECT_TIMEOUT: timeout('did not accept a connection in time'),
  UND_ERR_HEADERS_TIMEOUT: timeout('sent no answer in time'),
  UND_ERR_BODY_TIMEOUT: timeout('stopped sending'),
  ETIMEDOUT: timeout('did not answer in time'),
  // Nothing was sent: what we made of the request is no request, e.g. a header's value that a client chose.
  UND_ERR_INVALID_ARG: { kind: 'internal', what: 'cannot be asked like this' },
  UND_ERR_HEADERS_OVERFLOW: malformed('sent more headers than it may'),
  UND_ERR_RES_EXCEEDED_MAX_SIZE: malformed('sent more than it may'),
  Z_DATA_ERROR: malformed('sent what cannot be decompressed'),
  Z_NEED_DICT: malformed('sent what cannot be decompressed'),
};

/** llhttp's: `HPE_INVALID_CONSTANT`, where what answers does not speak HTTP. */
const NOT_HTTP = malformed('does not answer in HTTP');

function faultOf(code: string): Fault | undefined {
  return FAULTS[code] ?? (code.startsWith('HPE_') ? NOT_HTTP : undefined);
}

export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

/** What went wrong before the provider's headers were in: DNS (ENOTFOUND), TCP (ECONNREFUSED), TLS (CERT_HAS_EXPIRED), … */
export function connectionError(provider: string, error: unknown): GatewayError {
  return create(provider, error, (code) => ({ kind: 'upstream-unreachable', what: `cannot be reached (${code})` }));
}

/** What went wrong while the answer came in: too slow, unreadable, or broken off. */
export function bodyError(provider: string, error: unknown): GatewayError {
  return create(provider, error, (code) => ({ kind: 'upstream-truncated', what: `broke off its answer (${code})` }));
}

function create(provider: string, error: unknown, other: (code: string) => Fault): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
  const { kind, what } = faultOf(code) ?? other(code);
  return new GatewayError(kind, `The provider "${provider}" ${what}.`, { cause: error, upstreamCode: code });
}
