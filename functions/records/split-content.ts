import type { ContentRow } from './content-row.ts';
import { formatContent } from './format-row.ts';

/** Firehose takes records of 1,000 KiB, the line feed included; a little is kept for what grows with the numbers. */
const RECORD_BYTES = 1_000 * 1_024 - 1_024;

/** The row as rows that each fit one record, numbered from 1. One where it fits as it is. */
export function splitContent(row: ContentRow, most = RECORD_BYTES): readonly ContentRow[] {
  const frame = byteLength(formatContent({ ...row, request: '', answer: '' }));
  const room = Math.max(most - frame, 1_024);
  const requests = cut(row.request, room);
  // The answer begins where the request ends, in the same record.
  const left = room - sizeOf(requests.at(-1) ?? '');
  const [first = '', ...others] = cutBehind(row.answer, left, room);
  const pieces = [
    ...requests.map((request, index) => ({ request, answer: index === requests.length - 1 ? first : '' })),
    ...others.map((answer) => ({ request: '', answer })),
  ];
  return pieces.map((piece, index) => ({ ...row, ...piece, part: index + 1, parts: pieces.length }));
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

function cutBehind(text: string, first: number, room: number): readonly string[] {
  const end = fitting(text, 0, first);
  return [text.slice(0, end), ...(end < text.length ? cut(text.slice(end), room) : [])];
}

function cut(text: string, room: number): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length || pieces.length === 0; ) {
    const end = fitting(text, at, room);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

/** Where a piece from `at` on must end to take no more than so many bytes as a string of JSON. */
function fitting(text: string, at: number, room: number): number {
  let bytes = 0;
  let end = at;
  for (; end < text.length; end += 1) {
    bytes += bytesOf(text.charCodeAt(end));
    if (bytes > room) break;
  }
  // Never between the halves of a pair.
  const splits = end > at && end < text.length && isHigh(text.charCodeAt(end - 1));
  return splits ? end - 1 : end;
}

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;

/** Of one UTF-16 code unit inside a string of JSON, as UTF-8; half a surrogate pair is replaced by a sign of three. */
function bytesOf(code: number): number {
  if (code < 0x20) return 6;
  if (code === 0x22 || code === 0x5c) return 2;
  if (code < 0x80) return 1;
  return code < 0x800 ? 2 : 3;
}

function sizeOf(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) bytes += bytesOf(text.charCodeAt(at));
  return bytes;
}
