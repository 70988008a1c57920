import { DIGIT, DOT, kindsWithin, LETTER, runEnd, TOKEN } from './characters.ts';
import type { Span } from './span.ts';

const KEY = 'api[-_ ]?key|access[-_ ]?key|(?:access|auth|api|refresh)[-_ ]?token|client[-_ ]?secret';
const PASSWORD = 'password|passwd|passphrase';
/** `API_KEY=`, `"api_key": "`, `password: `; in a document, the name is the field's. */
const NAMED = new RegExp(`(?:(${KEY})|${PASSWORD})(?:["'\\\\]{0,3}\\s{0,3}[:=]\\s{0,3}["'\\\\]{0,3})`, 'gi');

const KEY_LENGTH = 16;
const PASSWORD_LENGTH = 8;
const MOST = 500;

/** Keys and passwords without a shape (Mistral's and Azure's keys are letters and digits, no more), by their name. */
export function findAssigned(text: string, context: string): readonly Span[] {
  // As if the name stood before its text, which it does in JSON.
  const head = context === '' || context.length > MOST ? '' : `${context}:`;
  const spans: Span[] = [];
  const whole = head + text;
  for (const { 0: mark, 1: key, index } of whole.matchAll(NAMED)) {
    const from = index + mark.length;
    const end = key === undefined ? passwordEnd(whole, from) : runEnd(whole, from, TOKEN | DOT);
    if (from < head.length || end - from < (key === undefined ? PASSWORD_LENGTH : KEY_LENGTH)) continue;
    if (isMixed(whole, from, end)) spans.push({ start: from - head.length, end: end - head.length, type: 'secret' });
  }
  return spans;
}

/** A blank, a quotation mark or a bracket is no part of one that stands in a text. */
function passwordEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && end - from < MOST && !/[\s"'`\\,;&<>()[\]{}]/.test(text.charAt(end))) end += 1;
  return end;
}

/** Letters and digits: "password: required" is none, nor is a date. */
function isMixed(text: string, from: number, to: number): boolean {
  const seen = kindsWithin(text, from, to);
  return (seen & DIGIT) !== 0 && (seen & LETTER) !== 0;
}
