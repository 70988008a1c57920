/**
 * Thought signatures: bytes, in base64, that nobody but the model understands. One byte changed, or another provider's
 * signature, and they are refused.
 */
import { createHash } from 'node:crypto';

/** As recorded signatures begin. */
const BEGINNING = Buffer.from([0x12, 0x2a, 0x0a]);
const DIGEST_BYTES = 32;
const CHECK_BYTES = 10;
/** Google documents them for histories that another model wrote. */
const BYPASSES = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'];

export function signThought(text: string): string {
  const body = Buffer.concat([BEGINNING, hash(text)]);
  return Buffer.concat([body, checkOf(body)]).toString('base64');
}

/** Base64 in either alphabet, padded or not: what a field of bytes takes. */
export function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
}

export function isThoughtSignature(value: string): boolean {
  if (BYPASSES.includes(value)) return true;
  const bytes = Buffer.from(value, 'base64');
  const length = BEGINNING.length + DIGEST_BYTES;
  if (bytes.length !== length + CHECK_BYTES) return false;
  return checkOf(bytes.subarray(0, length)).equals(bytes.subarray(length));
}

function checkOf(body: Buffer): Buffer {
  return hash('simulated:thought', body).subarray(0, CHECK_BYTES);
}

function hash(...pieces: readonly (string | Buffer)[]): Buffer {
  const hasher = createHash('sha256');
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest();
}
