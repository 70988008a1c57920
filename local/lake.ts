/** The local lake: Parquet files in the folder layout that Firehose writes to S3, and DuckDB in Athena's place. */
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBResultReader,
  StatementType,
} from '@duckdb/node-api';
import {
  INVOICE_COLUMNS,
  INVOICES_PREFIX,
  INVOICES_TABLE,
  LAKE_TABLES,
  type LakeColumns,
  type LakeTable,
} from '../functions/records/lake-tables.ts';
import { PARTITION_COLUMN, ROW_COLUMNS } from '../functions/records/row.ts';
import { ATHENA_FUNCTIONS } from './athena-functions.ts';
import { duckdbColumns, identifier, text } from './duckdb-types.ts';
import { plainValue } from './plain-value.ts';

export interface LakeColumn {
  readonly name: string;
  /** As DuckDB names it: VARCHAR, BIGINT, … */
  readonly type: string;
}

export interface LakeResult {
  readonly columns: readonly LakeColumn[];
  /** JSON values: see `plainValue`. */
  readonly rows: readonly (readonly unknown[])[];
}

export interface Lake {
  /** One statement that reads. Throws an error whose message is DuckDB's where it is wrong. */
  query(sql: string): Promise<LakeResult>;
  /** The same, for what is too much to hold: a few thousand rows at a time. */
  stream(sql: string): AsyncIterable<readonly (readonly unknown[])[]>;
  /** How DuckDB ran it: the plan with its figures, the files that were read among them. */
  explain(sql: string): Promise<string>;
  close(): void;
}

/**
 * Writes the rows of a file of JSON lines as one Parquet file, Snappy inside, as Firehose does, and returns how many.
 * Fields that are no columns vanish, as they do there. The file appears whole or not at all: readers look at the
 * folder at any time.
 */
export async function convertToParquet(options: {
  readonly jsonLinesFile: string;
  readonly parquetFile: string;
  /** By default those of the request log. */
  readonly columns?: LakeColumns;
}): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const unfinished = `${options.parquetFile}.unfinished`;
  try {
    const columns = duckdbColumns(options.columns ?? ROW_COLUMNS).map(
      ([name, type]) => `${identifier(name)}: ${text(type)}`,
    );
    const result = await connection.run(
      `COPY (SELECT * FROM read_json(${text(options.jsonLinesFile)}, format = 'newline_delimited',
         maximum_object_size = 16777216, columns = {${columns.join(', ')}}))
       TO ${text(unfinished)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    await rename(unfinished, options.parquetFile);
    return result.rowsChanged;
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(unfinished, { force: true });
  }
}

/**
 * Opens `LAKE/requests/dt=…/*.parquet` as the view `requests`, and the other tables likewise, with the partition as the
 * string column `dt`, as Athena has it. Files of older gateways may lack columns: they are null there. Queries cannot
 * leave these folders: DuckDB's access to other files and to the network is shut, and so are its settings.
 */
export async function openLake(lakeDir: string): Promise<Lake> {
  const folderOf = ({ prefix }: LakeTable) => resolve(lakeDir, prefix);
  const invoiceFolder = resolve(lakeDir, INVOICES_PREFIX);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    // As in Athena: what an unqualified date or `current_date` means must not depend on the machine.
    await connection.run(`SET TimeZone = 'UTC'`);
    for (const macro of ATHENA_FUNCTIONS) await connection.run(`CREATE MACRO ${macro}`);
    const folders = [...LAKE_TABLES.map(folderOf), invoiceFolder].map((folder) => text(`${folder}/`));
    await connection.run(`SET allowed_directories = [${folders.join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    const refresh = async (): Promise<void> => {
      for (const table of LAKE_TABLES) await createView(connection, table, folderOf(table));
      await createInvoiceView(connection, invoiceFolder);
    };
    return {
      close,
      async query(sql) {
        await refresh();
        const statement = await prepareOne(connection, sql);
        return read(await statement.runAndReadAll());
      },
      async *stream(sql) {
        await refresh();
        const statement = await prepareOne(connection, sql);
        yield* (await statement.stream()).yieldConvertedRows(plainValue);
      },
      async explain(sql) {
        await refresh();
        await prepareOne(connection, sql);
        const plan = await connection.runAndReadAll(`EXPLAIN ANALYZE ${sql}`);
        return String(plan.getRows()[0]?.[1]);
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Anew for every query: a folder without a file cannot be bound, and the first file may have come since. */
async function createView(connection: DuckDBConnection, table: LakeTable, folder: string): Promise<void> {
  const pattern = text(join(folder, `${PARTITION_COLUMN}=*`, '*.parquet'));
  const columns = [...duckdbColumns(table.columns), [PARTITION_COLUMN, 'VARCHAR'] as const];
  const stored = `UNION ALL BY NAME SELECT * FROM read_parquet(${pattern}, union_by_name = true,
    hive_partitioning = true, hive_types = {'${PARTITION_COLUMN}': VARCHAR})`;
  await replaceView(connection, table.name, columns, (await hasFiles(connection, pattern)) ? stored : '');
}

/** CSV with a head, as the table of Athena has it: by place, whatever the head says, and all of it text. */
async function createInvoiceView(connection: DuckDBConnection, folder: string): Promise<void> {
  const pattern = text(join(folder, '*.csv'));
  const columns = duckdbColumns(INVOICE_COLUMNS);
  const types = columns.map(([name, type]) => `${text(name)}: ${text(type)}`).join(', ');
  const stored = `UNION ALL SELECT * FROM read_csv(${pattern}, header = true, columns = {${types}})`;
  await replaceView(connection, INVOICES_TABLE, columns, (await hasFiles(connection, pattern)) ? stored : '');
}

async function hasFiles(connection: DuckDBConnection, pattern: string): Promise<boolean> {
  const found = await connection.runAndReadAll(`SELECT count(*) FROM glob(${pattern})`);
  return Number(found.getRows()[0]?.[0] ?? 0) > 0;
}

async function replaceView(
  connection: DuckDBConnection,
  name: string,
  columns: readonly (readonly [name: string, type: string])[],
  stored: string,
): Promise<void> {
  const empty = columns.map(([column, type]) => `NULL::${type} AS ${identifier(column)}`).join(', ');
  await connection.run(`CREATE OR REPLACE VIEW ${name} AS (SELECT ${empty} WHERE false) ${stored}`);
}

async function prepareOne(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === '') throw new Error('The query is empty.');
  const statements = await connection.extractStatements(sql).catch(ownWords);
  if (statements.count !== 1) throw new Error(`One statement at a time, please: this is ${statements.count}.`);
  const statement = await statements.prepare(0);
  if (statement.statementType !== StatementType.SELECT) {
    throw new Error('Only statements that read (SELECT, WITH, DESCRIBE): the log stays as it is.');
  }
  return statement;
}

/** The library's own words before DuckDB's say nothing to who wrote the query. */
function ownWords(cause: unknown): never {
  const message = cause instanceof Error ? cause.message : String(cause);
  throw new Error(message.replace('Failed to extract statements: ', ''), { cause });
}

function read(result: DuckDBResultReader): LakeResult {
  const names = result.deduplicatedColumnNames();
  return {
    columns: names.map((name, index) => ({ name, type: result.columnType(index).toString() })),
    rows: result.convertRows(plainValue),
  };
}
