/** The deployed request log, asked what was spent. */
import type { Scope, SpendLog } from '../core/ports.ts';
import { spendQuery } from '../records/spend-query.ts';
import { type AthenaAccess, runAthenaQuery } from './run-athena-query.ts';

/**
 * A row is in the lake five minutes after its request at the usual setting, and fifteen at Firehose's longest; what the
 * stream did not take at once comes with the retries of an hour.
 */
const LATE_MS = 90 * 60_000;

export function createAthenaSpendLog(access: AthenaAccess): SpendLog {
  return {
    lateMs: LATE_MS,
    async spend(fromMs, toMs) {
      const { rows } = await runAthenaQuery(access, { sql: spendQuery('trino', fromMs, toMs) });
      return new Map(
        rows.map(([scope, nano]): [Scope, number] => {
          const amount = Number(nano);
          if (scope === undefined || nano === undefined || !Number.isSafeInteger(amount)) {
            throw new Error('Athena answered with a row that is no sum.');
          }
          return [scope, amount];
        }),
      );
    },
  };
}
