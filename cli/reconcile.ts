/** `tollgate quotas reconcile`: the meters against the request log. */
import type { Command } from 'commander';
import type { ScopeResult } from '../functions/upkeep/reconcile.ts';
import type { CliContext } from './context.ts';
import { openLocalLake } from './open-local-lake.ts';
import { formatTable } from './table.ts';
import { useTable } from './use-table.ts';

export function registerReconcile(quotas: Command, context: CliContext): void {
  quotas
    .command('reconcile')
    .description("compare what the meters count for this day and month with the request log's sums")
    .option('--apply', 'put the meters right')
    .action(async ({ apply = false }: { readonly apply?: boolean }) => {
      const { reconcile } = await import('../functions/upkeep/reconcile.ts');
      const { createReconcileStore } = await import('../functions/adapters/dynamo-reconcile.ts');
      const { createLakeSpendLog } = await import('../local/spend-log.ts');
      const lake = await openLocalLake(context.local(), context);
      try {
        const log = createLakeSpendLog(lake);
        const nowMs = context.io.now();
        const results = await useTable(context, (access) =>
          reconcile({ store: createReconcileStore(access), log, nowMs, apply }),
        );
        context.show(results, () => formatResults(results, apply));
      } finally {
        lake.close();
      }
    });
}

const usd = (nano: number): string => (nano / 1e9).toLocaleString('en-US', { maximumFractionDigits: 9 });

function formatResults(results: readonly ScopeResult[], apply: boolean): string {
  const rows = results.flatMap(({ scope, drifts, state, problem }) => {
    if (state === 'unreadable' || state === 'busy')
      return [[scope, '', '', '', '', '', problem ?? 'in use: try again']];
    return drifts
      .filter(({ driftNano }) => driftNano !== 0)
      .map((each) => [
        scope,
        each.id,
        usd(each.countedNano),
        usd(each.openNano),
        usd(each.loggedNano),
        usd(each.driftNano),
        state,
      ]);
  });
  if (rows.length === 0) return `All ${results.length} meters count what the request log says.`;
  const numbers = ['counted USD', 'in flight', 'in the log', 'too much'];
  const columns = [
    { title: 'scope' },
    { title: 'window' },
    ...numbers.map((title) => ({ title, align: 'right' as const })),
    { title: '' },
  ];
  const table = formatTable(columns, rows);
  return apply ? table : `${table}\n\nNothing was changed. To put the meters right: tollgate quotas reconcile --apply`;
}
