/**
 * What was spent, by scope: one query for the two engines that the request log is asked by. They take the structs of
 * `attempts` apart differently; all else reads alike in both.
 */
import { requestsOnce } from './requests-once.ts';
import { ATTEMPT_FIELDS } from './row.ts';

/** What a row is counted on; a provider's meters by its own attempts. */
const SCOPES = [
  `'key:' || key_id`,
  `'team:' || team`,
  `'user:' || user_id`,
  `'app:' || app`,
  `'env:' || env`,
  `CASE WHEN shadow THEN 'shadow:' || model END`,
  `'org'`,
] as const;

const ATTEMPTS = {
  trino: `SELECT attempt.provider, attempt.model, attempt.cost_nano_usd AS nano
      FROM once CROSS JOIN UNNEST(attempts) AS attempt (${ATTEMPT_FIELDS.map(([name]) => name).join(', ')})`,
  duckdb: `SELECT attempt.provider AS provider, attempt.model AS model, attempt.cost_nano_usd AS nano
      FROM (SELECT unnest(attempts) AS attempt FROM once) AS attempts`,
} as const;

/** Of the requests that began from one instant up to another: `scope` and `nano`, nano-dollars, of scopes that have any. */
export function spendQuery(engine: keyof typeof ATTEMPTS, fromMs: number, toMs: number): string {
  const each = SCOPES.map((scope) => `SELECT ${scope} AS scope, cost_nano_usd AS nano FROM once`);
  return `
    WITH once AS (${requestsOnce(fromMs, toMs)}
    ),
    tried AS (
      ${ATTEMPTS[engine]}
    ),
    counted AS (
      ${each.join('\n      UNION ALL ')}
      UNION ALL SELECT 'provider:' || provider AS scope, nano FROM tried
      UNION ALL SELECT 'provider:' || provider || '/' || model AS scope, nano FROM tried
    )
    SELECT scope, CAST(sum(coalesce(nano, 0)) AS BIGINT) AS nano FROM counted WHERE scope IS NOT NULL GROUP BY scope`;
}
