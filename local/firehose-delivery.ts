/**
 * From the buffer to the lake: one Parquet file for each file of lines. A row that does not fit the table's columns
 * must not hold up the others, so a file that fails is halved until the bad rows stand alone; they go where Firehose
 * puts them, to the error prefix.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LakeTable } from '../functions/records/lake-tables.ts';
import { PARTITION_COLUMN } from '../functions/records/row.ts';
import type { ReadyFile } from './firehose-buffer.ts';
import { convertToParquet } from './lake.ts';

/** As in the stack: `!{firehose:error-output-type}` below the error prefix. */
const ERROR_FOLDER = join('errors', 'format-conversion-failed');

export interface BadRecord {
  readonly text: string;
  readonly reason: string;
}

export interface Delivery {
  readonly rows: number;
  readonly files: readonly string[];
  readonly badRecords: number;
}

export async function deliver(ready: ReadyFile, lakeDir: string, table: LakeTable): Promise<Delivery> {
  const dir = join(lakeDir, table.prefix, `${PARTITION_COLUMN}=${ready.day}`);
  await mkdir(dir, { recursive: true });
  const parquetFile = join(dir, `${ready.id}.parquet`);
  const whole = await tryConvert(table, ready.file, parquetFile);
  if (whole.ok) return { rows: whole.rows, files: [parquetFile], badRecords: 0 };

  const lines = (await readFile(ready.file, 'utf8')).split('\n').filter((line) => line !== '');
  const bad: BadRecord[] = [];
  const good = await keepGood(table, lines, `${ready.file}.part`, whole.reason, bad);
  // Before the good ones: the buffer's file goes only after both, and a crash in between repeats both.
  await writeBadRecords(lakeDir, ready.day, ready.id, bad);
  if (good.length === 0) return { rows: 0, files: [], badRecords: bad.length };
  const part = `${ready.file}.part`;
  await writeFile(part, `${good.join('\n')}\n`);
  try {
    const rows = await convertToParquet({ columns: table.columns, jsonLinesFile: part, parquetFile });
    return { rows, files: [parquetFile], badRecords: bad.length };
  } finally {
    await rm(part, { force: true });
  }
}

/** Named by the caller's id, so that writing the same records again replaces them. */
export async function writeBadRecords(
  lakeDir: string,
  day: string,
  id: string,
  records: readonly BadRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const dir = join(lakeDir, ERROR_FOLDER, `${PARTITION_COLUMN}=${day}`);
  await mkdir(dir, { recursive: true });
  const lines = records.map(({ text, reason }) =>
    JSON.stringify({
      errorCode: 'DataFormatConversion.ParseError',
      errorMessage: reason,
      rawData: Buffer.from(text).toString('base64'),
    }),
  );
  await writeFile(join(dir, `${id}.json`), `${lines.join('\n')}\n`);
}

type Conversion = { readonly ok: true; readonly rows: number } | { readonly ok: false; readonly reason: string };

async function tryConvert(table: LakeTable, jsonLinesFile: string, parquetFile: string): Promise<Conversion> {
  try {
    return { ok: true, rows: await convertToParquet({ columns: table.columns, jsonLinesFile, parquetFile }) };
  } catch (error) {
    // Only what the rows are to blame for may end at the error prefix; on a full disk they stay in the buffer.
    if (!(error instanceof Error) || !/^(Invalid Input|Conversion|Parser) Error/.test(error.message)) throw error;
    return { ok: false, reason: error.message };
  }
}

/** The lines that convert, in their order; the others are put into `bad`. `reason` is why these failed together. */
async function keepGood(
  table: LakeTable,
  lines: readonly string[],
  part: string,
  reason: string,
  bad: BadRecord[],
): Promise<readonly string[]> {
  const [only, second] = lines;
  if (only === undefined) return [];
  if (second === undefined) {
    bad.push({ text: only, reason });
    return [];
  }
  const middle = lines.length >> 1;
  const good: string[] = [];
  for (const half of [lines.slice(0, middle), lines.slice(middle)]) {
    await writeFile(part, `${half.join('\n')}\n`);
    const result = await tryConvert(table, part, `${part}.parquet`);
    await rm(part, { force: true });
    await rm(`${part}.parquet`, { force: true });
    good.push(...(result.ok ? half : await keepGood(table, half, part, result.reason, bad)));
  }
  return good;
}
