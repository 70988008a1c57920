-- What retries and failovers cost: attempts that failed, by target and kind of error.
--
-- Attempts that were not sent, for want of a key, are not counted. A failed attempt is paid for where its provider
-- reported usage. Where it reported none, it costs nothing here, and what it may be billed for stands apart as an
-- estimate. A request has 20 attempts at most.
--
-- Parameters:
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--
-- Columns:
--   provider, model  the target that failed
--   error_kind       the gateway's kind of error
--   failed_attempts  how many
--   saved_requests   of them in requests that were answered all the same
--   wasted_ms        how long they took in all
--   cost_usd         what they cost: part of every other sum
--   estimated_usd    what they may cost beyond that: part of no sum
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
each_attempt AS (
  SELECT
    outcome,
    element_at(attempts, numbers.n) AS attempt
  FROM requests_once
  CROSS JOIN UNNEST(sequence(1, 20)) AS numbers(n)
  WHERE copy_number = 1 AND failed_attempts > 0 AND numbers.n <= cardinality(attempts)
)
SELECT
  attempt.provider AS provider,
  attempt.model AS model,
  attempt.error_kind AS error_kind,
  count(*) AS failed_attempts,
  sum(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS saved_requests,
  sum(attempt.duration_ms) AS wasted_ms,
  CAST(sum(coalesce(attempt.cost_nano_usd, 0)) AS DOUBLE) / 1e9 AS cost_usd,
  CAST(sum(coalesce(attempt.estimated_cost_nano_usd, 0)) AS DOUBLE) / 1e9 AS estimated_usd
FROM each_attempt
WHERE attempt.error_kind <> 'misconfigured'
GROUP BY 1, 2, 3
ORDER BY
  cost_usd DESC NULLS LAST,
  failed_attempts DESC NULLS LAST,
  provider NULLS LAST,
  model NULLS LAST,
  error_kind NULLS LAST
