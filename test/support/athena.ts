/** Athena on loopback: the three calls of a query, answered by DuckDB over the local lake, in Athena's own form. */
import * as z from 'zod/mini';
import { AwsError, type Emulator, startAwsJsonServer } from '../../local/aws-json.ts';
import { type LakeResult, openLake } from '../../local/lake.ts';

const start = z.object({
  QueryString: z.string(),
  WorkGroup: z.string(),
  QueryExecutionContext: z.object({ Database: z.string() }),
});
const byId = z.object({ QueryExecutionId: z.string(), NextToken: z.optional(z.string()) });

/** DuckDB's names of the types that differ. */
const TYPES: { readonly [duckdb: string]: string } = { VARCHAR: 'varchar', HUGEINT: 'bigint' };
const PAGE = 100;

interface Execution {
  readonly sql: string;
  looks: number;
  result?: LakeResult;
  error?: string;
}

export async function startAthena(options: {
  readonly lakeDir: string;
  readonly workgroup: string;
}): Promise<Emulator> {
  const executions = new Map<string, Execution>();
  const find = (input: unknown): Execution => {
    const found = executions.get(z.parse(byId, input).QueryExecutionId);
    if (found === undefined) throw new AwsError('InvalidRequestException', 'There is no such query.');
    return found;
  };
  return startAwsJsonServer({
    port: 0,
    target: 'AmazonAthena',
    operations: {
      async StartQueryExecution(input) {
        const { QueryString: sql, WorkGroup } = z.parse(start, input);
        if (WorkGroup !== options.workgroup) throw new AwsError('InvalidRequestException', 'WorkGroup is not found.');
        const id = `query-${executions.size + 1}`;
        const execution: Execution = { sql, looks: 0 };
        executions.set(id, execution);
        const lake = await openLake(options.lakeDir);
        try {
          execution.result = await lake.query(inDuckDb(sql));
        } catch (error) {
          execution.error = error instanceof Error ? error.message : String(error);
        } finally {
          lake.close();
        }
        return { QueryExecutionId: id };
      },
      GetQueryExecution(input) {
        const execution = find(input);
        execution.looks += 1;
        const state = execution.looks === 1 ? 'RUNNING' : execution.error === undefined ? 'SUCCEEDED' : 'FAILED';
        return {
          QueryExecution: {
            StatementType: /^\s*(describe|show)\b/i.test(execution.sql) ? 'UTILITY' : 'DML',
            Status: { State: state, ...(state === 'FAILED' ? { StateChangeReason: execution.error } : {}) },
            Statistics: { DataScannedInBytes: 123_456 },
          },
        };
      },
      GetQueryResults(input) {
        const { result, sql } = find(input);
        if (result === undefined) throw new AwsError('InvalidRequestException', 'The query has not succeeded.');
        const { NextToken } = z.parse(byId, input);
        const header = /^\s*(describe|show)\b/i.test(sql) ? [] : [result.columns.map(({ name }) => name)];
        const all = [...header, ...result.rows];
        const from = Number(NextToken ?? 0);
        return {
          ResultSet: {
            ResultSetMetadata: {
              ColumnInfo: result.columns.map(({ name, type }) => ({
                Name: name,
                Type: TYPES[type] ?? type.toLowerCase(),
              })),
            },
            Rows: all.slice(from, from + PAGE).map((row) => ({ Data: row.map(cell) })),
          },
          ...(from + PAGE < all.length ? { NextToken: String(from + PAGE) } : {}),
        };
      },
    },
  });
}

/** The one thing in our own SQL that is said differently: DuckDB unnests a list of structs into structs, Trino into columns. */
function inDuckDb(sql: string): string {
  return sql.replace(
    /FROM (\w+) CROSS JOIN UNNEST\((\w+)\) AS (\w+) \([^)]*\)/g,
    'FROM (SELECT unnest($2) AS $3 FROM $1) AS unnested',
  );
}

function cell(value: unknown): { readonly VarCharValue?: string } {
  if (value === null || value === undefined) return {};
  return { VarCharValue: typeof value === 'object' ? JSON.stringify(value) : String(value) };
}
