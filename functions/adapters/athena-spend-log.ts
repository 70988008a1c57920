/** The deployed request log, asked what was spent. */
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { Scope, SpendLog } from '../core/ports.ts';
import { spendQuery } from '../records/spend-query.ts';

export interface AthenaSpendLogOptions {
  readonly client: AthenaClient;
  readonly workgroup: string;
  readonly database: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * A row is in the lake five minutes after its request at the usual setting, and fifteen at Firehose's longest; what the
 * stream did not take at once comes with the retries of an hour.
 */
const LATE_MS = 90 * 60_000;
const POLL_MS = 1_000;
/** A month of rows is scanned in seconds; Athena may queue a query for minutes. */
const MOST_POLLS = 180;

export function createAthenaSpendLog(options: AthenaSpendLogOptions): SpendLog {
  const { client, workgroup, database, sleep } = options;

  const finish = async (id: string): Promise<void> => {
    for (let poll = 0; poll < MOST_POLLS; poll += 1) {
      const { QueryExecution: query } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
      const { State: state, StateChangeReason: reason = 'no reason given' } = query?.Status ?? {};
      if (state === 'SUCCEEDED') return;
      if (state === 'FAILED' || state === 'CANCELLED')
        throw new Error(`Athena ${state.toLowerCase()} ${id}: ${reason}`);
      await sleep(POLL_MS);
    }
    throw new Error(`Athena has not finished ${id} within ${(MOST_POLLS * POLL_MS) / 60_000} minutes.`);
  };

  return {
    lateMs: LATE_MS,
    async spend(fromMs, toMs) {
      const started = await client.send(
        new StartQueryExecutionCommand({
          QueryString: spendQuery('trino', fromMs, toMs),
          QueryExecutionContext: { Database: database },
          WorkGroup: workgroup,
        }),
      );
      const id = started.QueryExecutionId ?? '';
      await finish(id);
      const sums = new Map<Scope, number>();
      let next: string | undefined;
      // The names of the columns are the first row of all.
      let isHeader = true;
      do {
        const page = await client.send(
          new GetQueryResultsCommand({ QueryExecutionId: id, ...(next === undefined ? {} : { NextToken: next }) }),
        );
        for (const { Data: [scope, nano] = [] } of (page.ResultSet?.Rows ?? []).slice(isHeader ? 1 : 0)) {
          const amount = Number(nano?.VarCharValue);
          if (scope?.VarCharValue === undefined || !Number.isSafeInteger(amount)) {
            throw new Error(`Athena answered ${id} with a row that is no sum.`);
          }
          sums.set(scope.VarCharValue, amount);
        }
        isHeader = false;
        next = page.NextToken;
      } while (next !== undefined);
      return sums;
    },
  };
}
