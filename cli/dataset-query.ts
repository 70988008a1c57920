/** Which contents make a dataset: of requests for which a condition holds, each once, part by part. */
import { CONTENTS, FEEDBACK } from '../functions/records/lake-tables.ts';
import { REQUESTS_TABLE } from '../functions/records/row.ts';
import type { Lake } from '../local/lake.ts';

export interface DatasetQuery {
  /** A condition over the columns of the log, and `score`: the mean of what was last said about the answer. */
  readonly where: string;
  /** Days, both included; undefined: all there are. */
  readonly since?: string;
  readonly until?: string;
}

export interface StoredContent {
  readonly requestId: string;
  readonly request: string;
  readonly answer: string;
  /** All parts are there, and nothing was left out for its size. */
  readonly isWhole: boolean;
}

/** In the order of their ids, so that the same log gives the same file. */
export async function* readContents(lake: Lake, query: DatasetQuery): AsyncGenerator<StoredContent> {
  const sql = `
    WITH requests_once AS (
      SELECT *, row_number() OVER (
        PARTITION BY request_id ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
      ) AS copy_number
      FROM ${REQUESTS_TABLE}
      WHERE dt >= $1 AND started_at >= CAST($1 AS DATE) AND started_at < CAST($2 AS DATE) + INTERVAL '1' DAY
    ),
    judged AS (
      SELECT request_id, max_by(score, received_at) AS score FROM ${FEEDBACK.name} WHERE dt >= $1 GROUP BY request_id, label
    ),
    scores AS (SELECT request_id, avg(score) AS score FROM judged GROUP BY request_id),
    chosen AS (
      SELECT request_id FROM (SELECT * EXCLUDE (copy_number) FROM requests_once WHERE copy_number = 1) AS requests
      LEFT JOIN scores USING (request_id)
      -- The condition ends with its line, so that a comment in it hides nothing.
      WHERE (${query.where}
      )
    )
    SELECT request_id, part, any_value(parts), any_value(request), any_value(answer),
      bool_or(list_contains(coalesce(flags, []), 'content-cut'))
    FROM ${CONTENTS.name}
    WHERE dt >= $1 AND request_id IN (SELECT request_id FROM chosen)
    GROUP BY request_id, part
    ORDER BY request_id, part`;
  let parts: (readonly unknown[])[] = [];
  for await (const rows of lake.stream(sql, [query.since ?? '0001-01-01', query.until ?? '9999-12-30'])) {
    for (const row of rows) {
      if (parts[0] !== undefined && parts[0][0] !== row[0]) {
        yield joinParts(parts);
        parts = [];
      }
      parts.push(row);
    }
  }
  if (parts.length > 0) yield joinParts(parts);
}

function joinParts(parts: readonly (readonly unknown[])[]): StoredContent {
  const text = (column: number): string => parts.map((part) => String(part[column] ?? '')).join('');
  const complete =
    parts.length === Number(parts[0]?.[2]) && parts.every((part, index) => Number(part[1]) === index + 1);
  return {
    requestId: String(parts[0]?.[0]),
    request: text(3),
    answer: text(4),
    isWhole: complete && parts.every((part) => part[5] !== true),
  };
}
