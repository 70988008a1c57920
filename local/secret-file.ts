/** The secrets of the local stack as one JSON file, mode 0600, replaced whole by each change. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod/mini';

const storedSecret = z.strictObject({
  ARN: z.string(),
  Name: z.string(),
  VersionId: z.string(),
  /** Epoch seconds, as the protocol has it. */
  CreatedDate: z.number(),
  SecretString: z.exactOptional(z.string()),
  SecretBinary: z.exactOptional(z.string()),
});
const secretFile = z.strictObject({ secrets: z.array(storedSecret) });

export type StoredSecret = Readonly<z.output<typeof storedSecret>>;

export interface SecretFile {
  get(name: string): StoredSecret | undefined;
  list(): readonly StoredSecret[];
  set(secret: StoredSecret): void;
}

export function openSecretFile(file: string): SecretFile {
  const secrets = new Map(read(file).map((secret) => [secret.Name, secret]));
  return {
    get: (name) => secrets.get(name),
    list: () => [...secrets.values()],
    set(secret) {
      const next = new Map(secrets).set(secret.Name, secret);
      write(file, [...next.values()]);
      secrets.set(secret.Name, secret); // Only once it is on disk: an acknowledged secret survives a crash.
    },
  };
}

function read(file: string): readonly StoredSecret[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    return z.parse(secretFile, JSON.parse(text)).secrets;
  } catch (cause) {
    // Without the cause's text: it may quote the secrets.
    throw new Error(
      `The secrets in ${file} cannot be read: the file is damaged. Delete it and set the secrets again.`,
      { cause: cause instanceof SyntaxError ? 'not JSON' : 'not in the expected form' },
    );
  }
}

function write(file: string, secrets: readonly StoredSecret[]): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.unfinished`;
  writeFileSync(unfinished, `${JSON.stringify({ secrets }, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}
