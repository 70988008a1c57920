/**
 * Secrets Manager on loopback: the operations that the gateway and the CLI use. Values lie in one JSON file that only
 * its owner can read; each change replaces the file whole. Only the current version of a secret is kept.
 */
import * as z from 'zod/mini';
import { AwsError, type Emulator, parseInput, startAwsJsonServer } from './aws-json.ts';
import { openSecretFile, type StoredSecret } from './secret-file.ts';
import { createSecretVersion, isRepeat, type SecretInput } from './secret-version.ts';

export interface SecretsManagerOptions {
  readonly host?: string;
  readonly port: number;
  readonly file: string;
  /** Secrets that are read where the file has none of that name, and are never stored. */
  readonly standIns?: { readonly [name: string]: string };
}

const secretName = z
  .string()
  .check(z.regex(/^[\w/+=.@-]{1,512}$/, 'a name: letters, digits and /_+=.@-, at most 512 characters'));
const value = { SecretString: z.optional(z.string()), SecretBinary: z.optional(z.string()) };
const getInput = z.object({
  SecretId: z.string(),
  VersionId: z.optional(z.string()),
  VersionStage: z.optional(z.string()),
});
const batchInput = z.object({
  SecretIdList: z.array(z.string()).check(z.minLength(1), z.maxLength(20)),
});
const createInput = z.object({ Name: secretName, ClientRequestToken: z.optional(z.string()), ...value });
const putInput = z.object({ SecretId: z.string(), ClientRequestToken: z.optional(z.string()), ...value });
const describeInput = z.object({ SecretId: z.string() });

const CURRENT = 'AWSCURRENT';
const NOT_FOUND = "Secrets Manager can't find the specified secret";

export async function startSecretsManager(options: SecretsManagerOptions): Promise<Emulator> {
  const secrets = openSecretFile(options.file);
  const standIns = new Map(
    Object.entries(options.standIns ?? {}).map(([name, text]) => [
      name,
      createSecretVersion(name, { SecretString: text }),
    ]),
  );

  const stored = (id: string): StoredSecret | undefined => secrets.get(nameOf(id));
  const find = (id: string): StoredSecret => {
    const secret = stored(id) ?? standIns.get(nameOf(id));
    if (secret === undefined) throw new AwsError('ResourceNotFoundException', `${NOT_FOUND}.`);
    return secret;
  };
  const read = ({ SecretId, VersionId, VersionStage = CURRENT }: z.output<typeof getInput>) => {
    const secret = find(SecretId);
    if (VersionStage !== CURRENT || (VersionId !== undefined && VersionId !== secret.VersionId)) {
      const which = VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`;
      throw new AwsError('ResourceNotFoundException', `${NOT_FOUND} value for ${which}`);
    }
    return { ...secret, VersionStages: [CURRENT] };
  };
  const readOrExplain = (id: string) => {
    try {
      return { value: read({ SecretId: id }) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { error: { SecretId: id, ErrorCode: error.type, Message: error.message } };
    }
  };
  const put = (name: string, input: SecretInput) => {
    const secret = createSecretVersion(name, input, stored(name));
    secrets.set(secret);
    return { ARN: secret.ARN, Name: secret.Name, VersionId: secret.VersionId };
  };

  return startAwsJsonServer({
    ...options,
    target: 'secretsmanager',
    operations: {
      GetSecretValue: (input) => read(parseInput(getInput, input)),
      BatchGetSecretValue(input) {
        const found = parseInput(batchInput, input).SecretIdList.map(readOrExplain);
        return {
          SecretValues: found.flatMap((item) => (item.value === undefined ? [] : [item.value])),
          Errors: found.flatMap((item) => (item.error === undefined ? [] : [item.error])),
        };
      },
      CreateSecret(input) {
        const parsed = parseInput(createInput, input);
        const existing = stored(parsed.Name);
        if (existing === undefined) return put(parsed.Name, parsed);
        if (isRepeat(existing, parsed)) {
          return { ARN: existing.ARN, Name: existing.Name, VersionId: existing.VersionId };
        }
        const message = `The operation failed because the secret ${parsed.Name} already exists.`;
        throw new AwsError('ResourceExistsException', message);
      },
      PutSecretValue(input) {
        const parsed = parseInput(putInput, input);
        const existing = stored(parsed.SecretId);
        if (existing === undefined) throw new AwsError('ResourceNotFoundException', `${NOT_FOUND}.`);
        if (parsed.SecretString === undefined && parsed.SecretBinary === undefined) {
          throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
        }
        const answer = isRepeat(existing, parsed) ? existing : put(existing.Name, parsed);
        return { ARN: answer.ARN, Name: answer.Name, VersionId: answer.VersionId, VersionStages: [CURRENT] };
      },
      DescribeSecret(input) {
        const {
          SecretString: _text,
          SecretBinary: _bytes,
          VersionId,
          ...rest
        } = find(parseInput(describeInput, input).SecretId);
        return { ...rest, VersionIdsToStages: { [VersionId]: [CURRENT] } };
      },
      ListSecrets: () => ({
        SecretList: secrets.list().map(({ ARN, Name, CreatedDate }) => ({ ARN, Name, CreatedDate })),
      }),
    },
  });
}

/** A secret is called by its name or its ARN, which ends in the name and six characters. */
function nameOf(id: string): string {
  return /^arn:[^:]+:secretsmanager:[^:]*:\d+:secret:(.+)-.{6}$/.exec(id)?.[1] ?? id;
}
