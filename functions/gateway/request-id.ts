/**
 * A request's id says whose it is, to those who have the key: its tag is an HMAC of the random rest under the gateway key
 * that the request came with. So `POST /v1/feedback` knows its own requests from others' without asking anybody, in every
 * process and after any time, and no secret has to be shared between them: the 256 bits of the key are in the request
 * itself. From an id nobody learns anything about the key, and who has another key would have to guess 72 bits.
 *
 * Who has a key can make up ids that look like its own. No row has them, so that what is said of them is about nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const PREFIX = 'req_';
/** 9 bytes, in base64url. */
const TAG_CHARS = 12;
const SHAPE = /^req_[\w-]{12}[\w-]{16,64}$/;

/** `random` is base64url, of 128 bits or more. Where no key was sent the id is nobody's: no caller has an empty key. */
export function bindRequestId(random: string, key = ''): string {
  return PREFIX + tagOf(random, key) + random;
}

export function isRequestOf(requestId: string, key: string): boolean {
  if (!SHAPE.test(requestId)) return false;
  const tag = requestId.slice(PREFIX.length, PREFIX.length + TAG_CHARS);
  const random = requestId.slice(PREFIX.length + TAG_CHARS);
  return timingSafeEqual(Buffer.from(tag), Buffer.from(tagOf(random, key)));
}

function tagOf(random: string, key: string): string {
  return createHmac('sha256', key).update(`request ${random}`).digest('base64url').slice(0, TAG_CHARS);
}
