import { ALNUM, kindAt, LETTER, LOCAL_PART } from './characters.ts';
import type { Detector, Span } from './span.ts';

/**
 * E-mail addresses, from their `@` to both sides (`%40` in URLs is one too). Neither side can hold another `@`, so that
 * however many there are, each character is looked at twice at most.
 */
export const findEmails: Detector = (text) => {
  const spans: Span[] = [];
  for (const sign of ['@', '%40']) {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + sign.length)) {
      const start = localStart(text, at);
      const end = domainEnd(text, at + sign.length);
      if (start < at && end !== undefined) spans.push({ start, end, type: 'email' });
    }
  }
  return spans;
};

const LOCAL_BYTES = 64;

function localStart(text: string, at: number): number {
  const least = Math.max(0, at - LOCAL_BYTES);
  let start = at;
  while (start > least && ((kindAt(text, start - 1) & (ALNUM | LOCAL_PART)) !== 0 || isAlphabetic(text, start - 1)))
    start -= 1;
  // Quotation marks, equals signs and the like open what stands before an address more often than they belong to it.
  while (start < at && (kindAt(text, start) & ALNUM) === 0 && text[start] !== '_' && !isAlphabetic(text, start))
    start += 1;
  if (start < at) return start;
  // Of scripts without blanks only where there are no other letters: Chinese has none before an address.
  while (start > least && isForeignLetter(text, start - 1)) start -= 1;
  return start;
}

const DOMAIN_BYTES = 253;

/** Undefined where no dot with a top-level domain behind it follows. */
function domainEnd(text: string, from: number): number | undefined {
  const ascii = labelsEnd(text, from, (at) => (kindAt(text, at) & ALNUM) !== 0 || text[at] === '-');
  return (
    ascii ??
    labelsEnd(text, from, (at) => (kindAt(text, at) & ALNUM) !== 0 || text[at] === '-' || isForeignLetter(text, at))
  );
}

function labelsEnd(text: string, from: number, belongs: (at: number) => boolean): number | undefined {
  const most = Math.min(text.length, from + DOMAIN_BYTES);
  let found: number | undefined;
  let at = from;
  for (let labels = 0; ; labels += 1) {
    const start = at;
    while (at < most && belongs(at)) at += 1;
    if (at === start) return found;
    const isTop = at - start >= 2 && ((kindAt(text, start) & LETTER) !== 0 || isForeignLetter(text, start));
    if (labels > 0 && isTop) found = at;
    if (text[at] !== '.') return found;
    at += 1;
  }
}

/** Latin beyond ASCII, Greek, Cyrillic and the like: scripts that put a blank between words. */
function isAlphabetic(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xc0 && code < 0x2000;
}

function isForeignLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // Latin-1 letters and above, without general punctuation, CJK punctuation, surrogates and full-width forms.
  return (code >= 0xc0 && code < 0x2000) || (code >= 0x3041 && code < 0xd800) || (code >= 0xf900 && code < 0xfe00);
}

/** What was redacted already. */
const MASKED = /^\[[a-z0-9-]+:\d+\]$/;

/** `postgres://user:password@host`: the user, who may be nobody, and the password. */
export const findCredentials: Detector = (text) => {
  const spans: Span[] = [];
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    let colon = -1;
    for (let end = start; end < start + 300 && end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code === 0x40) {
        if (colon >= start && end > colon + 1 && !MASKED.test(text.slice(start, end)))
          spans.push({ start, end, type: 'credentials' });
        break;
      }
      if (code === 0x3a && colon === -1) colon = end;
      // "/", "?", "#", blanks and quotation marks end the part of a URL in which these stand.
      if (code <= 0x20 || code === 0x2f || code === 0x3f || code === 0x23 || code === 0x22 || code === 0x27) break;
    }
  }
  return spans;
};
