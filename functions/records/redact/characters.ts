/** Kinds of characters, as bits of a table: one look-up tells what a detector may run over. */
export const DIGIT = 1;
export const UPPER = 2;
export const LOWER = 4;
/** `-` and `_` */
export const URL_SAFE = 8;
/** `+`, `/` and `=` */
export const BASE64 = 16;
/** What may stand before the `@` besides letters and digits. */
export const LOCAL_PART = 32;
export const DOT = 64;

export const LETTER = UPPER | LOWER;
export const ALNUM = LETTER | DIGIT;
export const TOKEN = ALNUM | URL_SAFE;

const KINDS = new Uint8Array(128);
const mark = (characters: string, kind: number): void => {
  for (let at = 0; at < characters.length; at += 1) {
    const code = characters.charCodeAt(at);
    KINDS[code] = (KINDS[code] ?? 0) | kind;
  }
};
mark('0123456789', DIGIT);
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZ', UPPER);
mark('abcdefghijklmnopqrstuvwxyz', LOWER);
mark('-_', URL_SAFE);
mark('+/=', BASE64);
mark("!#$%&'*+-/=?^_`{|}~.", LOCAL_PART);
mark('.', DOT);

/** The kinds of the character there; 0 past either end and for all that is not ASCII. */
export function kindAt(text: string, at: number): number {
  // NaN past the ends, for which the table has nothing either.
  return KINDS[text.charCodeAt(at)] ?? 0;
}

/** The first position from `at` on whose character is of none of the kinds. */
export function runEnd(text: string, at: number, kinds: number): number {
  let end = at;
  while ((kindAt(text, end) & kinds) !== 0) end += 1;
  return end;
}

/** The kinds of all characters there, together. */
export function kindsWithin(text: string, from: number, to: number): number {
  let seen = 0;
  for (let at = from; at < to; at += 1) seen |= kindAt(text, at);
  return seen;
}
