import { randomUUID } from 'node:crypto';
import type { StoredSecret } from './secret-file.ts';

export interface SecretInput {
  readonly ClientRequestToken?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: string | undefined;
}

/** A new version of a secret; its ARN stays. */
export function createSecretVersion(name: string, input: SecretInput, before?: StoredSecret): StoredSecret {
  return {
    ARN: before?.ARN ?? `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-${randomUUID().slice(0, 6)}`,
    Name: name,
    VersionId: input.ClientRequestToken ?? randomUUID(),
    CreatedDate: Date.now() / 1000,
    ...(input.SecretString !== undefined && { SecretString: input.SecretString }),
    ...(input.SecretBinary !== undefined && { SecretBinary: input.SecretBinary }),
  };
}

/** The SDK sends a token with every request: a repeat of the same request is answered as the first was. */
export function isRepeat(existing: StoredSecret, input: SecretInput): boolean {
  return (
    existing.VersionId === input.ClientRequestToken &&
    existing.SecretString === input.SecretString &&
    existing.SecretBinary === input.SecretBinary
  );
}
