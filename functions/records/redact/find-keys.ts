import { ALNUM, BASE64, DIGIT, DOT, kindAt, kindsWithin, LOWER, runEnd, TOKEN, UPPER, URL_SAFE } from './characters.ts';
import { KEY_SHAPES, type KeyShape } from './key-shapes.ts';
import type { Detector, Span } from './span.ts';

/** API keys by what they begin with. One search of the engine's own for each prefix: 40 of them take 8 ms a megabyte. */
export const findKeys: Detector = (text) => KEY_SHAPES.flatMap((shape) => findShape(text, shape));

function findShape(text: string, { prefix, body, least, plain = false }: KeyShape): readonly Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(prefix); at !== -1; ) {
    const from = at + prefix.length;
    const end = runEnd(text, from, body);
    const isKey =
      end - from >= least && (!plain || ((kindAt(text, at - 1) & ALNUM) === 0 && looksRandom(text, from, end)));
    if (isKey) spans.push({ start: at, end, type: 'api-key' });
    // What the run holds besides is part of it, or fails for the same reason: never looked at twice.
    at = text.indexOf(prefix, isKey ? end : plain ? Math.max(from, end - prefix.length) : from);
  }
  return spans;
}

/** A stretch of 16 letters and digits, some of them digits: no word of any language, and no list of words with dashes. */
function looksRandom(text: string, from: number, to: number): boolean {
  let length = 0;
  let digits = 0;
  for (let at = from; at < to; at += 1) {
    const kind = kindAt(text, at);
    if ((kind & URL_SAFE) !== 0) {
      length = 0;
      digits = 0;
      continue;
    }
    length += 1;
    if ((kind & DIGIT) !== 0) digits += 1;
    if (length >= 16 && digits > 0) return true;
  }
  return false;
}

/** Three or five stretches of base64url with dots between, the first one a JSON object: `eyJ` is `{"`. */
export const findTokens: Detector = (text) => {
  const spans: Span[] = [];
  for (let at = text.indexOf('eyJ'); at !== -1; ) {
    const header = runEnd(text, at, TOKEN);
    const payload = kindAt(text, header) & DOT ? runEnd(text, header + 1, TOKEN) : header;
    const isToken = header - at >= 10 && payload - header > 4 && (kindAt(text, payload) & DOT) !== 0;
    const end = isToken ? runEnd(text, payload + 1, TOKEN | DOT) : header;
    if (isToken) spans.push({ start: at, end, type: 'jwt' });
    at = text.indexOf('eyJ', end);
  }
  return spans;
};

const BEGIN = '-----BEGIN ';
const LABEL_BYTES = 60;
/** An RSA key of 16,384 bits has 13 kB; what is longer is not one key. */
const PRIVATE_KEY_BYTES = 20_000;

/** From the line that opens a private key to the one that closes it, or as far as a key can go where that is missing. */
export const findPrivateKeys: Detector = (text) => {
  const spans: Span[] = [];
  // The next closing line, searched for once: it serves all that open before it.
  let closing = 0;
  for (let at = text.indexOf(BEGIN); at !== -1; ) {
    const label = text.slice(at + BEGIN.length, at + BEGIN.length + LABEL_BYTES);
    const labelEnd = label.indexOf('-----');
    let end = at + BEGIN.length;
    if (labelEnd !== -1 && label.slice(0, labelEnd).includes('PRIVATE KEY')) {
      const from = end + labelEnd + 5;
      if (closing !== -1 && closing < from) closing = text.indexOf('-----END ', from);
      const closed = closing === -1 || closing > from + PRIVATE_KEY_BYTES ? -1 : text.indexOf('-----', closing + 9);
      end = closed === -1 || closed > closing + LABEL_BYTES ? keyLinesEnd(text, from) : closed + 5;
      spans.push({ start: at, end, type: 'private-key' });
    }
    at = text.indexOf(BEGIN, end);
  }
  return spans;
};

/** Lines of base64, and headers such as `Proc-Type: 4,ENCRYPTED`; a line with blanks otherwise is prose again. */
function keyLinesEnd(text: string, from: number): number {
  const most = Math.min(text.length, from + PRIVATE_KEY_BYTES);
  let start = from;
  for (let at = from; at < most; at += 1) {
    if (text[at] === '\n') start = at + 1;
    else if (text[at] === ' ' && at > start && text[at - 1] !== ':') return start;
  }
  return most;
}

const SECRET_ACCESS_KEY = 40;
/** How far before a value its name may stand. */
const NAME_REACH = 48;
const SECRET_NAME = /secret|session.?token/i;

/**
 * Secrets that only their name gives away: AWS's secret access key is 40 characters of base64, its session token
 * hundreds. `context` is the name under which the text stands, where there is one.
 */
export function findNamedSecrets(text: string, context = ''): readonly Span[] {
  const spans: Span[] = [];
  const alphabet = ALNUM | BASE64;
  for (let at = 0; at < text.length; ) {
    if ((kindAt(text, at) & alphabet) === 0) {
      at += 1;
      continue;
    }
    // `name=value`: the name is in the alphabet too, but no `=` is inside a value.
    const end = valueEnd(text, at, alphabet);
    const length = end - at;
    if ((length === SECRET_ACCESS_KEY || length >= 100) && isMixed(text, at, end)) {
      const name = at < NAME_REACH ? context + text.slice(0, at) : text.slice(at - NAME_REACH, at);
      if (SECRET_NAME.test(name)) spans.push({ start: at, end, type: 'secret' });
    }
    at = end;
  }
  return spans;
}

function valueEnd(text: string, at: number, alphabet: number): number {
  let end = at + 1;
  while ((kindAt(text, end) & alphabet) !== 0 && text.charCodeAt(end - 1) !== 0x3d) end += 1;
  return end;
}

const MIXED = UPPER | LOWER | DIGIT;

const isMixed = (text: string, from: number, to: number): boolean => (kindsWithin(text, from, to) & MIXED) === MIXED;

const BEARER = /\bbearer[ \t]{1,4}/gi;

/** `Authorization: Bearer …`, whatever the token looks like. */
export const findBearers: Detector = (text) => {
  const spans: Span[] = [];
  for (const { 0: mark, index } of text.matchAll(BEARER)) {
    const from = index + mark.length;
    const end = runEnd(text, from, TOKEN | BASE64 | DOT);
    if (end - from >= 16 && (kindsWithin(text, from, end) & DIGIT) !== 0)
      spans.push({ start: from, end, type: 'bearer-token' });
  }
  return spans;
};
