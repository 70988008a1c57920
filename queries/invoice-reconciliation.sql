-- Our bill beside a provider's: by provider, model and day, what we counted and what was invoiced.
--
-- The provider's export goes into the table `invoices`: CSV files with the head `day,provider,model,cost_usd`
-- under `invoices/` in the bucket of the log (locally, in that folder of the lake). Days are UTC; the provider is
-- named as in gateway.yaml, the model as the provider names it in its answers. Lines of the same day, provider and
-- model add up.
-- Ours is counted by attempt: what a failed attempt cost is on the provider that failed. `estimated_usd` is the
-- part of ours that the gateway had to estimate, `unreported_usd` what attempts without any usage may be billed
-- for, which is in no sum of ours: they are the first places to look at where the two differ. A request that was
-- lost with its process has no attempts, and what was kept for it is not here: `spend` by outcome has it.
--
-- Parameters:
--   provider   text   as in gateway.yaml; by default all
--   since      date   first day, UTC; by default 29 days ago
--   until      date   last day, UTC, itself included; by default today
--   late_days  days   how many days after the last one rows may have come in; by default 1. Rows that were recovered
--                     come on the day of their recovery
--   tolerance  number differences up to so many USD are the same; by default 0.01
--
-- Columns:
--   day_utc, provider, model  null nowhere
--   attempts                  that we counted
--   ours_usd                  what we counted
--   estimated_usd             the part of it that was estimated
--   unreported_usd            what may come on top
--   invoiced_usd              null: nothing was invoiced
--   difference_usd            positive: we counted less than was invoiced
--   state                     same; differs; only ours; only theirs
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
    CAST(CAST(started_at AS DATE) AS VARCHAR) AS day_utc,
    element_at(attempts, numbers.n) AS attempt
  FROM requests_once
  CROSS JOIN UNNEST(sequence(1, 20)) AS numbers(n)
  WHERE copy_number = 1 AND numbers.n <= cardinality(attempts)
),
ours AS (
  SELECT
    day_utc,
    attempt.provider AS provider,
    coalesce(attempt.served_model, attempt.model) AS model,
    count(*) AS attempts,
    sum(coalesce(attempt.cost_nano_usd, 0)) AS nano,
    sum(CASE WHEN attempt.usage_source = 'estimated' THEN attempt.cost_nano_usd ELSE 0 END) AS estimated_nano,
    sum(coalesce(attempt.estimated_cost_nano_usd, 0)) AS unreported_nano
  FROM each_attempt
  WHERE attempt.provider IS NOT NULL
    AND /* provider: */ '' /* :provider */ IN ('', attempt.provider)
  GROUP BY 1, 2, 3
),
theirs AS (
  SELECT
    invoices.day AS day_utc,
    invoices.provider,
    invoices.model,
    sum(CAST(round(CAST(invoices.cost_usd AS DOUBLE) * 1e9) AS BIGINT)) AS nano
  FROM invoices
  WHERE invoices.day >= CAST(/* since: */ CAST(current_date - INTERVAL '29' DAY AS DATE) /* :since */ AS VARCHAR)
    AND invoices.day <= CAST(/* until: */ current_date /* :until */ AS VARCHAR)
    AND /* provider: */ '' /* :provider */ IN ('', invoices.provider)
  GROUP BY 1, 2, 3
)
SELECT
  coalesce(ours.day_utc, theirs.day_utc) AS day_utc,
  coalesce(ours.provider, theirs.provider) AS provider,
  coalesce(ours.model, theirs.model) AS model,
  coalesce(ours.attempts, 0) AS attempts,
  CAST(coalesce(ours.nano, 0) AS DOUBLE) / 1e9 AS ours_usd,
  CAST(coalesce(ours.estimated_nano, 0) AS DOUBLE) / 1e9 AS estimated_usd,
  CAST(coalesce(ours.unreported_nano, 0) AS DOUBLE) / 1e9 AS unreported_usd,
  CAST(theirs.nano AS DOUBLE) / 1e9 AS invoiced_usd,
  CAST(coalesce(theirs.nano, 0) - coalesce(ours.nano, 0) AS DOUBLE) / 1e9 AS difference_usd,
  CASE
    WHEN abs(CAST(coalesce(theirs.nano, 0) - coalesce(ours.nano, 0) AS DOUBLE)) / 1e9
      <= /* tolerance: */ 0.01e0 /* :tolerance */ THEN 'same'
    WHEN theirs.nano IS NULL THEN 'only ours'
    WHEN ours.nano IS NULL THEN 'only theirs'
    ELSE 'differs'
  END AS state
FROM ours
FULL OUTER JOIN theirs
  ON ours.day_utc = theirs.day_utc
  AND ours.provider = theirs.provider
  AND ours.model = theirs.model
ORDER BY
  abs(CAST(coalesce(theirs.nano, 0) - coalesce(ours.nano, 0) AS DOUBLE)) DESC NULLS LAST,
  1 NULLS LAST,
  2 NULLS LAST,
  3 NULLS LAST
