/** What was asked of providers, for pricing it again: attempts that are alike, and began in the same minute, as one row. */
import { requestsOnce } from './requests-once.ts';
import { ATTEMPT_FIELDS } from './row.ts';

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
  return `
    WITH once AS (${requestsOnce(fromMs, toMs)}
    ),
    tried AS (
      ${TRIED[engine]}
    )
    SELECT substr(CAST(started_at AS VARCHAR), 1, 16) AS minute, ${PRICED_COLUMNS.join(', ')},
      count(*) AS attempts, CAST(sum(coalesce(cost_nano_usd, 0)) AS BIGINT) AS nano
    FROM tried GROUP BY ${PRICED_COLUMNS.map((_, index) => index + 2).join(', ')}, 1`;
}
