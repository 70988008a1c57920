import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { configVersion } from '../functions/adapters/config-file.ts';
import type { AppliedConfig } from '../functions/adapters/config-item.ts';
import type { Config } from '../functions/core/config.ts';
import { loadConfig } from '../lib/load-config.ts';
import { keepSimulated } from '../local/effective-config.ts';
import type { CliContext } from './context.ts';
import { readEffectiveConfig } from './effective-config.ts';
import { CliError, isConnectionRefused } from './errors.ts';
import { withoutCredentials } from './mask-config.ts';
import { formatTable } from './table.ts';
import { useTable } from './use-table.ts';

export function registerConfig(program: Command, context: CliContext): void {
  const config = program.command('config').description('check a configuration, see or change the one in force');

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
    .command('apply')
    .argument('<file>', 'a gateway.yaml')
    .description('put a configuration into force, without a deployment; the next deployment of another file ends it')
    .action(async (file: string) => {
      const written = readConfig(file);
      const { base, adapt, warningsOf } = await deployedOf(context);
      const { applyConfig } = await import('../functions/adapters/config-admin.ts');
      const options = { config: written, base, adapt, note: file, nowMs: context.io.now() };
      const applied = await useTable(context, (access) => applyConfig({ ...access, ...options }));
      for (const warning of warningsOf(written)) context.io.error(`${warning}\n`);
      showApplied(context, applied, `${file} is version ${applied.version}`);
    });

  config
    .command('rollback')
    .argument(
      '[version]',
      'a number of `config versions`; 0 is the deployed one (default: the one before)',
      parseVersion,
    )
    .description('put an older configuration into force again')
    .action(async (to: number | undefined) => {
      const { base, adapt } = await deployedOf(context);
      const { rollBackConfig } = await import('../functions/adapters/config-admin.ts');
      const options = { base, adapt, nowMs: context.io.now(), ...(to === undefined ? {} : { to }) };
      const applied = await useTable(context, (access) => rollBackConfig({ ...access, ...options }));
      const { copyOf } = applied;
      const what = copyOf === 0 ? 'The deployed configuration' : `Version ${copyOf}`;
      showApplied(context, applied, `${what} is version ${applied.version} now, and`);
    });

  config
    .command('versions')
    .description('list the configurations that were applied, the newest first')
    .action(async () => {
      const { base } = await deployedOf(context);
      const { listConfigs } = await import('../functions/adapters/config-admin.ts');
      const found = (await useTable(context, listConfigs)).map((applied, index) => ({
        ...summaryOf(applied),
        inForce: index === 0 && applied.base === base && applied.body !== undefined,
      }));
      const deployed = { deployed: base, inForce: !found.some(({ inForce }) => inForce) };
      context.show({ versions: found, deployed }, () => formatVersions(found, deployed));
    });

  config
    .command('show')
    .description('print the configuration in force, with every default filled in')
    .action(async () => {
      const { running, base } = await deployedOf(context);
      const applied = await inForce(context, base);
      const found = applied?.config ?? running;
      if (found === undefined) {
        throw new CliError(
          `Nothing was applied: version ${base}, which was deployed, is in force. It is the gateway.yaml of that deployment; a stack does not give it back.`,
        );
      }
      const shown = withoutCredentials(found);
      const head =
        applied === undefined ? '# as deployed' : `# version ${applied.version}, applied ${applied.appliedAt}`;
      context.show(shown, () => `${head}\n${stringify(shown).trimEnd()}`);
    });
}

interface DeployedConfig {
  /** Undefined where it cannot be read: it is part of a function's code. */
  readonly running: Config | undefined;
  /** Its version. */
  readonly base: string;
  readonly adapt: (config: Config) => Config;
  readonly warningsOf: (config: Config) => readonly string[];
}

/** What the stack was started with, and what follows from it for a configuration that is applied over it. */
async function deployedOf(context: CliContext): Promise<DeployedConfig> {
  const local = await context.stack();
  if (local.kind === 'deployed') {
    return { running: undefined, base: local.configVersion, adapt: (config) => config, warningsOf: () => [] };
  }
  const running = readEffectiveConfig(local.config);
  const over = (config: Config) => keepSimulated(config, running, local.endpoints.providers);
  return {
    running,
    base: configVersion(readFileSync(local.config, 'utf8')),
    adapt: (config: Config) => over(config).config,
    warningsOf: (config: Config) =>
      over(config).newcomers.map(
        (name) => `The provider ${name} is new: it is simulated, where its secret is missing, only after a new start.`,
      ),
  };
}

/** What was applied, where it is in force; undefined where the deployed one is, or where the stack is not running. */
async function inForce(context: CliContext, base: string) {
  const { createConfigStore } = await import('../functions/adapters/dynamo-config.ts');
  const { unpackConfig } = await import('../functions/adapters/config-item.ts');
  try {
    const applied = await useTable(context, (access) => createConfigStore(access).read());
    if (applied?.body === undefined || applied.base !== base) return undefined;
    return { ...applied, config: unpackConfig(applied.body) };
  } catch (error) {
    if (!isConnectionRefused(error)) throw error;
    context.io.error('The local stack is not running: this is the configuration that it was started with last.\n');
    return undefined;
  }
}

function showApplied(context: CliContext, applied: AppliedConfig, what: string): void {
  context.show(summaryOf(applied), () => `${what} in force on every gateway within 15 seconds.`);
}

function summaryOf({ version, appliedAt, base, copyOf, note }: AppliedConfig) {
  return { version, appliedAt, base, copyOf: copyOf ?? null, note: note ?? null };
}

type Listed = ReturnType<typeof summaryOf> & { readonly inForce: boolean };

function formatVersions(found: readonly Listed[], deployed: { readonly deployed: string; readonly inForce: boolean }) {
  const mark = (is: boolean) => (is ? 'in force' : '');
  const titles = ['version', 'applied', 'what', ''].map((title) => ({ title }));
  const rows = found.map(({ version, appliedAt, base, copyOf, note, inForce }) => {
    const what = copyOf === null ? (note ?? '') : copyOf === 0 ? 'the deployed one again' : `version ${copyOf} again`;
    const other = base === deployed.deployed ? mark(inForce) : 'made over another deployment';
    return [String(version), appliedAt, what, other];
  });
  return formatTable(titles, [...rows, ['0', '', `deployed: ${deployed.deployed}`, mark(deployed.inForce)]]);
}

function readConfig(file: string): Config {
  try {
    return loadConfig(file);
  } catch (cause) {
    throw new CliError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseVersion(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('The number of a version is wanted, e.g. 3.');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
