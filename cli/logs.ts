/** `tollgate logs recover`: the rows that Firehose did not take, from the functions' own log back into the request log. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ReplayLine } from '../functions/adapters/firehose-log.ts';
import type { CliContext } from './context.ts';
import { CliError } from './errors.ts';
import { openLake } from './open-lake.ts';
import { readLostLines } from './read-lost-lines.ts';

export function registerLogs(program: Command, context: CliContext): void {
  const logs = program.command('logs').description('rows that did not reach the request log');
  logs
    .command('recover')
    .argument('<file>', 'lines of the functions\' log, or what "aws logs tail" or "filter-log-events" made of them')
    .description('send the rows in it that the request log does not have; may be repeated')
    .action(async (file: string) => {
      const { rows, broken } = readLostLines(readText(resolve(context.io.cwd, file)));
      const known = await findKnown(context, rows);
      const missing = rows.filter((row) => !known.has(keyOf(row)));
      const failed = await send(context, missing);
      const result = {
        found: rows.length,
        present: rows.length - missing.length,
        sent: missing.length - failed.length,
      };
      context.show({ ...result, failed: failed.length, broken }, () =>
        [
          `${result.found} rows found: ${result.present} are in the log, ${result.sent} were sent.`,
          ...(broken.length === 0 ? [] : [`Cut or damaged, in lines ${broken.join(', ')}.`]),
        ].join('\n'),
      );
      if (failed.length > 0)
        throw new CliError(`${failed.length} rows were not taken: ${failed[0]} Run it again later.`);
    });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(`Cannot read ${file}: ${String(cause)}`, { cause });
  }
}

const keyOf = ({ kind, id }: Pick<ReplayLine, 'kind' | 'id'>): string => `${kind} ${id}`;

/** A row that took its request for lost is not the request's own: that one is still missing. */
const PRESENT = {
  row: (ids: string) => `SELECT DISTINCT request_id FROM requests WHERE outcome <> 'lost' AND request_id IN (${ids})`,
  feedback: (ids: string) => `SELECT DISTINCT feedback_id FROM feedback WHERE feedback_id IN (${ids})`,
} as const;

/** Athena takes 256 kB of SQL; an id is about thirty characters. */
const IDS_A_QUERY = 2_000;

async function findKnown(context: CliContext, rows: readonly ReplayLine[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  if (rows.length === 0) return known;
  const lake = await openLake(context);
  try {
    for (const kind of ['row', 'feedback'] as const) {
      const ids = rows.filter((row) => row.kind === kind).map(({ id }) => id);
      for (let at = 0; at < ids.length; at += IDS_A_QUERY) {
        const literals = ids.slice(at, at + IDS_A_QUERY).map((id) => `'${id.replaceAll("'", "''")}'`);
        const found = await lake.query(PRESENT[kind](literals.join(', ')));
        for (const [id] of found.rows) known.add(keyOf({ kind, id: String(id) }));
      }
    }
  } finally {
    lake.close();
  }
  return known;
}

/** The reasons for which rows were not taken. */
async function send(context: CliContext, rows: readonly ReplayLine[]): Promise<readonly string[]> {
  const failed: string[] = [];
  if (rows.length === 0) return failed;
  const stack = await context.stack();
  const { firehoseClient } = await import('./clients.ts');
  const { createReplayLog } = await import('../functions/adapters/firehose-log.ts');
  const client = firehoseClient(stack);
  const lastResort = (line: string) => void failed.push(/"reason":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? '');
  const options = { client, lastResort, attempts: 8, deadlineMs: 60_000 };
  const streams = { row: stack.requestStream, feedback: stack.feedbackStream };
  try {
    for (const kind of ['row', 'feedback'] as const) {
      const log = createReplayLog({ ...options, stream: streams[kind] }, kind);
      await Promise.all(rows.filter((row) => row.kind === kind).map((row) => log.write(row)));
    }
  } finally {
    client.destroy();
  }
  return failed;
}
