/** Provider keys of the environment, kept in the secret store of the local stack. */
import { openSecretFile } from './secret-file.ts';
import { createSecretVersion } from './secret-version.ts';

/** The variables that the providers' own SDKs read, and the names that `gateway.yaml` gives their secrets. */
const VARIABLES = {
  OPENAI_API_KEY: 'openai',
  ANTHROPIC_API_KEY: 'anthropic',
  GEMINI_API_KEY: 'gemini',
} as const;

export type Environment = { readonly [name: string]: string | undefined };

/** Stores what the environment has, and tells which secrets there are then. */
export function storeProviderKeys(file: string, prefix: string, env: Environment): (name: string) => boolean {
  const secrets = openSecretFile(file);
  for (const [variable, name] of Object.entries(VARIABLES)) {
    const key = env[variable]?.trim();
    const before = secrets.get(`${prefix}/${name}`);
    if (key === undefined || key === '' || before?.SecretString === key) continue;
    secrets.set(createSecretVersion(`${prefix}/${name}`, { SecretString: key }, before));
  }
  return (name) => secrets.get(`${prefix}/${name}`) !== undefined;
}
