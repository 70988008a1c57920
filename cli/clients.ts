/** SDK clients for the stack that the CLI talks to. Loaded only by commands that need one: `--help` must be quick. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LocalInfo } from './local-info.ts';

/** The emulators check no signature, but the SDK insists on having something to sign with. */
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
/** A dead local stack will not come back between retries: say so at once. */
const maxAttempts = 1;

export function dynamoClient(local: LocalInfo): DynamoDBClient {
  return new DynamoDBClient({ region: local.region, endpoint: local.endpoints.dynamodb, credentials, maxAttempts });
}

export function secretsClient(local: LocalInfo): SecretsManagerClient {
  const endpoint = local.endpoints.secretsManager;
  return new SecretsManagerClient({ region: local.region, endpoint, credentials, maxAttempts });
}
