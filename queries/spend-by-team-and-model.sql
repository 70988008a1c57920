-- Spend by team and model over the last 30 days, dearest first.
--
-- Runs unchanged in Athena (Trino) and in `tollgate query` (DuckDB). Days are UTC.
-- * Firehose delivers at least once, so a row is counted once by its request_id; where a request that was given up
--   for lost turns out to have a row of its own, that row counts.
-- * `dt` is the day of arrival and the partition: the condition on it is what keeps the scan, and its price, small.
-- * Costs add up as whole nano-dollars and are divided once, at the end, so that the sum is exact.
-- * `unpriced_requests` had no known price: their cost is missing from the sum. Add one under `prices`.
WITH requests_once AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY request_id
      ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
    ) AS copy_number
  FROM requests
  WHERE dt >= CAST(CAST(current_date - INTERVAL '30' DAY AS DATE) AS VARCHAR)
)
SELECT
  coalesce(team, '(none)') AS team,
  coalesce(served_model, target_model, model, '(none)') AS served_by,
  count(*) AS requests,
  sum(input_tokens + audio_input_tokens) AS input_tokens,
  sum(cache_read_tokens) AS cache_read_tokens,
  sum(cache_write_5m_tokens + cache_write_1h_tokens) AS cache_write_tokens,
  sum(output_tokens + audio_output_tokens) AS output_tokens,
  CAST(sum(cost_nano_usd) AS DOUBLE) / 1e9 AS cost_usd,
  sum(CASE WHEN unpriced THEN 1 ELSE 0 END) AS unpriced_requests
FROM requests_once
WHERE copy_number = 1
GROUP BY 1, 2
ORDER BY cost_usd DESC NULLS LAST, requests DESC
