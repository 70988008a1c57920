/** What was asked of providers, for pricing it again: attempts that are alike, and began in the same minute, as one row. */
import { formatTimestamp } from './format-row.ts';
import { ATTEMPT_FIELDS, PARTITION_COLUMN, REQUESTS_TABLE } from './row.ts';

/** In this order in every row, then `attempts` and `nano`. */
export const PRICED_COLUMNS = [
  'provider',
  'model',
  'service_tier',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'audio_input_tokens',
  'audio_output_tokens',
] as const;

/** The two engines take structs apart differently. */
const TRIED = {
  trino: `SELECT started_at, ${PRICED_COLUMNS.map((name) => `attempt.${name}`).join(', ')}, attempt.cost_nano_usd
      FROM once CROSS JOIN UNNEST(attempts) AS attempt (${ATTEMPT_FIELDS.map(([name]) => name).join(', ')})`,
  duckdb: `SELECT started_at, ${PRICED_COLUMNS.map((name) => `attempt.${name} AS ${name}`).join(', ')},
      attempt.cost_nano_usd AS cost_nano_usd FROM (SELECT started_at, unnest(attempts) AS attempt FROM once) AS attempts`,
} as const;

/** The first column is the minute, `2026-11-23 08:05`. The rows themselves hold the same columns beside the attempts. */
export function attemptsQuery(engine: keyof typeof TRIED, fromMs: number, toMs: number): string {
  const from = formatTimestamp(fromMs);
  return `
    WITH ranked AS (
      SELECT started_at, attempts, row_number() OVER (
        PARTITION BY request_id ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
      ) AS copy_number
      FROM ${REQUESTS_TABLE}
      WHERE ${PARTITION_COLUMN} >= '${from.slice(0, 10)}'
        AND started_at >= TIMESTAMP '${from}' AND started_at < TIMESTAMP '${formatTimestamp(toMs)}'
    ),
    once AS (SELECT started_at, attempts FROM ranked WHERE copy_number = 1),
    tried AS (
      ${TRIED[engine]}
    )
    SELECT substr(CAST(started_at AS VARCHAR), 1, 16) AS minute, ${PRICED_COLUMNS.join(', ')},
      count(*) AS attempts, CAST(sum(coalesce(cost_nano_usd, 0)) AS BIGINT) AS nano
    FROM tried GROUP BY ${PRICED_COLUMNS.map((_, index) => index + 2).join(', ')}, 1`;
}
