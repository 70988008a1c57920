-- All traffic of a model at other prices: what it cost, and what it would have cost.
--
-- Token for token: another model may count the same text as more tokens or fewer, and answer at another length.
-- Prices that depend on the size of the prompt are asked at one of their steps. On the command line `--like
-- PROVIDER/MODEL` takes the prices from the catalogue and the configuration.
--
-- Parameters:
--   model           text   as clients ask for it; by default all models
--   since           date   first day, UTC; by default 29 days ago
--   until           date   last day, UTC, itself included; by default today
--   late_days       days   how many days after the last one rows may have come in; by default 1. Rows that were
--                          recovered come on the day of their recovery
--   input           number USD per million tokens of input; 0 unless given, as are the others
--   cache_read      number read from a cache
--   cache_write_5m  number written to a cache for 5 minutes
--   cache_write_1h  number written to a cache for an hour
--   output          number output
--   audio_input     number audio input
--   audio_output    number audio output
--
-- Columns:
--   model             as clients asked for it
--   served_by         what answered
--   requests          with usage
--   cost_usd          what it cost
--   what_if_usd       what it would have cost
--   difference_usd    positive: dearer
--   difference_share  of what it cost
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
sums AS (
  SELECT
    model,
    coalesce(served_model, target_model) AS served_by,
    count(*) AS requests,
    CAST(sum(cost_nano_usd) AS DOUBLE) / 1e9 AS cost_usd,
    (
      CAST(sum(input_tokens) AS DOUBLE) * /* input: */ 0e0 /* :input */
      + CAST(sum(cache_read_tokens) AS DOUBLE) * /* cache_read: */ 0e0 /* :cache_read */
      + CAST(sum(cache_write_5m_tokens) AS DOUBLE) * /* cache_write_5m: */ 0e0 /* :cache_write_5m */
      + CAST(sum(cache_write_1h_tokens) AS DOUBLE) * /* cache_write_1h: */ 0e0 /* :cache_write_1h */
      + CAST(sum(output_tokens) AS DOUBLE) * /* output: */ 0e0 /* :output */
      + CAST(sum(audio_input_tokens) AS DOUBLE) * /* audio_input: */ 0e0 /* :audio_input */
      + CAST(sum(audio_output_tokens) AS DOUBLE) * /* audio_output: */ 0e0 /* :audio_output */
    ) / 1e6 AS what_if_usd
  FROM requests_once
  WHERE copy_number = 1
    AND usage_source <> 'none'
    AND input_tokens IS NOT NULL
    AND /* model: */ '' /* :model */ IN ('', model)
  GROUP BY 1, 2
)
SELECT
  model,
  served_by,
  requests,
  cost_usd,
  what_if_usd,
  what_if_usd - cost_usd AS difference_usd,
  (what_if_usd - cost_usd) / nullif(cost_usd, 0e0) AS difference_share
FROM sums
ORDER BY cost_usd DESC NULLS LAST, model NULLS LAST, served_by NULLS LAST
