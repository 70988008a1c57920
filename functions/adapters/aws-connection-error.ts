import { GatewayError } from '../core/errors.ts';
import { connectionError } from './upstream-error.ts';

/** What the AWS SDK throws where no answer came: told by name, because its errors have no codes. */
export function awsConnectionError(provider: string, error: unknown): GatewayError {
  if (!(error instanceof Error) || error instanceof GatewayError) return connectionError(provider, error);
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
