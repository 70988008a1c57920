import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { parseDate, parseGroups } from './cost-options.ts';
import { type CostGroup, type CostQuery, type Costs, GROUP_COLUMNS, queryCosts } from './cost-query.ts';
import { CliError } from './errors.ts';
import { formatCsv } from './format-csv.ts';
import { openLake } from './open-lake.ts';
import { addFormatOption, type OutputFormat } from './output-format.ts';
import { bar, formatCount, formatTable } from './table.ts';

interface CostOptions {
  readonly by: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly format: OutputFormat;
}

export function registerCosts(program: Command, context: CliContext): void {
  const costs = program
    .command('costs')
    .description('where the money went')
    .option('--by <columns>', `group by: ${GROUP_COLUMNS.join(', ')}`, parseGroups, ['team', 'model'])
    .option('--since <date>', 'first day, UTC (default: the first of this month)', parseDate)
    .option('--until <date>', 'last day, UTC, itself included (default: today)', parseDate);
  addFormatOption(costs).action(async ({ by, since, until, format }: CostOptions) => {
    const today = new Date(context.io.now()).toISOString().slice(0, 10);
    const query: CostQuery = { by, since: since ?? `${(until ?? today).slice(0, 7)}-01`, until: until ?? today };
    if (query.since > query.until) {
      throw new CliError(`--since ${query.since} is after --until ${query.until}: no day lies between them.`, {
        exitCode: 2,
      });
    }
    const lake = await openLake(context);
    try {
      const found = await queryCosts(lake, query);
      if (context.json() || format === 'json') context.print(JSON.stringify(found));
      else if (format === 'csv') context.print(costsAsCsv(found));
      else context.print(formatCosts(found, context.io.columns));
    } finally {
      lake.close();
    }
  });
}

function costsAsCsv({ by, groups, total }: Costs): string {
  const sums = [
    'requests',
    'input_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'output_tokens',
    'cost_usd',
  ] as const;
  const notes = ['unpriced_requests', 'estimated_requests'] as const;
  const names = [...sums, ...notes];
  const share = (nano: number) => (total.cost_nano_usd === 0 ? 0 : nano / total.cost_nano_usd);
  return formatCsv(
    [...by, ...names, 'share'],
    groups.map((group) => [...group.group, ...names.map((name) => group[name]), share(group.cost_nano_usd)]),
  );
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
