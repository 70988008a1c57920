-- How often requests fail, by model and provider, and of what.
--
-- A request that a limit of the caller's refused, or that was wrong, is no failure: the rate is of those that were
-- tried. Mirrored requests are not counted.
--
-- Parameters:
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--
-- Columns:
--   model                                         as clients asked for it
--   provider                                      that answered or was tried last; null: none was
--   requests                                      all
--   ok, denied, refused, failed, truncated, lost  by outcome
--   failure_rate                                  failed, truncated and lost, of all but denied and refused
--   failovers                                     answered after an attempt had failed
--   top_error                                     the kind of error that came most often, and how often: "upstream-
--                                                 timeout (12)"
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
kinds AS (
  SELECT
    model,
    provider,
    error_kind,
    count(*) AS requests,
    row_number() OVER (PARTITION BY model, provider ORDER BY count(*) DESC, error_kind) AS place
  FROM requests_once
  WHERE copy_number = 1 AND shadow = FALSE AND error_kind IS NOT NULL
  GROUP BY model, provider, error_kind
),
outcomes AS (
  SELECT
    model,
    provider,
    count(*) AS requests,
    sum(CASE WHEN outcome = 'ok' THEN 1 ELSE 0 END) AS ok,
    sum(CASE WHEN outcome = 'denied' THEN 1 ELSE 0 END) AS denied,
    sum(CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END) AS refused,
    sum(CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END) AS failed,
    sum(CASE WHEN outcome = 'truncated' THEN 1 ELSE 0 END) AS truncated,
    sum(CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END) AS lost,
    sum(CASE WHEN outcome = 'ok' AND failed_attempts > 0 THEN 1 ELSE 0 END) AS failovers
  FROM requests_once
  WHERE copy_number = 1 AND shadow = FALSE
  GROUP BY model, provider
)
SELECT
  outcomes.model,
  outcomes.provider,
  outcomes.requests,
  outcomes.ok,
  outcomes.denied,
  outcomes.refused,
  outcomes.failed,
  outcomes.truncated,
  outcomes.lost,
  CAST(outcomes.failed + outcomes.truncated + outcomes.lost AS DOUBLE)
    / nullif(CAST(outcomes.requests - outcomes.denied - outcomes.refused AS DOUBLE), 0e0) AS failure_rate,
  outcomes.failovers,
  kinds.error_kind || ' (' || CAST(kinds.requests AS VARCHAR) || ')' AS top_error
FROM outcomes
LEFT JOIN kinds
  ON coalesce(outcomes.model, '') = coalesce(kinds.model, '')
  AND coalesce(outcomes.provider, '') = coalesce(kinds.provider, '')
  AND kinds.place = 1
ORDER BY
  failure_rate DESC NULLS LAST,
  outcomes.requests DESC NULLS LAST,
  outcomes.model NULLS LAST,
  outcomes.provider NULLS LAST
