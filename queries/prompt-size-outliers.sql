-- Requests whose prompt is far larger than is usual for their app and model.
--
-- Usual is the median of the requests of the same app and model within the days asked for, where there are at
-- least 20 of them. Whole prompts that grew by accident (a file, a history that is never cut) show here before
-- they show on the bill.
--
-- Parameters:
--   since         date   first day, UTC; by default 29 days ago
--   until         date   last day, UTC, itself included; by default today
--   late_days     days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                        come on the day of their recovery
--   factor        number how many times the median is an outlier; by default 10
--   least_tokens  count  smaller prompts are never one; by default 2000
--   most          count  how many; by default 50
--
-- Columns:
--   request_id, started_at     which
--   team, app, user_id, model  whose, and of what
--   input_tokens               all input, cached or not
--   median_tokens              what is usual
--   times_median               how many times that
--   cost_usd                   what it cost
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
prompts AS (
  SELECT
    request_id,
    started_at,
    team,
    app,
    user_id,
    model,
    cost_nano_usd,
    input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + audio_input_tokens AS all_input
  FROM requests_once
  WHERE copy_number = 1 AND usage_source <> 'none'
),
usual AS (
  SELECT
    coalesce(app, '') AS app,
    coalesce(model, '') AS model,
    approx_percentile(all_input, 0.5) AS median_tokens
  FROM prompts
  GROUP BY 1, 2
  HAVING count(*) >= 20
)
SELECT
  prompts.request_id,
  prompts.started_at,
  prompts.team,
  prompts.app,
  prompts.user_id,
  prompts.model,
  prompts.all_input AS input_tokens,
  usual.median_tokens,
  CAST(prompts.all_input AS DOUBLE) / nullif(CAST(usual.median_tokens AS DOUBLE), 0e0) AS times_median,
  CAST(prompts.cost_nano_usd AS DOUBLE) / 1e9 AS cost_usd
FROM prompts
INNER JOIN usual ON coalesce(prompts.app, '') = usual.app AND coalesce(prompts.model, '') = usual.model
WHERE prompts.all_input >= /* least_tokens: */ 2000 /* :least_tokens */
  AND CAST(prompts.all_input AS DOUBLE) > /* factor: */ 10e0 /* :factor */ * CAST(usual.median_tokens AS DOUBLE)
ORDER BY times_median DESC NULLS LAST, prompts.request_id NULLS LAST
LIMIT /* most: */ 50 /* :most */
