import { GatewayError } from '../core/errors.ts';

/** undici's and Node's codes that mean: waited too long. */
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);

const WHAT_WAITED: { readonly [code: string]: string } = {
  UND_ERR_CONNECT_TIMEOUT: 'did not accept a connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'sent no answer in time',
  UND_ERR_BODY_TIMEOUT: 'stopped sending',
  ETIMEDOUT: 'did not answer in time',
};

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

/** What went wrong before the provider's headers were in. */
export function connectionError(provider: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
  if (TIMEOUTS.has(code)) {
    return new GatewayError('upstream-timeout', `The provider "${provider}" ${WHAT_WAITED[code]}.`, {
      cause: error,
      upstreamCode: code,
    });
  }
  return new GatewayError('upstream-unreachable', `The provider "${provider}" cannot be reached (${code}).`, {
    cause: error,
    upstreamCode: code,
  });
}

/** What went wrong while the answer came in: too slow, or broken off. */
export function bodyError(provider: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
  if (TIMEOUTS.has(code)) return connectionError(provider, error);
  return new GatewayError('upstream-truncated', `The provider "${provider}" broke off its answer (${code}).`, {
    cause: error,
    upstreamCode: code,
  });
}
