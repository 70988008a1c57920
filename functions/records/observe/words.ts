/** A text as the words that its reader sees, whatever it was written with. */

export interface Word {
  readonly text: string;
  /** Inside quotation marks. */
  readonly quoted: boolean;
}

/** Letters of other alphabets that look like Latin ones. Only in words that have Latin letters too. */
const LOOK_ALIKES = new Map([...'аеорсухіѕјԁһոԝᴠ'].map((sign, index) => [sign, 'aeopcyxisjdhnwv'.charAt(index)]));
const DIGITS = new Map([...'013457@$'].map((sign, index) => [sign, 'oieastas'.charAt(index)]));
const WORD = /[\p{L}\p{N}\p{M}@$_]/u;
const ASCII_WORD = /[a-z0-9@$_]/;
const OPENING = new Set(['"', '“', '„', '«', '`', '‘']);
const CLOSING: { readonly [opening: string]: string } = { '"': '"', '“': '”', '„': '“', '«': '»', '`': '`', '‘': '’' };
/** What takes no room and parts words that belong together. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

export const plainText = (text: string): string => text.replaceAll(INVISIBLE, '').normalize('NFKC').toLowerCase();

export function splitWords(plain: string): readonly Word[] {
  const words: Word[] = [];
  let word = '';
  let closing: string | undefined;
  const end = (): void => {
    if (word !== '') words.push({ text: latin(word), quoted: closing !== undefined });
    word = '';
  };
  for (const sign of plain) {
    if (ASCII_WORD.test(sign) || (sign > '\u007f' && WORD.test(sign))) {
      word += sign;
      continue;
    }
    end();
    if (sign === closing) closing = undefined;
    else if (closing === undefined && OPENING.has(sign)) closing = CLOSING[sign];
  }
  end();
  return words;
}

function latin(word: string): string {
  if (!/[a-z]/.test(word)) return word;
  const folded = /\P{ASCII}/u.test(word) ? [...word].map((sign) => LOOK_ALIKES.get(sign) ?? sign).join('') : word;
  // 1gn0r3: digits between letters; not mp3, x86 or 3d, whose letters are no word anyway.
  return /[a-z]/.test(folded) && /[0-9@$]/.test(folded)
    ? [...folded].map((sign) => DIGITS.get(sign) ?? sign).join('')
    : folded;
}

const SPELLED_LEAST = 6;

/** Words that are spelled with blanks between their letters, put together: `i g n o r e`. */
export function spelledOut(words: readonly Word[]): string {
  const found: string[] = [];
  let run = '';
  for (const { text } of [...words, { text: '--' }]) {
    if ([...text].length === 1) {
      run += text;
      continue;
    }
    if (run.length >= SPELLED_LEAST) found.push(run);
    run = '';
  }
  return found.join(' ');
}
