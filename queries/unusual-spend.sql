-- Hours in which a team spent far more than it does on average.
--
-- An hour stands beside the mean of the 168 before it, hours without a request counted as nothing; for a team that
-- is younger than a week, beside those since its first request in that time. The first hour of a team has nothing
-- to stand beside and is left out.
--
-- Parameters:
--   since      date   first day, UTC; by default 6 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--   factor     number how many times the mean is unusual; by default 4
--   least_usd  number what an hour must have cost to be worth a look; by default 1
--
-- Columns:
--   hour_utc    its beginning, UTC
--   team        null: requests without a team
--   requests    in that hour
--   cost_usd    in that hour
--   mean_usd    of an hour of the week before
--   times_mean  cost over mean; null where the mean is 0
WITH requests_once AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY request_id
      ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
    ) AS copy_number
  FROM requests
  WHERE dt >= CAST(CAST(/* since: */ CAST(current_date - INTERVAL '6' DAY AS DATE) /* :since */ - INTERVAL '7' DAY AS DATE) AS VARCHAR)
    AND dt <= CAST(
      CAST(/* until: */ current_date /* :until */ + INTERVAL /* late_days: */ '1' /* :late_days */ DAY AS DATE) AS VARCHAR
    )
    AND started_at >= CAST(CAST(/* since: */ CAST(current_date - INTERVAL '6' DAY AS DATE) /* :since */ - INTERVAL '7' DAY AS DATE) AS TIMESTAMP)
    AND started_at < CAST(/* until: */ current_date /* :until */ AS TIMESTAMP) + INTERVAL '1' DAY
),
hourly AS (
  SELECT
    team,
    date_trunc('hour', started_at) AS hour_started,
    date_diff('hour', TIMESTAMP '2026-01-01 00:00:00', date_trunc('hour', started_at)) AS hour_number,
    count(*) AS requests,
    sum(coalesce(cost_nano_usd, 0)) AS nano
  FROM requests_once
  WHERE copy_number = 1
  GROUP BY 1, 2, 3
),
weekly AS (
  SELECT
    team,
    hour_started,
    hour_number,
    requests,
    nano,
    sum(nano) OVER (
      PARTITION BY team ORDER BY hour_number RANGE BETWEEN 168 PRECEDING AND 1 PRECEDING
    ) AS before_nano,
    least(168, hour_number - min(hour_number) OVER (PARTITION BY team)) AS hours_before
  FROM hourly
),
compared AS (
  SELECT
    hour_started,
    team,
    requests,
    CAST(nano AS DOUBLE) / 1e9 AS cost_usd,
    CAST(coalesce(before_nano, 0) AS DOUBLE) / nullif(CAST(hours_before AS DOUBLE), 0e0) / 1e9 AS mean_usd
  FROM weekly
  WHERE hours_before > 0
    AND hour_started >= CAST(/* since: */ CAST(current_date - INTERVAL '6' DAY AS DATE) /* :since */ AS TIMESTAMP)
)
SELECT
  hour_started AS hour_utc,
  team,
  requests,
  cost_usd,
  mean_usd,
  cost_usd / nullif(mean_usd, 0e0) AS times_mean
FROM compared
WHERE cost_usd >= /* least_usd: */ 1e0 /* :least_usd */
  AND cost_usd > /* factor: */ 4e0 /* :factor */ * mean_usd
ORDER BY cost_usd DESC NULLS LAST, hour_started NULLS LAST, team NULLS LAST
