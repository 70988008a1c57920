/** The local lake, asked what was spent. */
import type { Scope, SpendLog } from '../functions/core/ports.ts';
import { spendQuery } from '../functions/records/spend-query.ts';
import type { Lake } from './lake.ts';

export function createLakeSpendLog(lake: Pick<Lake, 'query'>): SpendLog {
  return {
    lateMs: 0,
    async spend(fromMs, toMs) {
      const { rows } = await lake.query(spendQuery('duckdb', fromMs, toMs));
      return new Map(rows.map(([scope, nano]): [Scope, number] => [String(scope), Number(nano)]));
    },
  };
}
