import type { Row } from './row.ts';

const TEXT = 400;
const ATTEMPTS = 20;
const ENTRIES = 50;

/**
 * A row that is too large for one record of Firehose, cut down to what always fits: what was paid stays exact, long
 * texts and long lists lose their ends, and the flag `row-trimmed` says so. Under 800 kB even if each character of
 * every column is escaped.
 */
export function trimRow(row: Row): Row {
  return {
    ...row,
    ...cutTexts(row),
    attempts: row.attempts?.slice(-ATTEMPTS).map((attempt) => ({ ...attempt, ...cutTexts(attempt) })) ?? null,
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

/** Each value keeps its type. */
function cutTexts<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]);
  return Object.fromEntries(entries) as Partial<T>;
}

function cut(text: string): string {
  return text.length <= TEXT ? text : text.slice(0, TEXT);
}
