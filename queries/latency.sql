-- How long answers take, by model and provider: percentiles of the first token and of the whole.
--
-- Answered requests only, mirrored ones not counted. Athena's percentiles are approximate, to about 2 % of the
-- rank.
--
-- Parameters:
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--
-- Columns:
--   provider, model              that answered
--   requests                     how many were answered
--   first_token_p50, _p90, _p99  ms from the request to the first content; whole answers have theirs when they are
--                                complete
--   total_p50, _p90, _p99        ms from the request to the last byte
--   overhead_p50, _p90, _p99     ms of the gateway's own before the first upstream request
--   queued_requests              that waited for room
--   tokens_per_second            of output after the first token, over all streams
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
)
SELECT
  provider,
  coalesce(served_model, target_model) AS model,
  count(*) AS requests,
  approx_percentile(time_to_first_token_ms, 0.5) AS first_token_p50,
  approx_percentile(time_to_first_token_ms, 0.9) AS first_token_p90,
  approx_percentile(time_to_first_token_ms, 0.99) AS first_token_p99,
  approx_percentile(total_ms, 0.5) AS total_p50,
  approx_percentile(total_ms, 0.9) AS total_p90,
  approx_percentile(total_ms, 0.99) AS total_p99,
  approx_percentile(overhead_ms, 0.5) AS overhead_p50,
  approx_percentile(overhead_ms, 0.9) AS overhead_p90,
  approx_percentile(overhead_ms, 0.99) AS overhead_p99,
  sum(CASE WHEN queue_ms > 0e0 THEN 1 ELSE 0 END) AS queued_requests,
  1e3 * CAST(sum(CASE WHEN stream AND total_ms > time_to_first_token_ms THEN output_tokens END) AS DOUBLE)
    / nullif(sum(CASE WHEN stream AND total_ms > time_to_first_token_ms THEN total_ms - time_to_first_token_ms END), 0e0)
    AS tokens_per_second
FROM requests_once
WHERE copy_number = 1 AND outcome = 'ok' AND shadow = FALSE
GROUP BY 1, 2
ORDER BY requests DESC NULLS LAST, provider NULLS LAST, model NULLS LAST
