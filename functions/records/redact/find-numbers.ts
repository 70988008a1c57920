/** Cards, bank accounts and telephone numbers. */
import { ALNUM, DIGIT, kindAt, LETTER } from './characters.ts';
import { findPhone } from './find-phone.ts';
import { IBAN_LENGTHS } from './iban-lengths.ts';
import type { Detector, Span } from './span.ts';

export const findNumbers: Detector = (text) => {
  const spans: Span[] = [];
  for (let at = 0; at < text.length; ) {
    const kind = kindAt(text, at);
    if ((kind & LETTER) !== 0) {
      const end = ibanEnd(text, at);
      if (end !== undefined) spans.push({ start: at, end, type: 'iban' });
      at = end ?? wordEnd(text, at);
      continue;
    }
    if ((kind & DIGIT) === 0) {
      at += 1;
      continue;
    }
    const run = readGroups(text, at);
    spans.push(...numbersOf(text, run));
    at = run.end;
  }
  return spans;
};

function wordEnd(text: string, from: number): number {
  let at = from + 1;
  while ((kindAt(text, at) & ALNUM) !== 0) at += 1;
  return at;
}

export interface Group {
  readonly start: number;
  readonly end: number;
}

export interface Run {
  readonly groups: readonly Group[];
  readonly end: number;
}

/** Digits, with what people put between them: one blank, dash, dot, slash or a pair of brackets. */
function readGroups(text: string, from: number): Run {
  const groups: Group[] = [];
  for (let at = from; ; ) {
    const start = at;
    while ((kindAt(text, at) & DIGIT) !== 0) at += 1;
    groups.push({ start, end: at });
    const next = nextGroup(text, at);
    if (next === undefined) return { groups, end: at };
    at = next;
  }
}

const BETWEEN = ' -./()\u00a0\u2011\u2013\u202f';

function nextGroup(text: string, from: number): number | undefined {
  for (let at = from; at < from + 3; at += 1) {
    if ((kindAt(text, at) & DIGIT) !== 0) return at > from ? at : undefined;
    const sign = text[at];
    if (sign === undefined || !BETWEEN.includes(sign)) return undefined;
  }
  return (kindAt(text, from + 3) & DIGIT) !== 0 ? from + 3 : undefined;
}

function numbersOf(text: string, run: Run): readonly Span[] {
  const spans: Span[] = [];
  const { groups } = run;
  // Digits that a word ends or begins with are a name or a hash.
  const attached = (at: number): boolean => (kindAt(text, at) & ALNUM) !== 0 || text[at] === '_';
  for (let first = 0; first < groups.length; ) {
    const last = cardEnd(text, groups, first);
    const start = groups[first]?.start ?? 0;
    const end = groups[last ?? first]?.end ?? start;
    if (last !== undefined && !attached(start - 1) && !attached(end) && !isFraction(text, start)) {
      spans.push({ start, end, type: 'card' });
      first = last + 1;
    } else first += 1;
  }
  if (spans.length === 0) {
    const span = findPhone(text, run);
    if (span !== undefined && !attached(span.start - 1) && !attached(span.end)) spans.push(span);
  }
  return spans;
}

const isFraction = (text: string, start: number): boolean =>
  text[start - 1] === '.' && (kindAt(text, start - 2) & DIGIT) !== 0;

/** The last group of a card's number that begins with this group: 13 to 19 digits, in groups of three or more. */
function cardEnd(text: string, groups: readonly Group[], first: number): number | undefined {
  let digits = '';
  let found: number | undefined;
  for (let last = first; last < groups.length && last < first + 6; last += 1) {
    const group = groups[last];
    const before = groups[last - 1];
    if (group === undefined || group.end - group.start < 3) break;
    if (last > first && before !== undefined && group.start - before.end !== 1) break;
    // A group of more is no part of a card, however long the run is.
    if (digits.length + group.end - group.start > 19) break;
    digits += text.slice(group.start, group.end);
    if (digits.length >= 13 && isIssuer(digits) && passesLuhn(digits)) found = last;
  }
  return found;
}

/** Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay, Maestro. */
function isIssuer(digits: string): boolean {
  const two = Number(digits.slice(0, 2));
  const four = Number(digits.slice(0, 4));
  if (digits.startsWith('4')) return [13, 16, 18, 19].includes(digits.length);
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return digits.length === 16;
  if (two === 34 || two === 37) return digits.length === 15;
  if (two === 30 || two === 36 || two === 38 || two === 39) return digits.length >= 14;
  return two === 35 || two === 50 || (two >= 56 && two <= 69) ? digits.length >= 15 : false;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let fromEnd = 0; fromEnd < digits.length; fromEnd += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - fromEnd) - 0x30;
    const weighed = fromEnd % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

/** Where the bank account that begins at this letter ends: its country tells the length, the check digits the rest. */
function ibanEnd(text: string, start: number): number | undefined {
  // First what few words have.
  if ((kindAt(text, start + 2) & DIGIT) === 0 || (kindAt(text, start + 3) & DIGIT) === 0) return undefined;
  if ((kindAt(text, start + 1) & LETTER) === 0 || (kindAt(text, start - 1) & ALNUM) !== 0) return undefined;
  const length = IBAN_LENGTHS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined) return undefined;
  let found = 4;
  let remainder = 0;
  let at = start + 4;
  for (; found < length; found += 1) {
    if (text[at] === ' ' || text[at] === '-' || text[at] === '\u00a0') at += 1;
    if ((kindAt(text, at) & ALNUM) === 0) return undefined;
    remainder = shift97(remainder, text, at);
    at += 1;
  }
  // ISO 7064: the first four characters count at the end, letters as 10 to 35.
  for (let head = start; head < start + 4; head += 1) remainder = shift97(remainder, text, head);
  return remainder === 1 && (kindAt(text, at) & ALNUM) === 0 ? at : undefined;
}

function shift97(remainder: number, text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x40) return (remainder * 10 + code - 0x30) % 97;
  return (remainder * 100 + (code & 0x1f) + 9) % 97;
}
