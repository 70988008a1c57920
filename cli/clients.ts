/** SDK clients for the stack that the CLI talks to. Loaded only by commands that need one: `--help` must be quick. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Stack } from './context.ts';

export function dynamoClient(stack: Stack): DynamoDBClient {
  return new DynamoDBClient(settings(stack, (endpoints) => endpoints.dynamodb));
}

/** Without the SDK's own retries: the log has its own. */
export function firehoseClient(stack: Stack): FirehoseClient {
  return new FirehoseClient({ ...settings(stack, (endpoints) => endpoints.firehose), maxAttempts: 1 });
}

export function secretsClient(stack: Stack): SecretsManagerClient {
  return new SecretsManagerClient(settings(stack, (endpoints) => endpoints.secretsManager));
}

type Endpoints = Extract<Stack, { kind: 'local' }>['endpoints'];

function settings(stack: Stack, endpointOf: (endpoints: Endpoints) => string) {
  // Region and credentials as every AWS tool finds them, and the SDK's own retries.
  if (stack.kind === 'deployed') return {};
  return {
    region: stack.region,
    endpoint: endpointOf(stack.endpoints),
    // The emulators check no signature, but the SDK insists on having something to sign with.
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // A dead local stack will not come back between retries: say so at once.
    maxAttempts: 1,
  };
}
