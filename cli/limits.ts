/** The limit options, which `keys create` and `quotas set` share. */
import { type Command, Option } from 'commander';
import type { LimitChanges } from '../functions/ledger/limits.ts';
import { orNone, parseCount, parseUsd } from './parse.ts';

export interface LimitOptions {
  readonly rpm?: number | 'none';
  readonly tpm?: number | 'none';
  readonly parallel?: number | 'none';
  readonly budgetDay?: number | 'none';
  readonly budgetMonth?: number | 'none';
}

const OPTIONS = [
  ['--rpm <n>', 'requests a minute', parseCount],
  ['--tpm <n>', 'tokens a minute', parseCount],
  ['--parallel <n>', 'requests at once', parseCount],
  ['--budget-day <usd>', 'US dollars a day', parseUsd],
  ['--budget-month <usd>', 'US dollars a month', parseUsd],
] as const;

export function addLimitOptions(command: Command): Command {
  for (const [flags, description, parse] of OPTIONS) {
    command.addOption(new Option(flags, description).argParser(orNone(parse)));
  }
  return command;
}

/** Only what was given: a limit that is not named stays as it is. */
export function toLimitChanges(options: LimitOptions): LimitChanges {
  const changes = {
    limit_rpm: options.rpm,
    limit_tpm: options.tpm,
    limit_parallel: options.parallel,
    budget_day_usd: options.budgetDay,
    budget_month_usd: options.budgetMonth,
  };
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value === 'none' ? null : value]],
    ),
  );
}
