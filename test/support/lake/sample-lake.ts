/**
 * A request log as a busy site would have it, made by DuckDB in seconds: 60 days of requests of unlike teams, apps and
 * models, with retries, failovers, prompt caches, refusals, an experiment with feedback, mirrored requests, rows that
 * were delivered twice, rows that took a request for lost, an hour of runaway spend and prompts that grew by accident.
 * The same seed gives the same rows.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FEEDBACK_COLUMNS } from '../../../functions/records/feedback-row.ts';
import { ROW_COLUMNS } from '../../../functions/records/row.ts';
import { duckdbColumns, text } from '../../../local/duckdb-types.ts';

export interface SampleLake {
  readonly folder: string;
  readonly requests: number;
  readonly seed?: number;
  /** Also as JSON lines, in `JSON_FOLDER/dt=…`: what the log would be without Parquet. */
  readonly jsonFolder?: string;
}

export const FIRST_DAY = '2026-09-01';
export const LAST_DAY = '2026-10-30';
const DAYS = 60;

/** The hour in which the team `research` spends far more than it ever did. */
export const RUNAWAY_HOUR = '2026-10-15 14:00:00';

export async function makeSampleLake({ folder, requests, seed = 1, jsonFolder }: SampleLake): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const macro of macros(seed)) await connection.run(`CREATE MACRO ${macro}`);
    await connection.run(`CREATE TABLE made AS ${requestsSql(requests)}`);
    const path = (name: string): string => {
      mkdirSync(join(folder, name), { recursive: true });
      return text(join(folder, name));
    };
    const columns = typed(ROW_COLUMNS);
    const layout = 'PARTITION_BY (dt), OVERWRITE_OR_IGNORE';
    await connection.run(
      `COPY (SELECT ${columns}, dt FROM made) TO ${path('requests')} (FORMAT parquet, COMPRESSION snappy, ${layout})`,
    );
    await connection.run(
      `COPY (SELECT ${typed(FEEDBACK_COLUMNS)}, dt FROM (${FEEDBACK_SQL})) TO ${path('feedback')} (FORMAT parquet, ${layout})`,
    );
    mkdirSync(join(folder, 'invoices'), { recursive: true });
    await connection.run(
      `COPY (${INVOICES_SQL}) TO ${text(join(folder, 'invoices', 'export.csv'))} (FORMAT csv, HEADER)`,
    );
    if (jsonFolder !== undefined) {
      const days = await connection.runAndReadAll('SELECT DISTINCT dt FROM made');
      for (const [day] of days.getRows()) {
        const dayFolder = join(jsonFolder, `dt=${day}`);
        mkdirSync(dayFolder, { recursive: true });
        const rows = `SELECT ${columns} FROM made WHERE dt = ${text(String(day))}`;
        await connection.run(`COPY (${rows}) TO ${text(join(dayFolder, 'rows.json'))} (FORMAT json)`);
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Columns that the log may get later are null here. */
function typed(columns: Parameters<typeof duckdbColumns>[0]): string {
  return duckdbColumns(columns)
    .map(([name, type]) => `CAST(${name} AS ${type}) AS ${name}`)
    .join(', ');
}

/** Chance by row and purpose: uniform in [0, 1). */
const macros = (seed: number): readonly string[] => [
  `chance(i, purpose) AS (hash(i * 7919 + ${seed}, purpose) % 1000003) / 1000003.0`,
  "stamp(t) AS strftime(t, '%Y-%m-%d %H:%M:%S.%g')",
];

/** USD per million tokens: input, cache read, cache write, output. */
const MODELS = `(VALUES
  (0, 'smart', 'openai', 'gpt-5.6-sol', 2.5, 0.25, 2.5, 15.0),
  (1, 'smart', 'anthropic', 'claude-sonnet-5', 3.0, 0.3, 3.75, 15.0),
  (2, 'fast', 'openai', 'gpt-5.6-luna', 0.25, 0.025, 0.25, 2.0),
  (3, 'fast', 'anthropic', 'claude-haiku-4-5', 1.0, 0.1, 1.25, 5.0),
  (4, 'claude', 'anthropic', 'claude-sonnet-5', 3.0, 0.3, 3.75, 15.0)
) AS models(model_number, model, provider, target_model, input_price, read_price, write_price, output_price)`;

const requestsSql = (count: number): string => `
WITH base AS (
  SELECT
    i,
    TIMESTAMP '${FIRST_DAY} 00:00:00' + to_milliseconds(CAST(chance(i, 'time') * ${DAYS} * 86400000 AS BIGINT)) AS happened,
    CAST(floor(pow(chance(i, 'team'), 2) * 8) AS INTEGER) AS team_number,
    CAST(floor(chance(i, 'model') * 5) AS INTEGER) AS model_number,
    chance(i, 'fate') AS fate,
    chance(i, 'usage') AS usage_fate,
    chance(i, 'arm') AS arm_chance,
    chance(i, 'shadow') < 0.01 AS shadow,
    CAST(100 + 4000 * pow(chance(i, 'input'), 3) AS BIGINT) * CASE WHEN chance(i, 'outlier') < 0.0005 THEN 60 ELSE 1 END AS prompt,
    CAST(10 + 900 * pow(chance(i, 'output'), 2) AS BIGINT) AS answer,
    chance(i, 'cached') AS cached,
    chance(i, 'failover') < 0.04 AS failed_over,
    chance(i, 'wait') AS wait
  FROM range(${count}) AS numbers(i)
),
runaway AS (
  SELECT * REPLACE (
    CASE WHEN hash(i, 'runaway') % 500 = 0 THEN TIMESTAMP '${RUNAWAY_HOUR}' + to_milliseconds(CAST(i % 3600000 AS BIGINT)) ELSE happened END AS happened,
    CASE WHEN hash(i, 'runaway') % 500 = 0 THEN 7 ELSE team_number END AS team_number,
    CASE WHEN hash(i, 'runaway') % 500 = 0 THEN answer * 20 ELSE answer END AS answer
  ) FROM base
),
fated AS (
  SELECT *,
    CASE WHEN fate < 0.93 THEN 'ok' WHEN fate < 0.95 THEN 'denied' WHEN fate < 0.96 THEN 'refused'
      WHEN fate < 0.98 THEN 'failed' WHEN fate < 0.99 THEN 'truncated' ELSE 'lost' END AS outcome
  FROM runaway JOIN ${MODELS} USING (model_number)
),
used AS (
  SELECT *,
    outcome IN ('ok', 'truncated') AS answered,
    outcome NOT IN ('denied', 'refused') AS tried,
    CASE WHEN outcome IN ('ok', 'truncated') THEN CASE WHEN usage_fate < 0.97 THEN 'reported' ELSE 'estimated' END
      WHEN outcome = 'lost' THEN 'estimated' ELSE 'none' END AS usage_source,
    CASE WHEN cached < 0.3 THEN prompt * 3 // 4 ELSE 0 END AS cache_read,
    CASE WHEN cached >= 0.3 AND cached < 0.4 AND provider = 'anthropic' THEN prompt // 2 ELSE 0 END AS cache_write
  FROM fated
),
priced AS (
  SELECT *,
    CASE WHEN answered THEN prompt - cache_read - cache_write ELSE 0 END AS input_tokens,
    CASE WHEN answered THEN cache_read ELSE 0 END AS read_tokens,
    CASE WHEN answered THEN cache_write ELSE 0 END AS write_tokens,
    CASE WHEN answered THEN answer ELSE 0 END AS output_tokens,
    chance(i, 'unpriced') < 0.002 AS unpriced,
    -- A failed attempt at openai that reported usage, before the one that answered.
    CASE WHEN failed_over AND outcome = 'ok' THEN CASE WHEN chance(i, 'billed') < 0.5 THEN prompt * 2500 ELSE 0 END END AS failed_nano
  FROM used
),
costed AS (
  SELECT *,
    CASE WHEN unpriced OR NOT answered THEN 0 ELSE CAST(round(input_tokens * input_price * 1000 + read_tokens * read_price * 1000
      + write_tokens * write_price * 1000 + output_tokens * output_price * 1000) AS BIGINT) END AS own_nano,
    CASE WHEN unpriced OR NOT answered THEN 0 ELSE CAST(round((input_tokens + read_tokens + write_tokens) * input_price * 1000
      + output_tokens * output_price * 1000) AS BIGINT) END AS uncached_nano
  FROM priced
),
timed AS (
  SELECT *, 150 + 1500 * wait AS first_token_ms, 150 + 1500 * wait + answer * 8 AS total_ms FROM costed
),
rows_once AS (
  SELECT
    'req_' || i AS request_id, happened AS started_at, 'chat.completions' AS api, 'openai-chat' AS client_dialect,
    i % 2 = 0 AS stream, 'key_' || (team_number * 3 + i % 3) AS key_id,
    CASE team_number WHEN 0 THEN 'search' WHEN 1 THEN 'support' WHEN 2 THEN 'ads' WHEN 3 THEN 'legal' WHEN 4 THEN 'finance'
      WHEN 5 THEN NULL WHEN 6 THEN 'Zürich ''ops''' ELSE 'research' END AS team,
    'user_' || (hash(i, 'user') % 200) AS user_id, CASE WHEN i % 4 = 3 THEN NULL ELSE 'app_' || (i % 4) END AS app,
    CASE WHEN i % 10 = 0 THEN 'dev' ELSE 'prod' END AS env,
    model, CASE WHEN tried AND outcome <> 'lost' THEN provider END AS provider,
    CASE WHEN tried AND outcome <> 'lost' THEN target_model END AS target_model,
    CASE WHEN answered THEN target_model || '-2026' END AS served_model, CAST(NULL AS VARCHAR) AS service_tier,
    provider || '/' || target_model AS route,
    CASE WHEN model = 'smart' THEN 'cheaper' END AS experiment,
    CASE WHEN model = 'smart' THEN CASE WHEN arm_chance < 0.7 THEN 'control' ELSE 'short-prompt' END END AS arm,
    shadow, CASE WHEN shadow THEN 'req_' || (i - 1) END AS shadow_of,
    outcome, CASE outcome WHEN 'ok' THEN 200 WHEN 'truncated' THEN 200 WHEN 'denied' THEN 429 WHEN 'refused' THEN 400 WHEN 'failed' THEN 502 END AS http_status,
    CASE outcome WHEN 'denied' THEN 'budget-exhausted' WHEN 'refused' THEN 'invalid-request' WHEN 'truncated' THEN 'upstream-truncated'
      WHEN 'failed' THEN CASE WHEN i % 3 = 0 THEN 'upstream-timeout' ELSE 'upstream-error' END END AS error_kind,
    CAST(NULL AS VARCHAR) AS error_code,
    CASE WHEN outcome = 'denied' THEN 'org' END AS denied_scope, CASE WHEN outcome = 'denied' THEN 'budget_day_usd' END AS denied_limit,
    CASE WHEN outcome = 'ok' THEN 'stop' END AS finish_reason,
    CASE WHEN NOT tried OR outcome = 'lost' THEN 0 WHEN failed_nano IS NOT NULL THEN 2 ELSE 1 END AS attempt_count,
    CASE WHEN NOT tried OR outcome = 'lost' THEN 0 WHEN outcome = 'failed' OR outcome = 'truncated' THEN 1 WHEN failed_nano IS NOT NULL THEN 1 ELSE 0 END AS failed_attempts,
    CASE WHEN NOT tried OR outcome = 'lost' THEN [] ELSE
      CASE WHEN failed_nano IS NULL THEN [] ELSE [{
        provider: 'openai', model: 'gpt-5.6-sol', served_model: NULL, service_tier: NULL, key_index: 0, http_status: 503,
        error_kind: 'upstream-overloaded', finish_reason: NULL, started_after_ms: 1.0, time_to_first_token_ms: NULL,
        duration_ms: 100.0, usage_source: CASE WHEN failed_nano > 0 THEN 'reported' ELSE 'none' END,
        input_tokens: CASE WHEN failed_nano > 0 THEN prompt ELSE 0 END, cache_read_tokens: 0, cache_write_5m_tokens: 0,
        cache_write_1h_tokens: 0, output_tokens: 0, reasoning_tokens: 0, audio_input_tokens: 0, audio_output_tokens: 0,
        cost_nano_usd: failed_nano, estimated_input_tokens: CASE WHEN failed_nano = 0 THEN prompt END, estimated_output_tokens: NULL,
        estimated_cost_nano_usd: CASE WHEN failed_nano = 0 THEN prompt * 2500 END, unpriced: false }] END
      || [{
        provider: provider, model: target_model, served_model: CASE WHEN answered THEN target_model || '-2026' END, service_tier: NULL,
        key_index: 0, http_status: CASE WHEN outcome = 'failed' THEN 502 ELSE 200 END,
        error_kind: CASE outcome WHEN 'truncated' THEN 'upstream-truncated' WHEN 'failed' THEN CASE WHEN i % 3 = 0 THEN 'upstream-timeout' ELSE 'upstream-error' END END,
        finish_reason: CASE WHEN outcome = 'ok' THEN 'stop' END, started_after_ms: 1.0,
        time_to_first_token_ms: CASE WHEN answered THEN first_token_ms END, duration_ms: total_ms, usage_source: usage_source,
        input_tokens: input_tokens, cache_read_tokens: read_tokens, cache_write_5m_tokens: write_tokens, cache_write_1h_tokens: 0,
        output_tokens: output_tokens, reasoning_tokens: output_tokens // 4, audio_input_tokens: 0, audio_output_tokens: 0,
        cost_nano_usd: own_nano, estimated_input_tokens: NULL, estimated_output_tokens: NULL, estimated_cost_nano_usd: NULL,
        unpriced: unpriced }]
    END AS attempts,
    CASE WHEN tried THEN input_tokens + CASE WHEN failed_nano > 0 THEN prompt ELSE 0 END END AS input_tokens,
    CASE WHEN tried THEN read_tokens END AS cache_read_tokens, CASE WHEN tried THEN write_tokens END AS cache_write_5m_tokens,
    CASE WHEN tried THEN 0 END AS cache_write_1h_tokens, CASE WHEN tried THEN output_tokens END AS output_tokens,
    CASE WHEN tried THEN output_tokens // 4 END AS reasoning_tokens, CASE WHEN tried THEN 0 END AS audio_input_tokens,
    CASE WHEN tried THEN 0 END AS audio_output_tokens, usage_source,
    CASE WHEN outcome = 'lost' THEN 5000000 WHEN tried THEN own_nano + coalesce(failed_nano, 0) END AS cost_nano_usd,
    CASE WHEN outcome = 'lost' THEN 5000000 WHEN tried THEN own_nano + coalesce(failed_nano, 0) END / 1e9 AS cost_usd,
    CASE WHEN outcome = 'truncated' THEN own_nano WHEN tried THEN coalesce(failed_nano, 0) END AS failed_attempt_cost_nano_usd,
    CASE WHEN tried AND outcome <> 'lost' THEN uncached_nano + coalesce(failed_nano, 0) END AS uncached_cost_nano_usd,
    CASE WHEN failed_nano = 0 THEN prompt ELSE 0 END AS estimated_input_tokens, 0 AS estimated_output_tokens,
    CASE WHEN failed_nano = 0 THEN prompt * 2500 ELSE 0 END AS estimated_cost_nano_usd,
    CASE WHEN tried THEN 20000000 END AS reserved_nano_usd, 'sample' AS price_version, unpriced AND tried AS unpriced,
    CASE WHEN wait > 0.95 THEN 200.0 ELSE 0.0 END AS queue_ms, CASE WHEN tried THEN 1 + 5 * wait END AS overhead_ms,
    CASE WHEN answered THEN first_token_ms END AS time_to_first_token_ms, total_ms,
    prompt * 4 AS request_bytes, answer * 4 AS response_bytes,
    CASE WHEN chance(i, 'flag') < 0.01 THEN ['prompt-injection'] ELSE [] END AS flags, MAP {'ticket': 'T-' || (i % 1000)} AS metadata,
    'v1' AS config_version, '0.1.0' AS gateway_version,
    happened + to_milliseconds(CAST(chance(i, 'arrival') * 360000 AS BIGINT)) AS arrived_at, i
  FROM timed
)
SELECT *, strftime(arrived_at, '%Y-%m-%d') AS dt FROM rows_once
UNION ALL
-- Delivered twice.
SELECT *, strftime(arrived_at + INTERVAL 5 MINUTE, '%Y-%m-%d') FROM rows_once WHERE hash(i, 'twice') % 100 = 0
UNION ALL
-- Taken for lost, although its own row had come.
SELECT * REPLACE ('lost' AS outcome, 9000000 AS cost_nano_usd, 0.009 AS cost_usd, [] AS attempts, NULL AS provider, 'estimated' AS usage_source),
  strftime(arrived_at + INTERVAL 10 MINUTE, '%Y-%m-%d')
FROM rows_once WHERE hash(i, 'lost') % 300 = 0 AND outcome = 'ok'`;

/** Some of the experiment's answers are scored, some of them again. */
const FEEDBACK_SQL = `
WITH scored AS (
  SELECT DISTINCT ON (request_id) request_id, arm, started_at, i, key_id FROM made
  WHERE experiment IS NOT NULL AND outcome = 'ok' AND chance(i, 'scored') < 0.2
), rounds AS (SELECT *, 0 AS round FROM scored UNION ALL SELECT *, 1 FROM scored WHERE i % 5 = 0)
SELECT 'fb_' || i || '_' || round AS feedback_id, request_id, started_at + to_minutes(10 + round) AS received_at, key_id,
  round(chance(i, 'score' || round) * CASE WHEN arm = 'control' THEN 0.8 ELSE 1.0 END, 2) AS score,
  CASE WHEN i % 3 = 0 THEN 'helpful' END AS label, NULL AS comment, '0.1.0' AS gateway_version,
  strftime(started_at + to_minutes(10 + round), '%Y-%m-%d') AS dt
FROM rounds`;

/**
 * What the providers of these requests would export: each attempt that they billed. One day of theirs has a line that
 * we know nothing of, one misses a model, and one differs.
 */
const INVOICES_SQL = `
WITH once AS (
  SELECT DISTINCT ON (request_id) * FROM made ORDER BY request_id, outcome = 'lost'
), billed AS (
  SELECT strftime(started_at, '%Y-%m-%d') AS day, unnest(attempts) AS attempt FROM once
), sums AS (
  SELECT day, attempt.provider AS provider, coalesce(attempt.served_model, attempt.model) AS model, sum(attempt.cost_nano_usd) AS nano
  FROM billed GROUP BY ALL
)
SELECT day, provider, model,
  CAST(CAST(nano + CASE WHEN day = '2026-09-20' AND model = 'claude-sonnet-5-2026' THEN 5000000000 ELSE 0 END AS DECIMAL(38, 9)) / 1000000000 AS DECIMAL(18, 9)) AS cost_usd
FROM sums WHERE NOT (day = '2026-09-21' AND model = 'gpt-5.6-luna-2026') AND nano > 0
UNION ALL SELECT '2026-09-22', 'openai', 'gpt-5.6-terra', 12.5
ORDER BY ALL`;
