/** The local lake: Parquet files in the folder layout that Firehose writes to S3, and DuckDB in Athena's place. */
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBResultReader, StatementType } from '@duckdb/node-api';
import { type ColumnType, parseColumnType } from '../functions/records/column-types.ts';
import { PARTITION_COLUMN, REQUESTS_PREFIX, REQUESTS_TABLE, ROW_COLUMNS } from '../functions/records/row.ts';
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
  query(sql: string, values?: readonly (string | number)[]): Promise<LakeResult>;
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
}): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const unfinished = `${options.parquetFile}.unfinished`;
  try {
    const columns = ROW_COLUMNS.map(
      ([name, type]) => `${identifier(name)}: ${text(duckdbType(parseColumnType(type)))}`,
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
 * Opens `LAKE/requests/dt=…/*.parquet` as the view `requests`, with the partition as the string column `dt`, as Athena
 * has it. Files of older gateways may lack columns: they are null there. Queries cannot leave the folder: DuckDB's
 * access to other files and to the network is shut, and so are its settings.
 */
export async function openLake(lakeDir: string): Promise<Lake> {
  const folder = resolve(lakeDir, REQUESTS_PREFIX);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    // As in Athena: what an unqualified date or `current_date` means must not depend on the machine.
    await connection.run(`SET TimeZone = 'UTC'`);
    await connection.run(`SET allowed_directories = [${text(`${folder}/`)}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return {
      close,
      async query(sql, values = []) {
        await createView(connection, folder);
        return read(await runOne(connection, sql, values));
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Anew for every query: a folder without a file cannot be bound, and the first file may have come since. */
async function createView(connection: DuckDBConnection, folder: string): Promise<void> {
  const pattern = text(join(folder, `${PARTITION_COLUMN}=*`, '*.parquet'));
  const empty = ROW_COLUMNS.map(([name, type]) => `NULL::${duckdbType(parseColumnType(type))} AS ${identifier(name)}`)
    .concat(`NULL::VARCHAR AS ${PARTITION_COLUMN}`)
    .join(', ');
  const found = await connection.runAndReadAll(`SELECT count(*) FROM glob(${pattern})`);
  const files = Number(found.getRows()[0]?.[0] ?? 0);
  const stored = `UNION ALL BY NAME SELECT * FROM read_parquet(${pattern}, union_by_name = true,
    hive_partitioning = true, hive_types = {'${PARTITION_COLUMN}': VARCHAR})`;
  await connection.run(
    `CREATE OR REPLACE VIEW ${REQUESTS_TABLE} AS (SELECT ${empty} WHERE false) ${files === 0 ? '' : stored}`,
  );
}

async function runOne(
  connection: DuckDBConnection,
  sql: string,
  values: readonly (string | number)[],
): Promise<DuckDBResultReader> {
  if (sql.trim() === '') throw new Error('The query is empty.');
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw new Error(`One statement at a time, please: this is ${statements.count}.`);
  const statement = await statements.prepare(0);
  if (statement.statementType !== StatementType.SELECT) {
    throw new Error('Only statements that read (SELECT, WITH, DESCRIBE): the log stays as it is.');
  }
  statement.bind([...values]);
  return statement.runAndReadAll();
}

function read(result: DuckDBResultReader): LakeResult {
  const names = result.deduplicatedColumnNames();
  return {
    columns: names.map((name, index) => ({ name, type: result.columnType(index).toString() })),
    rows: result.convertRows(plainValue),
  };
}

function duckdbType(type: ColumnType): string {
  switch (type.kind) {
    case 'string':
      return 'VARCHAR';
    case 'array':
      return `${duckdbType(type.element)}[]`;
    case 'map':
      return `MAP(${duckdbType(type.key)}, ${duckdbType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map(([name, field]) => `${identifier(name)} ${duckdbType(field)}`).join(', ')})`;
    default:
      return type.kind.toUpperCase();
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
