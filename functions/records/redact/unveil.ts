import { type View, writeView } from './view.ts';

/**
 * Signs that show nothing (soft hyphen, zero width, direction, variation, tags) and signs that show what an ASCII one
 * does (full width, digits of other scripts, other hyphens): both come with texts that were copied, and hide a secret from
 * whoever looks for its letters.
 */
const INVISIBLE =
  /\u034f|[\ufe00-\ufe0f]|[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\uddef]/;
const LIKENESS = /[\uff01-\uff5e\u2010-\u2012\u2212\ufe63\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]/;
const VEILED = new RegExp(`${INVISIBLE.source}|${LIKENESS.source}`, 'g');

/** The text as it shows, in ASCII where it can be. Undefined where it is that already. */
export function unveil(text: string, origin?: View): View | undefined {
  if (text.search(VEILED) === -1) return undefined;
  const view = writeView(text, origin);
  for (const { 0: sign, index } of text.matchAll(VEILED)) {
    view.replace(index, index + sign.length, LIKENESS.test(sign) ? plainSign(sign.charCodeAt(0)) : '');
  }
  return view.end();
}

/** The zeros of the scripts whose digits are taken for ours. */
const ZEROS = [0x660, 0x6f0, 0x966];

function plainSign(code: number): string {
  if (code >= 0xff01) return String.fromCharCode(code - 0xfee0);
  const zero = ZEROS.find((first) => code >= first && code <= first + 9);
  return zero === undefined ? '-' : String(code - zero);
}
