/**
 * The configuration as the local stack runs it: a provider whose secret is missing is answered by the simulated
 * provider of its dialect. So is Bedrock without a key of its own: the AWS credentials of the local stack are made up,
 * and those of the shell are not for it. Everything else stays as `gateway.yaml` has it.
 */
import type { Dialect } from '../functions/core/chat.ts';
import type { Config, ProviderConfig } from '../functions/core/config.ts';

export interface EffectiveConfig {
  readonly config: Config;
  /** Names of the providers that are simulated now. */
  readonly simulated: readonly string[];
  /** Names of secrets that simulated providers ask for. */
  readonly standInSecrets: readonly string[];
  readonly warnings: readonly string[];
}

export function simulateMissing(
  config: Config,
  hasSecret: (name: string) => boolean,
  baseUrls: { readonly [D in Dialect]?: string },
  hasBedrockKey = false,
): EffectiveConfig {
  const simulated: string[] = [];
  const standInSecrets = new Set<string>();
  const warnings: string[] = [];
  const providers: { [name: string]: ProviderConfig } = {};
  for (const [name, provider] of Object.entries(config.providers)) {
    providers[name] = provider;
    const { secret, dialect } = provider;
    const needsKey = secret === undefined ? needsAws(provider) && !hasBedrockKey : !hasSecret(secret);
    if (!needsKey) continue;
    const baseUrl = baseUrls[dialect];
    if (baseUrl === undefined) {
      warnings.push(
        `The provider ${name} has no ${secret === undefined ? 'AWS credentials' : `secret "${secret}"`}, and ${dialect} cannot be simulated: its requests will fail.`,
      );
      continue;
    }
    const { baseUrls: _several, ...rest } = provider;
    providers[name] = { ...rest, baseUrl };
    simulated.push(name);
    if (secret !== undefined) standInSecrets.add(secret);
  }
  return { config: { ...config, providers }, simulated, standInSecrets: [...standInSecrets], warnings };
}

/**
 * Another configuration over the one that runs: a provider that is simulated now stays so. The addresses of the simulated
 * ones change with every start. `newcomers` have no simulation until the next one.
 */
export function keepSimulated(
  config: Config,
  running: Config,
  simulatedBelow: string,
): { readonly config: Config; readonly newcomers: readonly string[] } {
  const newcomers: string[] = [];
  let changed = false;
  const providers = Object.entries(config.providers).map(([name, provider]): [string, ProviderConfig] => {
    const now = running.providers[name];
    if (now === undefined) newcomers.push(name);
    const baseUrl = now?.baseUrl;
    if (now?.dialect !== provider.dialect || baseUrl?.startsWith(simulatedBelow) !== true) return [name, provider];
    changed = true;
    const { baseUrls: _several, ...rest } = provider;
    return [name, { ...rest, baseUrl }];
  });
  return { config: changed ? { ...config, providers: Object.fromEntries(providers) } : config, newcomers };
}

/** Signs with the credentials of its environment, and goes to AWS itself. */
function needsAws({ dialect, baseUrl, baseUrls }: ProviderConfig): boolean {
  return dialect === 'bedrock-converse' && baseUrl === undefined && baseUrls === undefined;
}
