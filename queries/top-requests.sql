-- The requests that cost most.
--
-- Parameters:
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--   most       count  how many; by default 20
--
-- Columns:
--   request_id, started_at         quote the id: it is in x-tollgate-request-id
--   team, app, user_id, key_id     whose it was
--   model, provider, served_model  what was asked, and what answered
--   outcome                        ok, failed, truncated, lost, …
--   input_tokens                   input that no cache held, audio included
--   cache_read_tokens              input read from a prompt cache
--   cache_write_tokens             input written to one
--   output_tokens                  output, reasoning and audio included
--   attempts_made                  upstream requests
--   total_ms                       from the request to the last byte
--   cost_usd                       of all attempts
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
  request_id,
  started_at,
  team,
  app,
  user_id,
  key_id,
  model,
  provider,
  served_model,
  outcome,
  coalesce(input_tokens, 0) + coalesce(audio_input_tokens, 0) AS input_tokens,
  coalesce(cache_read_tokens, 0) AS cache_read_tokens,
  coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) AS cache_write_tokens,
  coalesce(output_tokens, 0) + coalesce(audio_output_tokens, 0) AS output_tokens,
  attempt_count AS attempts_made,
  total_ms,
  CAST(cost_nano_usd AS DOUBLE) / 1e9 AS cost_usd
FROM requests_once
WHERE copy_number = 1 AND cost_nano_usd > 0
ORDER BY cost_nano_usd DESC NULLS LAST, request_id NULLS LAST
LIMIT /* most: */ 20 /* :most */
