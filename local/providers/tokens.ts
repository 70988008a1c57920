/**
 * A stand-in for a tokenizer: words in pieces of seven letters with the space before them, digits by three,
 * punctuation by four, one token for each character of scripts without spaces. About 4.5 characters a token in English
 * prose, as the real ones give, and linear in any input (real tokenizers are quadratic in long runs).
 */
const TOKEN =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]| ?[\p{L}--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]]{1,7}|\p{N}{1,3}| ?[^\s\p{L}\p{N}]{1,4}|\s+/gv;

/** The pieces, which joined give the text again. */
export function splitTokens(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

export function countTokens(text: string): number {
  return splitTokens(text).length;
}
