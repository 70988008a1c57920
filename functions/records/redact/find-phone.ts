import { ALNUM, DIGIT, kindAt } from './characters.ts';
import type { Group, Run } from './find-numbers.ts';
import type { Span } from './span.ts';

/** A word for a telephone shortly before a number makes one of what would be any number. */
const NAMED = /\b(?:phone|mobile|mobil|handy|fax|tel|whatsapp|telefon|teléfono|téléphone)\b[^\n\d]{0,12}$/iu;
const NAME_REACH = 28;

/** E.164 allows 15 digits. */
const MOST_DIGITS = 15;

/**
 * What of a run of digits is written as telephone numbers are: with a plus and a country; with a trunk 0 and groups; as
 * North America writes them; or with a word for it before. Anything else (dates, versions, addresses of hosts, ids)
 * stays: a log without numbers is of no use.
 */
export function findPhone(text: string, { groups, end }: Run): Span | undefined {
  const [first] = groups;
  if (first === undefined) return undefined;
  const phone = (from: number, to: number): Span => ({ start: from, end: to, type: 'phone' });
  const start = text[first.start - 1] === '(' ? first.start - 1 : first.start;
  if (text[start - 1] === '+' && (kindAt(text, start - 2) & ALNUM) === 0 && text[first.start] !== '0') {
    const fitting = fitDigits(groups);
    return fitting.digits < 8 ? undefined : phone(start - 1, fitting.end);
  }
  const american = findAmerican(text, groups);
  if (american !== undefined) return american;
  const digits = groups.reduce((sum, group) => sum + group.end - group.start, 0);
  if (digits < 7 || digits > MOST_DIGITS || isMeasured(text, start, end)) return undefined;
  const named = NAMED.test(text.slice(Math.max(0, start - NAME_REACH), start));
  return named || isWithTrunk(text, groups, digits) ? phone(start, end) : undefined;
}

/** As many of the groups as a number can have. */
function fitDigits(groups: readonly Group[]): { readonly digits: number; readonly end: number } {
  let digits = 0;
  let end = 0;
  for (const group of groups) {
    if (digits + group.end - group.start > MOST_DIGITS) break;
    digits += group.end - group.start;
    end = group.end;
  }
  return { digits, end };
}

const AMERICAN = [3, 3, 4];

/** 555-123-4567, (555) 123-4567, 1-800-555-1234, wherever in the run: area and exchange never begin with 0 or 1. */
function findAmerican(text: string, groups: readonly Group[]): Span | undefined {
  for (let at = 0; at + AMERICAN.length <= groups.length; at += 1) {
    const local = groups.slice(at, at + AMERICAN.length);
    const [area, exchange, line] = local;
    if (area === undefined || exchange === undefined || line === undefined) return undefined;
    if (!local.every((group, index) => group.end - group.start === AMERICAN[index])) continue;
    if (text.charCodeAt(area.start) < 0x32 || text.charCodeAt(exchange.start) < 0x32) continue;
    const country = groups[at - 1];
    const isNational = country !== undefined && country.end - country.start === 1 && text[country.start] === '1';
    const from = isNational ? country.start : text[area.start - 1] === '(' ? area.start - 1 : area.start;
    if (!isMeasured(text, from, line.end)) return { start: from, end: line.end, type: 'phone' };
  }
  return undefined;
}

/** 030 1234567, 0171/123 45 67, 06 12 34 56 78, 0049 30 1234567. */
function isWithTrunk(text: string, groups: readonly Group[], digits: number): boolean {
  const [first] = groups;
  if (first === undefined || groups.length === 1 || text[first.start] !== '0') return false;
  if (text.startsWith('00', first.start))
    return text[first.start + 2] !== '0' && first.end - first.start > 3 && digits >= 10;
  if (digits < 9 || digits > 12 || groups.some((group) => group.end - group.start < 2)) return false;
  const between = groups.slice(2).map((group, index) => text.slice(groups[index + 1]?.end, group.start));
  return between.every((separator) => separator === between[0]);
}

/** Times, prices, shares, fractions: a number that goes on with other signs. */
function isMeasured(text: string, start: number, end: number): boolean {
  const isDigit = (at: number): boolean => (kindAt(text, at) & DIGIT) !== 0;
  if ((text[end] === ':' || text[end] === ',') && isDigit(end + 1)) return true;
  if ((text[start - 1] === ':' || text[start - 1] === ',' || text[start - 1] === '.') && isDigit(start - 2))
    return true;
  return '$€£%'.includes(text[start - 1] ?? ' ') || '$€£%'.includes(text[end] ?? ' ');
}
