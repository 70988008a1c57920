import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Config } from '../functions/core/config.ts';
import { loadConfig } from '../lib/load-config.ts';
import type { CliContext } from './context.ts';
import { readEffectiveConfig } from './effective-config.ts';
import { CliError } from './errors.ts';

export function registerConfig(program: Command, context: CliContext): void {
  const config = program.command('config').description('check a configuration, or see the one in force');

  config
    .command('check')
    .argument('<file>', 'a gateway.yaml')
    .description('check a configuration file, without applying it')
    .action((file: string) => {
      const { providers, models, prices } = readConfig(file);
      const counts = {
        providers: Object.keys(providers).length,
        models: Object.keys(models).length,
        prices: prices.length,
      };
      context.show(
        { file, valid: true, ...counts },
        () =>
          `${file} is valid: ${plural(counts.providers, 'provider')}, ${plural(counts.models, 'model')}, ${plural(counts.prices, 'price')}.`,
      );
    });

  config
    .command('show')
    .description('print the configuration in force, with every default filled in')
    .action(() => {
      const shown = withoutCredentials(readEffectiveConfig(context.local().config));
      context.show(shown, () => stringify(shown).trimEnd());
    });
}

function readConfig(file: string): Config {
  try {
    return loadConfig(file);
  } catch (cause) {
    throw new CliError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Keys belong into secrets, but some land in headers or URLs all the same. */
function withoutCredentials(config: Config): Config {
  const providers = Object.fromEntries(
    Object.entries(config.providers).map(([name, provider]) => [
      name,
      {
        ...provider,
        ...(provider.baseUrl === undefined ? {} : { baseUrl: maskUrl(provider.baseUrl) }),
        ...(provider.baseUrls === undefined ? {} : { baseUrls: provider.baseUrls.map(maskUrl) }),
        ...(provider.headers === undefined ? {} : { headers: maskHeaders(provider.headers) }),
      },
    ]),
  );
  return { ...config, providers };
}

function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, /auth|key|token|secret|cookie/i.test(name) ? '***' : value]),
  );
}

function maskUrl(text: string): string {
  const url = new URL(text);
  if (url.password === '' && url.search === '') return text;
  if (url.password !== '') url.password = '***';
  for (const name of url.searchParams.keys()) url.searchParams.set(name, '***');
  return url.href;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
