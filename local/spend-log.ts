/** The local lake, asked what was spent. */
import type { Scope, SpendLog } from '../functions/core/ports.ts';
import { REQUESTS_TABLE } from '../functions/records/row.ts';
import type { Lake } from './lake.ts';

/** What a row is counted on; a provider's meters by its own attempts. */
const SCOPES = [
  `'key:' || key_id`,
  `'team:' || team`,
  `'user:' || user_id`,
  `'app:' || app`,
  `'env:' || env`,
  `'org'`,
] as const;

export function createLakeSpendLog(lake: Lake): SpendLog {
  return {
    async spend(fromMs, toMs) {
      const each = SCOPES.map((scope) => `SELECT ${scope} AS scope, cost_nano_usd AS nano FROM once`);
      const attempts = `SELECT unnest(attempts) AS attempt FROM once`;
      const sql = `
        WITH ranked AS (
          SELECT *, row_number() OVER (
            PARTITION BY request_id ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
          ) AS copy_number
          FROM ${REQUESTS_TABLE}
          WHERE started_at >= make_timestamp($1::BIGINT * 1000) AND started_at < make_timestamp($2::BIGINT * 1000)
        ),
        once AS (SELECT * FROM ranked WHERE copy_number = 1),
        tried AS (${attempts}),
        counted AS (
          ${each.join('\n          UNION ALL ')}
          UNION ALL SELECT 'provider:' || attempt.provider, attempt.cost_nano_usd FROM tried
          UNION ALL SELECT 'provider:' || attempt.provider || '/' || attempt.model, attempt.cost_nano_usd FROM tried
        )
        SELECT scope, CAST(sum(coalesce(nano, 0)) AS BIGINT) FROM counted WHERE scope IS NOT NULL GROUP BY scope`;
      const { rows } = await lake.query(sql, [fromMs, toMs]);
      return new Map(rows.map(([scope, nano]): [Scope, number] => [String(scope), Number(nano)]));
    },
  };
}
