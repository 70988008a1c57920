import type { Command } from 'commander';
import type { Lake, LakeResult } from '../local/lake.ts';
import type { CliContext } from './context.ts';
import { CliError } from './errors.ts';
import { openLocalLake } from './open-local-lake.ts';
import { formatTable } from './table.ts';

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

export function registerQuery(program: Command, context: CliContext): void {
  program
    .command('query')
    .argument('<sql>', 'one statement that reads, in the SQL that DuckDB and Athena share; the table is "requests"')
    .description('ask the request log anything: one row a request, partitioned by "dt"')
    .addHelpText('after', '\nColumns: tollgate query "describe requests"')
    .action(async (sql: string) => {
      const lake = await openLocalLake(context);
      try {
        const result = await run(lake, sql);
        context.show(toObjects(result), () => formatResult(result, context.io.columns));
      } finally {
        lake.close();
      }
    });
}

async function run(lake: Lake, sql: string): Promise<LakeResult> {
  try {
    return await lake.query(sql);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(message.replace('Failed to extract statements: ', ''), { cause });
  }
}

function toObjects({ columns, rows }: LakeResult): readonly { readonly [name: string]: unknown }[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

function formatResult({ columns, rows }: LakeResult, width: number | undefined): string {
  const heads = columns.map(({ name, type }) => ({
    title: name,
    align: NUMERIC.test(type) ? ('right' as const) : ('left' as const),
  }));
  const cells = rows.map((row) => row.map(formatValue));
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
  return `${formatTable(heads, cells, { width })}\n${count}`;
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
