-- The arms of an experiment side by side: cost, speed, failures, and scores from feedback.
--
-- A row for each arm and each label that was scored; an arm without scores has one row. Of several scores for one
-- request and label the last one stands. Mirrored requests are not counted. The difference of two arms means
-- little while it is smaller than about two of their standard errors.
--
-- Parameters:
--   experiment  text   its name; by default all
--   since       date   first day, UTC; by default 29 days ago
--   until       date   last day, UTC, itself included; by default today
--   late_days   days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                      come on the day of their recovery
--
-- Columns:
--   experiment, arm             which
--   requests                    of the arm: the same in each of its rows, as are the next six
--   failure_rate                failed, truncated and lost, of all but denied and refused
--   cost_usd                    in all
--   cost_per_request_usd        of those that were tried
--   output_tokens_mean          of an answer
--   first_token_p50, total_p50  ms, of answered requests
--   total_p90                   the same
--   label                       what was scored; null: without a label, or no scores
--   scores                      how many requests have one
--   score_mean                  of them
--   score_error                 standard error of the mean
WITH requests_once AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY request_id
      ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
    ) AS copy_number
  FROM requests
  WHERE dt >= CAST(/* since: */ CAST(current_date - INTERVAL '29' DAY AS DATE) /* :since */ AS VARCHAR)
    AND dt <= CAST(
      CAST(/* until: */ current_date /* :until */ + INTERVAL /* late_days: */ '1' /* :late_days */ DAY AS DATE) AS VARCHAR
    )
    AND started_at >= CAST(/* since: */ CAST(current_date - INTERVAL '29' DAY AS DATE) /* :since */ AS TIMESTAMP)
    AND started_at < CAST(/* until: */ current_date /* :until */ AS TIMESTAMP) + INTERVAL '1' DAY
),
arms AS (
  SELECT
    experiment,
    arm,
    count(*) AS requests,
    CAST(sum(CASE WHEN outcome IN ('failed', 'truncated', 'lost') THEN 1 ELSE 0 END) AS DOUBLE)
      / nullif(CAST(sum(CASE WHEN outcome IN ('denied', 'refused') THEN 0 ELSE 1 END) AS DOUBLE), 0e0) AS failure_rate,
    CAST(sum(coalesce(cost_nano_usd, 0)) AS DOUBLE) / 1e9 AS cost_usd,
    CAST(sum(coalesce(cost_nano_usd, 0)) AS DOUBLE)
      / nullif(CAST(sum(CASE WHEN outcome IN ('denied', 'refused') THEN 0 ELSE 1 END) AS DOUBLE), 0e0)
      / 1e9 AS cost_per_request_usd,
    avg(CASE WHEN outcome = 'ok' THEN CAST(output_tokens AS DOUBLE) END) AS output_tokens_mean,
    approx_percentile(CASE WHEN outcome = 'ok' THEN time_to_first_token_ms END, 0.5) AS first_token_p50,
    approx_percentile(CASE WHEN outcome = 'ok' THEN total_ms END, 0.5) AS total_p50,
    approx_percentile(CASE WHEN outcome = 'ok' THEN total_ms END, 0.9) AS total_p90
  FROM requests_once
  WHERE copy_number = 1
    AND shadow = FALSE
    AND experiment IS NOT NULL
    AND /* experiment: */ '' /* :experiment */ IN ('', experiment)
  GROUP BY 1, 2
),
ranked_feedback AS (
  SELECT
    request_id,
    label,
    score,
    row_number() OVER (
      PARTITION BY request_id, coalesce(label, '') ORDER BY received_at DESC, feedback_id DESC
    ) AS place
  FROM feedback
  WHERE dt >= CAST(/* since: */ CAST(current_date - INTERVAL '29' DAY AS DATE) /* :since */ AS VARCHAR)
),
scored AS (
  SELECT
    requests_once.experiment,
    requests_once.arm,
    ranked_feedback.label,
    count(*) AS scores,
    avg(ranked_feedback.score) AS score_mean,
    stddev_samp(ranked_feedback.score) / sqrt(CAST(count(*) AS DOUBLE)) AS score_error
  FROM requests_once
  INNER JOIN ranked_feedback ON requests_once.request_id = ranked_feedback.request_id
  WHERE requests_once.copy_number = 1
    AND requests_once.shadow = FALSE
    AND ranked_feedback.place = 1
    AND ranked_feedback.score IS NOT NULL
  GROUP BY 1, 2, 3
)
SELECT
  arms.experiment,
  arms.arm,
  arms.requests,
  arms.failure_rate,
  arms.cost_usd,
  arms.cost_per_request_usd,
  arms.output_tokens_mean,
  arms.first_token_p50,
  arms.total_p50,
  arms.total_p90,
  scored.label,
  coalesce(scored.scores, 0) AS scores,
  scored.score_mean,
  scored.score_error
FROM arms
LEFT JOIN scored ON arms.experiment = scored.experiment AND coalesce(arms.arm, '') = coalesce(scored.arm, '')
ORDER BY arms.experiment NULLS LAST, scored.label NULLS LAST, arms.arm NULLS LAST
