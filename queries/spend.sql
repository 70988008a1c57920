-- Spend by team, app, user, key, model, provider, day or any two of them, dearest first.
--
-- A request counts once, by the day it started, whatever was delivered twice. The provider is the one that
-- answered, or was tried last; what failed attempts elsewhere cost is in its sum (failed-attempts and invoice-
-- reconciliation tell them apart).
--
-- Parameters:
--   by         text   day, month, team, app, user, key, env, model, provider, served_model, experiment, arm, outcome or
--                     none; by default team
--   then_by    text   the same, for a second column; by default model
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--
-- Columns:
--   group_1, group_2    what the row is about; null where the request had none
--   requests            refused ones included
--   input_tokens        input that no cache held, audio included
--   cache_read_tokens   input read from a prompt cache
--   cache_write_tokens  input written to one
--   output_tokens       output, reasoning and audio included
--   cost_usd            exact: added up in nano-dollars, divided once
--   unpriced_requests   to a model without a known price: what they cost is missing from the sum. Add it under "prices"
--   estimated_requests  whose provider reported no usage, or not all of it
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
  CASE /* by: */ 'team' /* :by */
    WHEN 'day' THEN CAST(CAST(started_at AS DATE) AS VARCHAR)
    WHEN 'month' THEN substr(CAST(CAST(started_at AS DATE) AS VARCHAR), 1, 7)
    WHEN 'team' THEN team
    WHEN 'app' THEN app
    WHEN 'user' THEN user_id
    WHEN 'key' THEN key_id
    WHEN 'env' THEN env
    WHEN 'model' THEN model
    WHEN 'provider' THEN provider
    WHEN 'served_model' THEN coalesce(served_model, target_model)
    WHEN 'experiment' THEN experiment
    WHEN 'arm' THEN arm
    WHEN 'outcome' THEN outcome
    WHEN 'none' THEN 'all'
    ELSE '(no such dimension)'
  END AS group_1,
  CASE /* then_by: */ 'model' /* :then_by */
    WHEN 'day' THEN CAST(CAST(started_at AS DATE) AS VARCHAR)
    WHEN 'month' THEN substr(CAST(CAST(started_at AS DATE) AS VARCHAR), 1, 7)
    WHEN 'team' THEN team
    WHEN 'app' THEN app
    WHEN 'user' THEN user_id
    WHEN 'key' THEN key_id
    WHEN 'env' THEN env
    WHEN 'model' THEN model
    WHEN 'provider' THEN provider
    WHEN 'served_model' THEN coalesce(served_model, target_model)
    WHEN 'experiment' THEN experiment
    WHEN 'arm' THEN arm
    WHEN 'outcome' THEN outcome
    WHEN 'none' THEN 'all'
    ELSE '(no such dimension)'
  END AS group_2,
  count(*) AS requests,
  sum(coalesce(input_tokens, 0) + coalesce(audio_input_tokens, 0)) AS input_tokens,
  sum(coalesce(cache_read_tokens, 0)) AS cache_read_tokens,
  sum(coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) AS cache_write_tokens,
  sum(coalesce(output_tokens, 0) + coalesce(audio_output_tokens, 0)) AS output_tokens,
  CAST(sum(coalesce(cost_nano_usd, 0)) AS DOUBLE) / 1e9 AS cost_usd,
  sum(CASE WHEN unpriced THEN 1 ELSE 0 END) AS unpriced_requests,
  sum(CASE WHEN usage_source = 'estimated' THEN 1 ELSE 0 END) AS estimated_requests
FROM requests_once
WHERE copy_number = 1
GROUP BY 1, 2
ORDER BY cost_usd DESC NULLS LAST, requests DESC NULLS LAST, group_1 NULLS LAST, group_2 NULLS LAST
