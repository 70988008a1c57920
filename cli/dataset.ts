import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { chatExample, type Unfit } from './chat-example.ts';
import type { CliContext } from './context.ts';
import { parseDate } from './cost-options.ts';
import { type DatasetQuery, readContents } from './dataset-query.ts';
import { CliError, errorCode } from './errors.ts';
import { openLake } from './open-lake.ts';
import { formatCount } from './table.ts';

interface ExportOptions extends DatasetQuery {
  readonly out: string;
  readonly force?: boolean;
}

interface ExportResult {
  readonly file: string;
  readonly examples: number;
  readonly leftOut: Readonly<Partial<Record<Unfit, number>>>;
}

export function registerDataset(program: Command, context: CliContext): void {
  const dataset = program
    .command('dataset')
    .description('examples for evaluation and fine-tuning, from the content log');
  dataset
    .command('export')
    .description('one JSON line a request, {"messages": […], "tools": […]}, redacted as it lies in the log')
    .requiredOption('--out <file>', 'where to write')
    .option(
      '--where <sql>',
      'which requests: a condition over the columns of the log, and "score" from feedback',
      "outcome = 'ok'",
    )
    .option('--since <date>', 'first day, UTC (default: all there are)', parseDate)
    .option('--until <date>', 'last day, UTC, itself included', parseDate)
    .option('--force', 'write over a file that is there')
    .addHelpText('after', `\ne.g. tollgate dataset export --where "app = 'web' AND score >= 0.8" --out web.jsonl`)
    .action(async (options: ExportOptions) => {
      const result = await exportDataset(context, options);
      context.show(result, () => describe(result));
    });
}

const REPORT_EVERY = 1_000;

/** The file appears whole or not at all, and for its owner alone: it holds what people wrote. */
async function exportDataset(context: CliContext, options: ExportOptions): Promise<ExportResult> {
  const file = resolve(context.io.cwd, options.out);
  const unfinished = `${file}.unfinished`;
  if (options.force !== true) await requireFree(file);
  const lake = await openLake(context);
  const leftOut = new Map<Unfit, number>();
  let examples = 0;
  let seen = 0;
  try {
    const handle = await open(unfinished, 'w', 0o600);
    try {
      for await (const { request, answer, isWhole } of contents()) {
        const example = isWhole ? chatExample(request, answer) : { unfit: 'not whole' as const };
        if ('unfit' in example) leftOut.set(example.unfit, (leftOut.get(example.unfit) ?? 0) + 1);
        else {
          await handle.write(`${JSON.stringify(example.line)}\n`);
          examples += 1;
        }
        seen += 1;
        if (seen % REPORT_EVERY === 0)
          context.io.error(`${formatCount(seen)} contents read, ${formatCount(examples)} written\n`);
      }
    } finally {
      await handle.close();
    }
    if (seen === 0) {
      throw new CliError(
        'No content is kept of any such request. Contents are kept from when a model or a key says "log: full"; see which requests there are with: tollgate query "SELECT * FROM requests LIMIT 5"',
      );
    }
    await rename(unfinished, file);
    return { file, examples, leftOut: Object.fromEntries(leftOut) };
  } finally {
    lake.close();
    await rm(unfinished, { force: true });
  }

  async function* contents(): ReturnType<typeof readContents> {
    try {
      yield* readContents(lake, options);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new CliError(`--where: ${message}\nThe columns: tollgate query "describe requests"`, {
        cause,
        exitCode: 2,
      });
    }
  }
}

async function requireFree(file: string): Promise<void> {
  try {
    await (await open(file)).close();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw new CliError(`Cannot write ${file}: ${String(error)}`, { cause: error });
  }
  throw new CliError(`${file} is there already: choose another name, or write over it with --force.`);
}

function describe({ file, examples, leftOut }: ExportResult): string {
  const others = Object.entries(leftOut).map(([why, count]) => `${formatCount(count)} left out: ${why}`);
  return [`${formatCount(examples)} ${examples === 1 ? 'example' : 'examples'} in ${file}`, ...others].join('\n');
}
