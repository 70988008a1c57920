/**
 * Finds the rows that Firehose did not take in whatever a log was saved as: the lines themselves, lines with words of
 * CloudWatch's before them (`aws logs tail`), or the JSON of `aws logs filter-log-events` and of Logs Insights.
 */
import type { ReplayLine } from '../functions/adapters/firehose-log.ts';
import { isJsonObject, type Json, type JsonObject } from '../functions/core/json.ts';

export interface LostLines {
  /** Each once. */
  readonly rows: readonly ReplayLine[];
  /** Lines that say that they are a row and cannot be read, by number. */
  readonly broken: readonly number[];
}

const MARK = '{"tollgate":"';
const IDS = { row: 'request_id', feedback: 'feedback_id' } as const;

export function readLostLines(text: string): LostLines {
  const rows = new Map<string, ReplayLine>();
  const broken: number[] = [];
  const messages = exportedMessages(text);
  (messages ?? text.split('\n')).forEach((line, index) => {
    const at = line.indexOf(MARK);
    if (at === -1) return;
    const row = readRow(line.slice(at));
    if (row === undefined) broken.push(index + 1);
    else rows.set(`${row.kind} ${row.id}`, row);
  });
  return { rows: [...rows.values()], broken };
}

function readRow(text: string): ReplayLine | undefined {
  const value = parse(text.trim());
  if (!isJsonObject(value)) return undefined;
  const { tollgate: kind, row } = value;
  if ((kind !== 'row' && kind !== 'feedback') || !isJsonObject(row)) return undefined;
  const id = row[IDS[kind]];
  return typeof id === 'string' && id !== '' ? { kind, id, line: JSON.stringify(row) } : undefined;
}

/** Every text of a document that is one, which the lines of a log are not. */
function exportedMessages(text: string): readonly string[] | undefined {
  const value = parse(text);
  // A single line is a document too: it is a row itself.
  if (value === undefined || (isJsonObject(value) && 'tollgate' in value)) return undefined;
  return textsOf(value);
}

function textsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return value.split('\n');
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value as JsonObject).flatMap(textsOf);
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON as a whole: lines of a log, or a line that was cut.
    return undefined;
  }
}
