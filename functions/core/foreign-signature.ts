/**
 * A provider's proof of its reasoning, carried through a client of another dialect: the client keeps what stands in its
 * own dialect's field, and sends it back. `tg1.` says that Tollgate wrote it, and what follows whose it is.
 */
import { DIALECTS, type Dialect, type Signature } from './chat.ts';

const PREFIX = 'tg1.';

/** Gemini's SDKs declare the field as bytes: there the whole text is base64url. */
const BINARY: ReadonlySet<Dialect> = new Set(['gemini']);

/** What the prefix is at the start of a base64 text, as far as it does not depend on what follows. */
const BINARY_PREFIX = 'dGcxL';

/** What goes into the dialect's own field: its own signatures as they are, those of others marked. */
export function wrapSignature(own: Dialect, signature: Signature): string {
  if (signature.origin === own) return signature.value;
  const text = `${PREFIX}${signature.origin}.${signature.value}`;
  return BINARY.has(own) ? toBase64Url(text) : text;
}

/** A text that is not marked, or not as we mark it, is the dialect's own. */
export function unwrapSignature(own: Dialect, text: string): Signature {
  const marked = BINARY.has(own) ? (text.startsWith(BINARY_PREFIX) ? fromBase64(text) : undefined) : text;
  if (marked?.startsWith(PREFIX) !== true) return { origin: own, value: text };
  const rest = marked.slice(PREFIX.length);
  const origin = DIALECTS.find((dialect) => rest.startsWith(`${dialect}.`));
  return origin === undefined ? { origin: own, value: text } : { origin, value: rest.slice(origin.length + 1) };
}

function toBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  // As arguments of one call, long signatures would overflow the stack.
  for (let start = 0; start < bytes.length; start += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8_192));
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Undefined where it is not base64 of UTF-8. Proxies and SDKs in between may have written it in either alphabet. */
function fromBase64(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(binary, (character) => character.charCodeAt(0)),
    );
  } catch {
    // Then it is not ours, which is what the caller asks.
    return undefined;
  }
}
