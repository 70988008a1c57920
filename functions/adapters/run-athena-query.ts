/** One statement in Athena, from start to the last page of its result. */
import {
  type AthenaClient,
  type ColumnInfo,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';

export interface AthenaAccess {
  readonly client: AthenaClient;
  readonly workgroup: string;
  readonly database: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export interface AthenaQuery {
  readonly sql: string;
  /** Told how it goes, once a second. */
  readonly progress?: (execution: QueryExecution) => void;
}

export interface AthenaResult {
  readonly columns: readonly ColumnInfo[];
  /** As text, which is how Athena gives all values; undefined is NULL. */
  readonly rows: readonly (readonly (string | undefined)[])[];
  readonly scannedBytes: number;
}

const POLL_MS = 1_000;
/** A month of rows is scanned in seconds; Athena may queue a query for minutes. */
const MOST_POLLS = 180;

export async function runAthenaQuery(access: AthenaAccess, query: AthenaQuery): Promise<AthenaResult> {
  const { client, workgroup, database } = access;
  const started = await client.send(
    new StartQueryExecutionCommand({
      QueryString: query.sql,
      QueryExecutionContext: { Database: database },
      WorkGroup: workgroup,
    }),
  );
  const id = started.QueryExecutionId ?? '';
  const execution = await untilFinished(access, id, query.progress);
  const rows: (readonly (string | undefined)[])[] = [];
  let columns: readonly ColumnInfo[] = [];
  let next: string | undefined;
  // Of a SELECT, the names of the columns are the first row of all; DESCRIBE and SHOW have none.
  let skip = execution.StatementType === 'UTILITY' || execution.StatementType === 'DDL' ? 0 : 1;
  do {
    const page = await client.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, ...(next === undefined ? {} : { NextToken: next }) }),
    );
    columns = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? columns;
    for (const { Data = [] } of (page.ResultSet?.Rows ?? []).slice(skip)) {
      rows.push(Data.map(({ VarCharValue }) => VarCharValue));
    }
    skip = 0;
    next = page.NextToken;
  } while (next !== undefined);
  return { columns, rows, scannedBytes: execution.Statistics?.DataScannedInBytes ?? 0 };
}

async function untilFinished(
  { client, sleep }: AthenaAccess,
  id: string,
  progress: AthenaQuery['progress'],
): Promise<QueryExecution> {
  for (let poll = 0; poll < MOST_POLLS; poll += 1) {
    const { QueryExecution: execution = {} } = await client.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    const { State: state, StateChangeReason: reason = 'no reason given' } = execution.Status ?? {};
    if (state === 'SUCCEEDED') return execution;
    if (state === 'FAILED' || state === 'CANCELLED') throw new Error(`Athena ${state.toLowerCase()} ${id}: ${reason}`);
    progress?.(execution);
    await sleep(POLL_MS);
  }
  throw new Error(`Athena has not finished ${id} within ${(MOST_POLLS * POLL_MS) / 60_000} minutes.`);
}
