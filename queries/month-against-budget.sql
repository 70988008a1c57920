-- This month's spend against budgets, with a forecast of its end.
--
-- Budgets are no part of the log: they stand on the meters, where they are enforced. On the command line they are
-- read from there, unless they are given; in Athena type them in, as `quotas list` shows them.
-- The forecast goes on with what the complete days of the last seven of this month cost on average; on the first
-- day, with what the day has cost so far.
--
-- Parameters:
--   by       text   team, app, user, key or env; by default team
--   budgets  text   "search=500;ads=120.50": USD a month, by the names of that kind; by default none
--   today    date   the last day that counts, UTC; by default today
--
-- Columns:
--   name                        team, app, …; null: requests without any
--   spent_usd                   this month so far
--   daily_usd                   what a day cost on average
--   forecast_usd                what the month will have cost
--   budget_usd                  null: no budget was given
--   used_share, forecast_share  of the budget; 1 is all of it
--   state                       over: the budget is spent; will pass: it will not last; ok; or no budget
WITH requests_once AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY request_id
      ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
    ) AS copy_number
  FROM requests
  WHERE dt >= CAST(CAST(date_trunc('month', /* today: */ current_date /* :today */) AS DATE) AS VARCHAR)
    AND dt <= CAST(CAST(/* today: */ current_date /* :today */ + INTERVAL '1' DAY AS DATE) AS VARCHAR)
    AND started_at >= CAST(CAST(date_trunc('month', /* today: */ current_date /* :today */) AS DATE) AS TIMESTAMP)
    AND started_at < CAST(/* today: */ current_date /* :today */ AS TIMESTAMP) + INTERVAL '1' DAY
),
calendar AS (
  SELECT
    /* today: */ current_date /* :today */ AS today,
    CAST(date_trunc('month', /* today: */ current_date /* :today */) AS DATE) AS first_day,
    CAST(CAST(date_trunc('month', /* today: */ current_date /* :today */) AS DATE) + INTERVAL '1' MONTH AS DATE) AS next_month
),
budgets AS (
  SELECT
    split_part(entries.entry, '=', 1) AS name,
    CAST(split_part(entries.entry, '=', 2) AS DOUBLE) AS budget_usd
  FROM UNNEST(split(/* budgets: */ '' /* :budgets */, ';')) AS entries(entry)
  WHERE entries.entry <> ''
),
daily AS (
  SELECT
    CASE /* by: */ 'team' /* :by */
      WHEN 'team' THEN team
      WHEN 'app' THEN app
      WHEN 'user' THEN user_id
      WHEN 'key' THEN key_id
      WHEN 'env' THEN env
    END AS name,
    CAST(started_at AS DATE) AS day_started,
    sum(coalesce(cost_nano_usd, 0)) AS nano
  FROM requests_once
  WHERE copy_number = 1
  GROUP BY 1, 2
),
spent AS (
  SELECT
    daily.name,
    calendar.today,
    calendar.first_day,
    calendar.next_month,
    sum(daily.nano) AS nano,
    sum(CASE WHEN daily.day_started = calendar.today THEN daily.nano ELSE 0 END) AS today_nano,
    sum(
      CASE
        WHEN daily.day_started < calendar.today AND date_diff('day', daily.day_started, calendar.today) <= 7
          THEN daily.nano
        ELSE 0
      END
    ) AS week_nano
  FROM daily
  CROSS JOIN calendar
  GROUP BY daily.name, calendar.today, calendar.first_day, calendar.next_month
),
rates AS (
  SELECT
    name,
    CAST(nano AS DOUBLE) / 1e9 AS spent_usd,
    CAST(today_nano AS DOUBLE) / 1e9 AS today_usd,
    date_diff('day', today, next_month) - 1 AS days_left,
    CASE
      WHEN today = first_day THEN CAST(today_nano AS DOUBLE) / 1e9
      ELSE CAST(week_nano AS DOUBLE) / CAST(least(7, date_diff('day', first_day, today)) AS DOUBLE) / 1e9
    END AS daily_usd
  FROM spent
),
forecasts AS (
  SELECT
    name,
    spent_usd,
    daily_usd,
    spent_usd - today_usd + greatest(today_usd, daily_usd) + daily_usd * CAST(days_left AS DOUBLE) AS forecast_usd
  FROM rates
)
SELECT
  coalesce(forecasts.name, budgets.name) AS name,
  coalesce(forecasts.spent_usd, 0e0) AS spent_usd,
  coalesce(forecasts.daily_usd, 0e0) AS daily_usd,
  coalesce(forecasts.forecast_usd, 0e0) AS forecast_usd,
  budgets.budget_usd,
  coalesce(forecasts.spent_usd, 0e0) / nullif(budgets.budget_usd, 0e0) AS used_share,
  coalesce(forecasts.forecast_usd, 0e0) / nullif(budgets.budget_usd, 0e0) AS forecast_share,
  CASE
    WHEN budgets.budget_usd IS NULL THEN 'no budget'
    WHEN coalesce(forecasts.spent_usd, 0e0) >= budgets.budget_usd THEN 'over'
    WHEN coalesce(forecasts.forecast_usd, 0e0) > budgets.budget_usd THEN 'will pass'
    ELSE 'ok'
  END AS state
FROM forecasts
FULL OUTER JOIN budgets ON forecasts.name = budgets.name
ORDER BY used_share DESC NULLS LAST, spent_usd DESC NULLS LAST, name NULLS LAST
