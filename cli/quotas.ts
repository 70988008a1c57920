import { Argument, type Command } from 'commander';
import type { MeterReport } from '../functions/adapters/meter-admin.ts';
import { dayAt, monthAt, UTC } from '../functions/ledger/calendar.ts';
import type { CliContext } from './context.ts';
import { CliError } from './errors.ts';
import { formatMeter, formatMeters } from './format-meters.ts';
import { addLimitOptions, type LimitOptions, toLimitChanges } from './limits.ts';
import { parseCount } from './parse.ts';
import { registerReconcile } from './reconcile.ts';
import { useTable } from './use-table.ts';

const loadAdmin = () => import('../functions/adapters/meter-admin.ts');
const scopeArgument = () =>
  new Argument(
    '<scope>',
    'key:ID, team:T, user:U, app:A, env:E, provider:P, provider:P/MODEL, shadow:MODEL, org; or team:* and the like for all others',
  );

export function registerQuotas(program: Command, context: CliContext): void {
  const quotas = program.command('quotas').description('limits, and how much of them is used');

  const set = quotas
    .command('set')
    .addArgument(scopeArgument())
    .description('set limits for the next request on; those that are not named stay, "none" takes one away');
  addLimitOptions(set)
    .option('--time-zone <name>', 'whose days and months the budgets are for, e.g. Europe/Berlin; "none" is UTC')
    .option('--shards <n>', 'items that the meter is spread over, for more than some 50 requests a second', parseCount)
    .action(async (scope: string, options: SetOptions) => {
      const limits = toLimitChanges(options);
      const { shards } = options;
      const timeZone = options.timeZone === 'none' ? null : options.timeZone;
      if (Object.keys(limits).length === 0 && shards === undefined && timeZone === undefined) {
        throw new CliError('Nothing to set: name a limit, e.g. --rpm 600 or --budget-month none.', { exitCode: 2 });
      }
      const { setLimits, showMeter } = await loadAdmin();
      const nowMs = context.io.now();
      const report = await useTable(context, async (access) => {
        await setLimits({ ...access, scope, limits, timeZone, shards, nowMs });
        return showMeter({ ...access, scope, nowMs });
      });
      showReport(context, report ?? unused(scope, nowMs));
    });

  quotas
    .command('show')
    .addArgument(scopeArgument())
    .description('limits beside what is used of them, and what is in flight')
    .action(async (scope: string) => {
      const { showMeter } = await loadAdmin();
      const nowMs = context.io.now();
      const report = await useTable(context, (access) => showMeter({ ...access, scope, nowMs }));
      showReport(context, report ?? unused(scope, nowMs));
    });

  registerReconcile(quotas, context);

  quotas
    .command('list')
    .description('every scope that has limits or was used')
    .action(async () => {
      const { listMeters } = await loadAdmin();
      const nowMs = context.io.now();
      const found = await useTable(context, (access) => listMeters({ ...access, nowMs }));
      const reports = [...found].sort((left, right) => left.scope.localeCompare(right.scope));
      context.show(reports, () =>
        reports.length === 0
          ? 'No limit was set and no request was counted yet. Set one with: tollgate quotas set team:NAME --rpm 600'
          : formatMeters(reports, context.io.columns),
      );
    });
}

interface SetOptions extends LimitOptions {
  readonly timeZone?: string;
  readonly shards?: number;
}

function showReport(context: CliContext, report: MeterReport): void {
  context.show(report, () => formatMeter(report));
}

/** A scope that has no item yet is one without limits, on which nothing was counted. */
function unused(scope: string, nowMs: number): MeterReport {
  return {
    scope,
    limits: {},
    inherited: {},
    timeZone: UTC,
    shards: 1,
    minute: { requests: 0, tokens: 0 },
    day: { id: dayAt(nowMs), usd: 0 },
    month: { id: monthAt(nowMs), usd: 0 },
    reservedUsd: 0,
    inFlight: [],
  };
}
