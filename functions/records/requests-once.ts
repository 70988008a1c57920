/** Which rows of the request log count. The shipped queries (`queries/*.sql`) say the same in their own text. */
import { formatTimestamp } from './format-row.ts';
import { PARTITION_COLUMN, REQUESTS_TABLE } from './row.ts';

/**
 * The requests that began from one instant up to another, each once, although Firehose delivers at least once: a row of
 * its own before one that took it for lost. A query to be put in brackets, in the SQL that Athena and DuckDB share. A row
 * is never older than its request, so the days before are not scanned.
 */
export function requestsOnce(fromMs: number, toMs?: number): string {
  const from = formatTimestamp(fromMs);
  const until = toMs === undefined ? '' : ` AND started_at < TIMESTAMP '${formatTimestamp(toMs)}'`;
  return `
      SELECT * FROM (
        SELECT *, row_number() OVER (
          PARTITION BY request_id ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
        ) AS copy_number
        FROM ${REQUESTS_TABLE}
        WHERE ${PARTITION_COLUMN} >= '${from.slice(0, 10)}' AND started_at >= TIMESTAMP '${from}'${until}
      ) AS copies
      WHERE copy_number = 1`;
}
