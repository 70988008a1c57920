import type { Row } from './row.ts';

const TEXT = 500;
const ATTEMPTS = 20;
const ENTRIES = 50;

/**
 * A row that is too large for one record of Firehose, cut down to what always fits: what was paid stays exact, long
 * texts and long lists lose their ends, and the flag `row-trimmed` says so. Under 700 kB even if each character of
 * every column is escaped.
 */
export function trimRow(row: Row): Row {
  const texts = Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]);
  return {
    ...row,
    ...(Object.fromEntries(texts) as Partial<Row>),
    attempts:
      row.attempts?.slice(-ATTEMPTS).map((attempt) => ({
        ...attempt,
        provider: cut(attempt.provider),
        model: cut(attempt.model),
        error_kind: attempt.error_kind === null ? null : cut(attempt.error_kind),
      })) ?? null,
    flags: [...(row.flags ?? []).slice(0, ENTRIES).map(cut), 'row-trimmed'],
    metadata:
      row.metadata === null
        ? null
        : Object.fromEntries(
            Object.entries(row.metadata)
              .slice(0, ENTRIES)
              .map(([key, value]) => [cut(key), cut(value)]),
          ),
  };
}

function cut(text: string): string {
  return text.length <= TEXT ? text : text.slice(0, TEXT);
}
