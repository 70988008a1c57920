/** What the log knows of an experiment: two statements in the SQL that DuckDB and Athena share. */
import { dayStartsAtMs } from '../functions/ledger/calendar.ts';
import { FEEDBACK } from '../functions/records/lake-tables.ts';
import { requestsOnce } from '../functions/records/requests-once.ts';
import { PARTITION_COLUMN } from '../functions/records/row.ts';
import type { Sample } from './intervals.ts';
import type { OpenLake } from './open-lake.ts';

export interface Arm {
  readonly arm: string;
  /** That were sent to a provider, or may have been: without denied and refused ones, repeats and shadows. */
  readonly requests: number;
  /** Failed, truncated and lost. */
  readonly errors: number;
  /** In nano-dollars. */
  readonly costNano: number;
  readonly cost: Sample;
  /** Of answered requests, in ms; null where there are none. */
  readonly totalMs: Percentiles;
  readonly firstTokenMs: Percentiles;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly scores: readonly Score[];
}

export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

/** The last score of each request. */
export interface Score extends Sample {
  /** Null: without a label. */
  readonly label: string | null;
  readonly zeros: number;
  readonly ones: number;
}

export interface ExperimentQuery {
  /** As the configuration has it: letters, digits and ".", "_", "-". */
  readonly name: string;
  /** First day, UTC. */
  readonly since: string;
}

export async function queryExperiment(lake: OpenLake, query: ExperimentQuery): Promise<readonly Arm[]> {
  const arms = await lake.query(armsSql(query));
  const scored = await lake.query(scoresSql(query));
  const scores = scored.rows.map(([arm, label, count, mean, spread, zeros, ones]) => ({
    arm: String(arm),
    label: label === null ? null : String(label),
    count: Number(count),
    mean: Number(mean),
    variance: Number(spread) ** 2,
    zeros: Number(zeros),
    ones: Number(ones),
  }));
  return arms.rows.map((row) => {
    const [arm, requests, errors, nano, mean, spread, ...others] = row;
    const [total50, total95, first50, first95, input, output] = others;
    return {
      arm: String(arm),
      requests: Number(requests),
      errors: Number(errors),
      costNano: Number(nano),
      cost: { count: Number(requests), mean: Number(mean), variance: Number(spread) ** 2 },
      totalMs: { p50: orNull(total50), p95: orNull(total95) },
      firstTokenMs: { p50: orNull(first50), p95: orNull(first95) },
      inputTokens: Number(input),
      outputTokens: Number(output),
      scores: scores.filter((score) => score.arm === String(arm)).map(({ arm: _, ...score }) => score),
    };
  });
}

const orNull = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));

function tried({ name, since }: ExperimentQuery): string {
  return `tried AS (
  SELECT * FROM (${requestsOnce(dayStartsAtMs(since))}
  ) AS requests_once
  WHERE experiment = '${name}' AND shadow = FALSE AND (attempt_count > 0 OR outcome = 'lost')
)`;
}

export function armsSql(query: ExperimentQuery): string {
  const ok = (column: string) => `CASE WHEN outcome = 'ok' THEN ${column} END`;
  return `WITH ${tried(query)}
SELECT
  arm,
  count(*) AS requests,
  sum(CASE WHEN outcome = 'ok' THEN 0 ELSE 1 END) AS errors,
  sum(coalesce(cost_nano_usd, 0)) AS cost_nano_usd,
  avg(CAST(coalesce(cost_nano_usd, 0) AS DOUBLE)) AS cost_mean,
  coalesce(stddev_samp(CAST(coalesce(cost_nano_usd, 0) AS DOUBLE)), 0) AS cost_spread,
  approx_percentile(${ok('total_ms')}, 0.5) AS total_p50,
  approx_percentile(${ok('total_ms')}, 0.95) AS total_p95,
  approx_percentile(${ok('time_to_first_token_ms')}, 0.5) AS first_p50,
  approx_percentile(${ok('time_to_first_token_ms')}, 0.95) AS first_p95,
  sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0)
    + coalesce(cache_write_1h_tokens, 0) + coalesce(audio_input_tokens, 0)) AS input_tokens,
  sum(coalesce(output_tokens, 0) + coalesce(audio_output_tokens, 0)) AS output_tokens
FROM tried
WHERE arm IS NOT NULL
GROUP BY arm
ORDER BY arm NULLS LAST`;
}

/** Only what the request's own key said: the gateway sees to that, and nobody else writes into this table. */
export function scoresSql(query: ExperimentQuery): string {
  return `WITH ${tried(query)},
last_scores AS (
  SELECT request_id, label, score FROM (
    SELECT
      request_id,
      label,
      score,
      row_number() OVER (
        PARTITION BY request_id, coalesce(label, '') ORDER BY received_at DESC, feedback_id DESC
      ) AS place
    FROM ${FEEDBACK.name}
    WHERE ${PARTITION_COLUMN} >= '${query.since}' AND score IS NOT NULL
  ) AS ranked
  WHERE place = 1
)
SELECT
  arm,
  label,
  count(*) AS scores,
  avg(score) AS mean,
  coalesce(stddev_samp(score), 0) AS spread,
  sum(CASE WHEN score = 0 THEN 1 ELSE 0 END) AS zeros,
  sum(CASE WHEN score = 1 THEN 1 ELSE 0 END) AS ones
FROM tried INNER JOIN last_scores ON tried.request_id = last_scores.request_id
WHERE arm IS NOT NULL
GROUP BY arm, label
ORDER BY arm NULLS LAST, label NULLS LAST`;
}
