import { GatewayError } from '../core/errors.ts';
import { connectionError } from './upstream-error.ts';

/** What the AWS SDK throws where no answer came: told by name, because its errors have no codes. */
export function awsConnectionError(provider: string, error: unknown): GatewayError {
  if (!(error instanceof Error) || error instanceof GatewayError) return connectionError(provider, error);
  // With a code, it is Node's own error, which the SDK renames: also that of a connection that broke.
  if (error.name === 'TimeoutError' && !('code' in error)) {
    return new GatewayError('upstream-timeout', `The provider "${provider}" did not accept a connection in time.`, {
      cause: error,
      upstreamCode: error.name,
    });
  }
  if (error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError') {
    return new GatewayError('misconfigured', `There are no AWS credentials for the provider "${provider}".`, {
      cause: error,
      upstreamCode: error.name,
    });
  }
  if (/region is missing/i.test(error.message)) {
    return new GatewayError('misconfigured', `The provider "${provider}" needs a region.`, { cause: error });
  }
  return connectionError(provider, error);
}
