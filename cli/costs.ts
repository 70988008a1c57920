import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { parseDate, parseGroups } from './cost-options.ts';
import { type CostGroup, type CostQuery, type Costs, GROUP_COLUMNS, queryCosts } from './cost-query.ts';
import { openLocalLake } from './open-local-lake.ts';
import { bar, formatCount, formatTable } from './table.ts';

interface CostOptions {
  readonly by: readonly string[];
  readonly since?: string;
  readonly until?: string;
}

export function registerCosts(program: Command, context: CliContext): void {
  program
    .command('costs')
    .description('where the money went')
    .option('--by <columns>', `group by: ${GROUP_COLUMNS.join(', ')}`, parseGroups, ['team', 'model'])
    .option('--since <date>', 'first day, UTC (default: the first of this month)', parseDate)
    .option('--until <date>', 'last day, UTC, itself included (default: today)', parseDate)
    .action(async ({ by, since, until }: CostOptions) => {
      const today = new Date(context.io.now()).toISOString().slice(0, 10);
      const query: CostQuery = { by, since: since ?? `${(until ?? today).slice(0, 7)}-01`, until: until ?? today };
      const lake = await openLocalLake(context);
      try {
        const costs = await queryCosts(lake, query);
        context.show(costs, () => formatCosts(costs, context.io.columns));
      } finally {
        lake.close();
      }
    });
}

const BAR_CELLS = 12;

function formatCosts(costs: Costs, width: number | undefined): string {
  const { by, since, until, groups, total } = costs;
  const period = `${since} to ${until}, UTC`;
  if (groups.length === 0) return `No requests from ${period}.`;
  const decimals = decimalsFor(total.cost_nano_usd);
  const numbers = (group: Omit<CostGroup, 'group'>) => [
    formatCount(group.requests),
    formatCount(group.input_tokens),
    formatCount(group.cache_read_tokens),
    formatCount(group.cache_write_tokens),
    formatCount(group.output_tokens),
    (group.cost_nano_usd / 1e9).toLocaleString('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }),
  ];
  const heads = ['requests', 'input', 'cache read', 'cache write', 'output', 'cost USD'];
  const table = formatTable(
    [
      ...by.map((title) => ({ title })),
      ...heads.map((title) => ({ title, align: 'right' as const })),
      { title: 'share' },
    ],
    groups.map((group) => {
      const share = total.cost_nano_usd === 0 ? 0 : group.cost_nano_usd / total.cost_nano_usd;
      const percent = `${(share * 100).toFixed(0)}%`.padStart(4);
      return [...group.group.map((name) => name ?? '–'), ...numbers(group), `${percent} ${bar(share, BAR_CELLS)}`];
    }),
    { total: [...by.map((_, index) => (index === 0 ? 'total' : '')), ...numbers(total), ''], width },
  );
  const notes = [
    [total.unpriced_requests, 'went to a model without a known price: what it cost is missing. Add it under "prices".'],
    [total.estimated_requests, 'counted by estimate: the provider reported no usage.'],
  ] as const;
  const lines = notes
    .filter(([requests]) => requests > 0)
    .map(([requests, what]) => `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'} ${what}`);
  return [`Costs from ${period}`, '', table, ...(lines.length > 0 ? ['', ...lines] : [])].join('\n');
}

/** Cents for a bill, more where there are only fractions of them. */
function decimalsFor(costNano: number): number {
  if (costNano >= 100e9) return 2;
  return costNano >= 1e9 ? 4 : 6;
}
