import { type Command, InvalidArgumentError } from 'commander';
import type { LakeResult } from '../local/lake.ts';
import type { CliContext } from './context.ts';
import { CliError } from './errors.ts';
import { fillQuery, queryNames, readQuery } from './named-query.ts';
import { openLake } from './open-lake.ts';
import { addFormatOption, type OutputFormat, showResult } from './output-format.ts';
import { defaultBudgets, likePrices } from './query-values.ts';
import { formatTable } from './table.ts';

interface QueryOptions {
  readonly name?: string;
  readonly set: ReadonlyMap<string, string>;
  readonly like?: string;
  readonly config?: string;
  readonly format: OutputFormat;
}

export function registerQuery(program: Command, context: CliContext): void {
  const query = program
    .command('query')
    .argument('[sql]', 'one statement that reads, in the SQL that DuckDB and Athena share; the table is "requests"')
    .description('ask the request log anything: one row a request, partitioned by "dt"')
    .option('--name <query>', 'one that comes with Tollgate: see "tollgate queries list"')
    .option('--set <parameter=value>', 'a parameter of it; can be repeated', addValue, new Map<string, string>())
    .option('--like <provider/model>', 'for what-if: the prices of this model')
    .option('--config <file>', 'for --like: your own prices (default: what the local stack uses)')
    .addHelpText('after', '\nColumns: tollgate query "describe requests"');
  addFormatOption(query).action(async (sql: string | undefined, options: QueryOptions) => {
    const text =
      options.name === undefined ? ownSql(sql, options) : await namedSql(context, options.name, sql, options);
    const lake = await openLake(context);
    try {
      showResult(context, await run(() => lake.query(text)), options.format);
    } finally {
      lake.close();
    }
  });

  const queries = program.command('queries').description('the queries that come with Tollgate, here and in Athena');
  queries
    .command('list')
    .description('what there is')
    .action(() => {
      const all = queryNames().map(readQuery);
      context.show(
        all.map(({ name, about, parameters }) => ({ name, about, parameters })),
        () => {
          const rows = all.map(({ name, about, parameters }) => [
            name,
            about,
            parameters.map((each) => each.name).join(', '),
          ]);
          return formatTable([{ title: 'name' }, { title: 'about' }, { title: 'parameters' }], rows, {
            width: context.io.columns,
          });
        },
      );
    });
  queries
    .command('show')
    .argument('<name>')
    .option('--set <parameter=value>', 'fill in a parameter; can be repeated', addValue, new Map<string, string>())
    .description('its text, to be pasted into Athena: what it answers, its parameters and its columns are at the top')
    .action((name: string, { set }: Pick<QueryOptions, 'set'>) => {
      const found = readQuery(name);
      const sql = fillQuery(found, set);
      const { about, parameters } = found;
      context.show({ name, about, parameters, sql }, () => sql);
    });
}

function addValue(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('A parameter and its value are wanted, e.g. since=2026-11-01.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

function ownSql(sql: string | undefined, { set, like, config }: QueryOptions): string {
  if (sql === undefined) {
    throw new CliError('Ask something: tollgate query "SELECT …", or --name and one of: tollgate queries list', {
      exitCode: 2,
    });
  }
  if (set.size > 0 || like !== undefined || config !== undefined) {
    throw new CliError('--set, --like and --config are for queries that come with Tollgate: name one with --name.', {
      exitCode: 2,
    });
  }
  return sql;
}

async function namedSql(
  context: CliContext,
  name: string,
  sql: string | undefined,
  { set, like, config }: QueryOptions,
): Promise<string> {
  if (sql !== undefined) throw new CliError('Either SQL or --name: there are both.', { exitCode: 2 });
  const query = readQuery(name);
  const takes = (parameter: string): boolean => query.parameters.some((each) => each.name === parameter);
  if (like !== undefined && !takes('cache_write_5m')) {
    throw new CliError(`The query "${name}" has no prices: --like is for what-if.`, { exitCode: 2 });
  }
  if (config !== undefined && like === undefined) {
    throw new CliError('--config is for --like: without it no price is looked up.', { exitCode: 2 });
  }
  const prices = like === undefined ? [] : await likePrices(context, like, config);
  const budgets = takes('budgets') && !set.has('budgets') ? await defaultBudgets(context, set.get('by') ?? 'team') : [];
  return fillQuery(query, new Map([...prices, ...budgets, ...set]));
}

async function run(ask: () => Promise<LakeResult>): Promise<LakeResult> {
  try {
    return await ask();
  } catch (cause) {
    throw new CliError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
