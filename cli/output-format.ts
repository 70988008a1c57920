import { type Command, Option } from 'commander';
import type { LakeResult } from '../local/lake.ts';
import type { CliContext } from './context.ts';
import { formatCsv } from './format-csv.ts';
import { formatTable } from './table.ts';

const FORMATS = ['table', 'csv', 'json'] as const;
export type OutputFormat = (typeof FORMATS)[number];

export function addFormatOption(command: Command): Command {
  return command.addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('table'));
}

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;

/** `--json` goes before `--format`: scripts say it once for every command. */
export function showResult(context: CliContext, result: LakeResult, format: OutputFormat): void {
  const { columns, rows } = result;
  if (context.json() || format === 'json') {
    context.print(
      JSON.stringify(rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])))),
    );
  } else if (format === 'csv') {
    const names = columns.map(({ name }) => name);
    context.print(formatCsv(names, rows));
  } else {
    context.print(formatResult(result, context.io.columns));
  }
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
