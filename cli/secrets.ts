import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { CliError } from './errors.ts';

export function registerSecrets(program: Command, context: CliContext): void {
  const secrets = program.command('secrets').description("the providers' keys");

  secrets
    .command('set')
    .argument('<name>', 'the name that the configuration gives as "secret"')
    .argument('<value>', 'the key, or {"keys": ["…", "…"]} for several, or - to read it from standard input')
    .description('store a provider key; it is never printed')
    .action(async (name: string, value: string) => {
      checkName(name);
      const secret = checkValue(value === '-' ? await context.io.readSecret() : value);
      const local = context.local();
      const { secretsClient } = await import('./clients.ts');
      const id = `${local.secretPrefix}/${name}`;
      const client = secretsClient(local);
      try {
        await putSecret(client, id, secret.text);
      } finally {
        client.destroy();
      }
      context.show(
        { name, secret: id, keys: secret.keys },
        () => `Stored ${secret.keys === 1 ? 'a key' : `${secret.keys} keys`} as ${id}.`,
      );
    });
}

async function putSecret(client: SecretsManagerClient, id: string, text: string): Promise<void> {
  const { CreateSecretCommand, PutSecretValueCommand, ResourceNotFoundException } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  try {
    await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await client.send(new CreateSecretCommand({ Name: id, SecretString: text }));
  }
}

function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name)) return;
  throw new CliError(`"${name}" cannot be the name of a secret: letters, digits, ".", "_" and "-" only.`, {
    exitCode: 2,
  });
}

/** The messages never quote the value: it is a key, even where it is a mistyped one. */
function checkValue(raw: string): { readonly text: string; readonly keys: number } {
  const text = raw.trim();
  if (text === '') throw new CliError('The secret is empty: give the key, or - and the key on standard input.');
  if (text.startsWith('{')) return { text, keys: countKeys(text) };
  if (/\s/.test(text)) {
    throw new CliError('A key has no spaces or line breaks in it. Several keys are given as {"keys": ["…", "…"]}.');
  }
  return { text, keys: 1 };
}

function countKeys(text: string): number {
  const wanted = 'A secret in JSON has the form {"keys": ["…", "…"]}.';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the key, so it is not kept as the cause either: --debug prints causes.
    throw new CliError(wanted);
  }
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  const usable = Array.isArray(keys) && keys.every((key) => typeof key === 'string' && key.trim() !== '');
  if (!usable || keys.length === 0) throw new CliError(wanted);
  return keys.length;
}
