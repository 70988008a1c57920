/** Which contents make a dataset: of requests for which a condition holds, each once, part by part. */
import { dayEndsAtMs, dayStartsAtMs } from '../functions/ledger/calendar.ts';
import { CONTENTS, FEEDBACK } from '../functions/records/lake-tables.ts';
import { requestsOnce } from '../functions/records/requests-once.ts';
import type { OpenLake } from './open-lake.ts';

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
export async function* readContents(lake: OpenLake, query: DatasetQuery): AsyncGenerator<StoredContent> {
  const sql = contentsSql(query);
  let parts: (readonly unknown[])[] = [];
  for await (const rows of lake.stream?.(sql) ?? [(await lake.query(sql)).rows]) {
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

/** In the SQL that Athena and DuckDB share. Days are checked where they are typed. */
export function contentsSql({ where, since = '2000-01-01', until }: DatasetQuery): string {
  const endMs = until === undefined ? undefined : dayEndsAtMs(until);
  return `
    WITH requests_once AS (${requestsOnce(dayStartsAtMs(since), endMs)}
    ),
    judged AS (
      SELECT request_id, label, max_by(score, received_at) AS score
      FROM ${FEEDBACK.name}
      WHERE dt >= '${since}'
      GROUP BY request_id, label
    ),
    scores AS (SELECT request_id, avg(score) AS score FROM judged GROUP BY request_id),
    scored AS (SELECT * FROM requests_once LEFT JOIN scores USING (request_id)),
    chosen AS (
      SELECT request_id FROM scored
      -- The condition ends with its line, so that a comment in it hides nothing.
      WHERE (${where}
      )
    )
    SELECT
      request_id,
      part,
      arbitrary(parts) AS parts,
      arbitrary(request) AS request,
      arbitrary(answer) AS answer,
      bool_or(coalesce(contains(flags, 'content-cut'), FALSE)) AS is_cut
    FROM ${CONTENTS.name}
    WHERE dt >= '${since}' AND request_id IN (SELECT request_id FROM chosen)
    GROUP BY request_id, part
    ORDER BY request_id NULLS LAST, part NULLS LAST`;
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
