/**
 * What each shipped query reads of 60 days of requests: of the Parquet files, and of the same rows as JSON lines. Athena
 * bills by the bytes that a query reads, so this is what it costs, whatever the machine.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { fillQuery, queryNames, readQuery } from '../cli/named-query.ts';
import { FEEDBACK, INVOICE_COLUMNS, REQUESTS } from '../functions/records/lake-tables.ts';
import { ATHENA_FUNCTIONS } from '../local/athena-functions.ts';
import { duckdbColumns, text } from '../local/duckdb-types.ts';
import { openLake } from '../local/lake.ts';
import { LAST_DAY, makeSampleLake } from '../test/support/lake/sample-lake.ts';
import type { BenchContext, BenchReport } from './support/bench.ts';

export const about = 'bytes that each shipped query reads of 60 days of requests, Parquet against JSON';

const REQUEST_COUNT = Number(process.env.TOLLGATE_LAKE_ROWS ?? 50_000);
const BAR_CELLS = 30;
/** USD a terabyte (aws.amazon.com/athena/pricing, us-east-1). */
const SCAN_USD = 5;

type Values = ReadonlyMap<string, string>;

export async function run(context: BenchContext): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  context.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const jsonFolder = join(folder, 'json');
  context.progress(`${REQUEST_COUNT.toLocaleString('en-US')} requests, as Parquet and as JSON`);
  await makeSampleLake({ folder, requests: REQUEST_COUNT, jsonFolder });
  const parquetBytes = sizeOf(join(folder, 'requests'));
  const jsonBytes = sizeOf(jsonFolder);

  const windows: readonly (readonly [label: string, name: string, values: Values])[] = [
    ['spend, one day', 'spend', new Map(Object.entries({ since: LAST_DAY, until: LAST_DAY }))],
    ...queryNames().map((name) => [name, name, valuesFor(name)] as const),
  ];
  const rows: (readonly string[])[] = [];
  for (const [label, name, values] of windows) {
    context.progress(label);
    const sql = fillQuery(readQuery(name), values);
    const parquet = await bytesRead(() => runOnParquet(folder, sql));
    const json = await bytesRead(() => runOnJson(folder, jsonFolder, sql));
    const perMillion = (parquet / REQUEST_COUNT) * 1e6;
    rows.push([
      label,
      megabytes(parquet),
      megabytes(json),
      `×${(json / parquet).toFixed(0)}`,
      `$${((perMillion / 1e12) * SCAN_USD).toFixed(5)}`,
      drawBars(parquet / jsonBytes, json / jsonBytes),
    ]);
  }
  return {
    groups: [],
    tables: [
      {
        title: 'Read by each query, MB: the last 30 days unless it says otherwise',
        columns: [
          'query',
          'Parquet',
          'JSON',
          'JSON ÷ Parquet',
          'a million requests',
          '█ Parquet ░ JSON, of all the JSON there is',
        ],
        rows,
      },
    ],
    notes: [
      `${REQUEST_COUNT.toLocaleString('en-US')} requests over 60 days: ${megabytes(parquetBytes)} MB of Parquet (Snappy), ${megabytes(jsonBytes)} MB of JSON lines. Compressed, JSON would be smaller, and be read as a whole all the same.`,
      `"a million requests": what Athena asks for the query at $${SCAN_USD} a TB where 60 days have a million requests; it bills 10 MB at least.`,
      'Read by the process, as /proc/self/io counts; of JSON a query reads whole days, of Parquet their columns and the foot of every file.',
      'TOLLGATE_LAKE_ROWS sets another number of requests.',
    ],
  };
}

function valuesFor(name: string): Values {
  const { parameters } = readQuery(name);
  const defaults = { until: LAST_DAY, today: LAST_DAY, since: daysBefore(LAST_DAY, name === 'unusual-spend' ? 6 : 29) };
  return new Map(Object.entries(defaults).filter(([key]) => parameters.some((parameter) => parameter.name === key)));
}

async function runOnParquet(folder: string, sql: string): Promise<void> {
  const lake = await openLake(folder);
  try {
    await lake.query(sql);
  } finally {
    lake.close();
  }
}

/** The same names over JSON; feedback and invoices are small, and the same in both. */
async function runOnJson(folder: string, jsonFolder: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    for (const macro of ATHENA_FUNCTIONS) await connection.run(`CREATE MACRO ${macro}`);
    const types = (columns: Parameters<typeof duckdbColumns>[0], ...more: string[]): string =>
      [...duckdbColumns(columns).map(([name, type]) => `${text(name)}: ${text(type)}`), ...more].join(', ');
    const views = [
      `requests AS SELECT * FROM read_json(${text(`${jsonFolder}/*/*.json`)}, columns = {${types(REQUESTS.columns, "dt: 'VARCHAR'")}}, hive_partitioning = true, hive_types = {'dt': VARCHAR})`,
      `${FEEDBACK.name} AS SELECT * FROM read_parquet(${text(`${folder}/feedback/*/*.parquet`)}, hive_types = {'dt': VARCHAR})`,
      `invoices AS SELECT * FROM read_csv(${text(`${folder}/invoices/*.csv`)}, columns = {${types(INVOICE_COLUMNS)}})`,
    ];
    for (const view of views) await connection.run(`CREATE VIEW ${view}`);
    await connection.run(sql);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function bytesRead(work: () => Promise<void>): Promise<number> {
  const before = readSoFar();
  await work();
  return readSoFar() - before;
}

function readSoFar(): number {
  const counted = /^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1];
  if (counted === undefined) throw new Error('This kernel does not count what a process reads: Linux is needed.');
  return Number(counted);
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10);
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);

/** `██░░░░░`: Parquet in front of JSON. */
function drawBars(parquet: number, json: number): string {
  const cells = (share: number): number => Math.max(1, Math.round(Math.min(1, share) * BAR_CELLS));
  return '█'.repeat(cells(parquet)) + '░'.repeat(Math.max(0, cells(json) - cells(parquet)));
}
