import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Command, InvalidArgumentError } from 'commander';
import { parseProviderKeys } from '../functions/adapters/parse-provider-keys.ts';
import type { CliContext, Stack } from './context.ts';
import { readEffectiveConfig } from './effective-config.ts';
import { CliError } from './errors.ts';

export function registerSecrets(program: Command, context: CliContext): void {
  const secrets = program.command('secrets').description("store the providers' keys");

  secrets
    .command('set')
    .argument('<name>', 'the name that the configuration gives as "secret"', parseName)
    .argument('<value>', 'the key, or {"keys": ["…", "…"]} for several, or - to read it from standard input')
    .description('store a provider key; nothing ever prints it')
    // Commander's own refusal would print the arguments, and with them the key.
    .allowExcessArguments()
    .action(async (name: string, value: string, _options: unknown, command: Command) => {
      if (command.args.length > 2) {
        throw new CliError('Too many arguments: a name and one value are wanted. Quote a value with spaces.', {
          exitCode: 2,
        });
      }
      const text = (value === '-' ? await context.io.readSecret() : value).trim();
      const parsed = parseProviderKeys(text);
      if (!parsed.ok) {
        throw new CliError(`The secret ${parsed.problem}. Give one key, or {"keys": ["…", "…"]} for several.`);
      }
      const stack = await context.stack();
      const id = `${stack.secretPrefix}/${name}`;
      const { secretsClient } = await import('./clients.ts');
      const client = secretsClient(stack);
      try {
        await putSecret(client, id, text, stack);
      } finally {
        client.destroy();
      }
      const count = parsed.keys.length;
      const stored = `Stored ${count === 1 ? 'a key' : `${count} keys`} as ${id}.`;
      context.show({ name, secret: id, keys: count }, () => `${stored} ${whatFollows(name, stack)}`);
    });
}

const IN_FORCE = 'It is in force within ten minutes, at once where the provider refuses the old one.';

/** A stored key that nothing uses looks like a broken provider: say what it takes. */
function whatFollows(name: string, local: Stack): string {
  if (local.kind === 'deployed') return IN_FORCE;
  const providers = Object.entries(readEffectiveConfig(local.config).providers);
  const users = providers.filter(([, provider]) => provider.secret === name);
  if (users.length === 0) {
    const known = [...new Set(providers.flatMap(([, provider]) => provider.secret ?? []))];
    return `No provider of the configuration in force uses it (they use: ${known.join(', ') || 'none'}).`;
  }
  const simulated = users.filter(([, provider]) => provider.baseUrl?.startsWith(local.endpoints.providers));
  return simulated.length > 0
    ? `Start the local stack again, to have ${simulated.map(([user]) => user).join(', ')} answer instead of a simulation.`
    : IN_FORCE;
}

async function putSecret(client: SecretsManagerClient, id: string, text: string, stack: Stack): Promise<void> {
  const { CreateSecretCommand, PutSecretValueCommand, ResourceNotFoundException } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  try {
    await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    // The deployment makes one for each name, and the gateway may read no others.
    if (stack.kind === 'deployed') {
      throw new CliError(
        `There is no secret ${id}: no provider of the deployed gateway.yaml names it. Deploy it first.`,
        {
          cause: error,
        },
      );
    }
    await client.send(new CreateSecretCommand({ Name: id, SecretString: text }));
  }
}

function parseName(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('Letters, digits, ".", "_" and "-" are allowed.');
}
