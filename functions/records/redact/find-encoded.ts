import type { Span } from './span.ts';

/** Shorter ones hold no secret, longer ones nobody reads; both alphabets. */
const BASE64 = /[A-Za-z0-9+/_-]{20,4096}/g;
const CONTROL = /[^\s\x20-\x7e\x80-\xff]/;

/** Base64 of a text in which there is something to find: all of it goes. */
export function findEncoded(text: string, find: (decoded: string) => readonly Span[]): readonly Span[] {
  const spans: Span[] = [];
  for (const { 0: encoded, index } of text.matchAll(BASE64)) {
    const decoded = decode(encoded);
    if (CONTROL.test(decoded) || find(decoded).length === 0) continue;
    let end = index + encoded.length;
    while (text[end] === '=') end += 1;
    spans.push({ start: index, end, type: 'base64' });
  }
  return spans;
}

/** `Authorization: Basic …`: a user and a password. */
export function findBasic(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (const { 0: whole, 1: encoded = '', index } of text.matchAll(
    /\bbasic[ \t]{1,4}([A-Za-z0-9+/]{8,4096}={0,2})/gi,
  )) {
    const decoded = decode(encoded.replace(/=+$/, ''));
    if (CONTROL.test(decoded) || !/^[^\s:]+:\S/.test(decoded)) continue;
    spans.push({ start: index + whole.length - encoded.length, end: index + whole.length, type: 'credentials' });
  }
  return spans;
}

function decode(encoded: string): string {
  const plain = encoded.replaceAll('-', '+').replaceAll('_', '/');
  // One character more than whole bytes stands for nothing.
  return atob(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
}
