-- What prompt caches saved: the cost beside what it would have been without them.
--
-- Reading from a cache is cheaper than input, writing to it dearer, so that a cache that is written and not read
-- costs money: saved_usd is negative then.
--
-- Parameters:
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--
-- Columns:
--   provider, model    that answered
--   requests           with usage
--   input_tokens       all input, cached or not
--   cache_read_share   of the input that was read from a cache
--   cache_write_share  of the input that was written to one
--   cost_usd           what it cost
--   uncached_usd       what it would have cost as plain input
--   saved_usd          the difference
--   saved_share        of what it would have cost
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
  sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) AS input_tokens,
  CAST(sum(cache_read_tokens) AS DOUBLE)
    / nullif(CAST(sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) AS DOUBLE), 0e0)
    AS cache_read_share,
  CAST(sum(cache_write_5m_tokens + cache_write_1h_tokens) AS DOUBLE)
    / nullif(CAST(sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens) AS DOUBLE), 0e0)
    AS cache_write_share,
  CAST(sum(cost_nano_usd) AS DOUBLE) / 1e9 AS cost_usd,
  CAST(sum(uncached_cost_nano_usd) AS DOUBLE) / 1e9 AS uncached_usd,
  CAST(sum(uncached_cost_nano_usd - cost_nano_usd) AS DOUBLE) / 1e9 AS saved_usd,
  CAST(sum(uncached_cost_nano_usd - cost_nano_usd) AS DOUBLE) / nullif(CAST(sum(uncached_cost_nano_usd) AS DOUBLE), 0e0)
    AS saved_share
FROM requests_once
WHERE copy_number = 1 AND uncached_cost_nano_usd IS NOT NULL AND usage_source <> 'none'
GROUP BY 1, 2
ORDER BY saved_usd DESC NULLS LAST, provider NULLS LAST, model NULLS LAST
