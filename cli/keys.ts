import { type Command, Option } from 'commander';
import type { KeySummary } from '../functions/adapters/key-admin.ts';
import { LOG_LEVELS, type LogLevel } from '../functions/core/log-level.ts';
import type { CliContext } from './context.ts';
import { readEffectiveConfig } from './effective-config.ts';
import { addLimitOptions, type LimitOptions, toLimitChanges } from './limits.ts';
import { parseCount, parseExpiry, parseList } from './parse.ts';
import { formatTable } from './table.ts';
import { useTable } from './use-table.ts';

interface CreateOptions extends LimitOptions {
  readonly team?: string;
  readonly user?: string;
  readonly app?: string;
  readonly env?: string;
  readonly models?: readonly string[];
  readonly expires?: number;
  readonly allowUserHeader?: boolean;
  readonly maxPriority?: number;
  readonly log?: LogLevel;
}

const loadAdmin = () => import('../functions/adapters/key-admin.ts');

export function registerKeys(program: Command, context: CliContext): void {
  const keys = program.command('keys').description('make, list and disable keys');

  const create = keys
    .command('create')
    .description('make a key and print it, this once')
    .option('--team <name>', 'whose requests these are')
    .option('--user <name>')
    .option('--app <name>')
    .option('--env <name>')
    .option('--models <names>', 'what it may ask for: aliases and provider/model (default: everything)', parseList)
    .option('--expires <date>', 'last day, UTC, or an exact time (default: never)', parseExpiry)
    .option('--allow-user-header', 'let requests name their user: x-tollgate-user, or the field of their dialect')
    .option(
      '--max-priority <n>',
      'the highest x-tollgate-priority that it may ask for, 0 to 9 (default: 0)',
      parseCount,
    )
    .addOption(
      new Option(
        '--log <level>',
        'what is kept: none (no metadata), metadata, or full (contents too, redacted); the model may say less',
      ).choices(LOG_LEVELS),
    );
  addLimitOptions(create).action(async (options: CreateOptions) => {
    const { team, user, app, env, models, expires, allowUserHeader, maxPriority, log } = options;
    noteUnknownModels(context, models ?? []);
    const limits = toLimitChanges(options);
    const { createKey } = await loadAdmin();
    const created = await useTable(context, (access) =>
      createKey({
        ...access,
        ...{ team, user, app, env, models, allowUserHeader, maxPriority, log, limits },
        expiresAtMs: expires,
        nowMs: context.io.now(),
      }),
    );
    context.show(
      { id: created.id, key: created.key },
      () =>
        `${created.key}\n\nIts id is ${created.id}. The key is shown only now: the table keeps nothing but its hash.`,
    );
  });

  keys
    .command('list')
    .description('list all keys, the newest first')
    .action(async () => {
      const { listKeys } = await loadAdmin();
      const now = context.io.now();
      const found = await useTable(context, (access) => listKeys({ ...access, nowMs: now }));
      context.show(found.map(toJson), () =>
        found.length === 0 ? 'There are no keys. Make one with: tollgate keys create' : formatKeys(found, context),
      );
    });

  keys
    .command('disable')
    .argument('<id>')
    .description('refuse a key, everywhere within 30 seconds')
    .action(async (id: string) => {
      const { disableKey } = await loadAdmin();
      await useTable(context, (access) => disableKey({ ...access, id }));
      context.show({ id, disabled: true }, () => `${id} is disabled, everywhere within 30 seconds.`);
    });

  keys
    .command('enable')
    .argument('<id>')
    .description('accept a disabled key again')
    .action(async (id: string) => {
      const { enableKey } = await loadAdmin();
      await useTable(context, (access) => enableKey({ ...access, id }));
      context.show({ id, disabled: false }, () => `${id} is enabled again.`);
    });
}

/** Not an error: the configuration may come after the key. */
function noteUnknownModels(context: CliContext, models: readonly string[]): void {
  const aliases = models.filter((model) => !model.includes('/'));
  // What a deployment knows travelled with its code.
  if (aliases.length === 0 || context.isDeployed()) return;
  const known = readEffectiveConfig(context.local().config).models;
  for (const alias of aliases) {
    if (!(alias in known)) context.io.error(`Note: the configuration in force has no model "${alias}".\n`);
  }
}

type Status = 'active' | 'disabled' | 'expired';

const statusOf = ({ disabled, usable }: KeySummary): Status => (disabled ? 'disabled' : usable ? 'active' : 'expired');

function toJson(key: KeySummary) {
  return {
    id: key.id,
    status: statusOf(key),
    ...key.owner,
    models: key.models ?? null,
    namesUsers: key.allowUserHeader,
    maxPriority: key.maxPriority ?? 0,
    log: key.log ?? null,
    expires: key.expiresAtMs === undefined ? null : new Date(key.expiresAtMs).toISOString(),
    created: key.createdAt ?? null,
    hint: key.hint ?? null,
  };
}

function formatKeys(keys: readonly KeySummary[], context: CliContext): string {
  const titles = ['id', 'ends in', 'status', 'team', 'user', 'app', 'env', 'models', 'expires (UTC)', 'created (UTC)'];
  const rows = keys.map((key) => [
    key.id,
    key.hint ?? '',
    statusOf(key),
    key.owner.team ?? '',
    key.owner.user ?? '',
    key.owner.app ?? '',
    key.owner.env ?? '',
    key.models?.join(', ') ?? 'all',
    key.expiresAtMs === undefined ? 'never' : minute(new Date(key.expiresAtMs).toISOString()),
    minute(key.createdAt ?? ''),
  ]);
  return formatTable(
    titles.map((title) => ({ title })),
    rows,
    { width: context.io.columns },
  );
}

/** `2026-11-23 12:00` */
const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
