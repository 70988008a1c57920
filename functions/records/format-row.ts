import { type ColumnType, parseColumnType } from './column-types.ts';
import { CONTENT_COLUMNS, type ContentRow } from './content-row.ts';
import { FEEDBACK_COLUMNS, type FeedbackRow } from './feedback-row.ts';
import { ROW_COLUMNS, type Row } from './row.ts';

type Columns = readonly (readonly [name: string, type: ColumnType])[];

const ROW_TYPES = parsed(ROW_COLUMNS);
const FEEDBACK_TYPES = parsed(FEEDBACK_COLUMNS);
const CONTENT_TYPES = parsed(CONTENT_COLUMNS);

function parsed(columns: readonly (readonly [string, string, string])[]): Columns {
  return columns.map(([name, type]) => [name, parseColumnType(type)]);
}

/**
 * The row as one JSON line without its line feed, columns in their order, nulls written out. What the Parquet writer
 * could not take is made to fit here, because Firehose moves a row that does not fit to its error prefix, where no
 * query sees it: a count is a whole number within 2^53 and never in exponent form, text is well-formed Unicode.
 */
export function formatRow(row: Row): string {
  return format(ROW_TYPES, row);
}

/** As `formatRow`. */
export function formatFeedback(row: FeedbackRow): string {
  return format(FEEDBACK_TYPES, row);
}

/** As `formatRow`. */
export function formatContent(row: ContentRow): string {
  return format(CONTENT_TYPES, row);
}

function format(columns: Columns, row: object): string {
  const values = new Map<string, unknown>(Object.entries(row));
  const ordered: { [name: string]: unknown } = {};
  for (const [name, type] of columns) ordered[name] = fitted(values.get(name), type);
  return JSON.stringify(ordered);
}

/** `2026-11-23 08:05:09.007`, UTC: what both SerDes of Firehose and DuckDB read as a timestamp. */
export function formatTimestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
}

function fitted(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'bigint':
      return typeof value === 'number' ? wholeNumber(value) : null;
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? value : null;
    case 'boolean':
      return value === true;
    case 'string':
    case 'timestamp':
      return plainText(String(value));
    case 'array':
      return Array.isArray(value) ? value.map((element: unknown) => fitted(element, type.element)) : null;
    case 'map':
      return Object.fromEntries(
        Object.entries(value).map(([key, element]) => [plainText(key), fitted(element, type.value)]),
      );
    case 'struct': {
      const fields = new Map<string, unknown>(Object.entries(value));
      return Object.fromEntries(type.fields.map(([name, field]) => [name, fitted(fields.get(name), field)]));
    }
  }
}

function wholeNumber(value: number): number | null {
  if (Number.isNaN(value)) return null;
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.round(value)));
}

/** Half a surrogate pair, or a NUL, is legal in a JSON string and refused by readers of Parquet text. */
function plainText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{fffd}');
}
