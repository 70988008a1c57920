/**
 * When a provider wants to be asked again, in milliseconds from its answer, in all the spellings that are in use:
 *
 * - `retry-after-ms` (OpenAI, Azure), `x-ms-retry-after-ms` (Azure), `x-amz-retry-after` (AWS, in ms), `retry-after` in seconds, as a duration or a date;
 * - a sentence in the message: "try again in 7m12.5s" (OpenAI, Groq), "retry after 45 seconds" (Azure), "retry in 34.4s"
 *   (Google);
 * - the reset of a limit that has nothing left: `x-ratelimit-reset-tokens: 6m0s` (OpenAI, Groq), `x-ratelimit-reset` in
 *   seconds or since 1970 in seconds or ms (OpenRouter), `ratelimitbysize-reset` (Mistral), `anthropic-ratelimit-…-reset`
 *   as a date (RFC 3339), `ratelimit-reset` (IETF draft).
 *
 * Dates are compared with the answer's own `date` header: the core has no clock, and the provider's is the one that
 * they were written by. Without it a date says nothing.
 */
import { readDurationMs } from './duration.ts';

type Headers = { readonly [name: string]: string };

export function readRetryAfterMs(headers: Headers, message = ''): number | undefined {
  const now = readDate(headers.date);
  const asked =
    readNumber(headers['retry-after-ms']) ??
    readNumber(headers['x-ms-retry-after-ms']) ??
    readNumber(headers['x-amz-retry-after']) ??
    readWait(headers['retry-after'], now) ??
    readSentence(message) ??
    readResets(headers, now);
  return asked === undefined ? undefined : Math.min(asked, LONGEST_MS);
}

/** A month: what asks for more has made a mistake, and must not become a number that no header can hold. */
const LONGEST_MS = 30 * 86_400_000;

/** "in" with a duration, "after" with words: `45 seconds`, `2 minutes`. */
function readSentence(message: string): number | undefined {
  const [, text] =
    /\b(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|d|h|m|s))+|\d+(?:\.\d+)? ?(?:second|minute))/i.exec(
      message,
    ) ?? [];
  return text === undefined
    ? undefined
    : readDurationMs(text.replace(/ ?(second|minute)$/i, (word) => word.trim().charAt(0)));
}

/** `x-ratelimit-reset-requests`, `anthropic-ratelimit-input-tokens-reset`, and beside each what is left of that limit. */
const RESET = /^(?:x-|anthropic-)?ratelimit[a-z]*-(?:.+-)?reset(?:-.+)?$/;

/**
 * A limit comes back for certain when the last of those that are used up does. Where none says that it is, the first
 * reset is worth a try, but not where all have something left: then it is not a limit that was in the way.
 */
function readResets(headers: Headers, now: number | undefined): number | undefined {
  const exhausted: number[] = [];
  const unclear: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const wait = RESET.test(name) ? readWait(value, now) : undefined;
    if (wait === undefined) continue;
    const left = readNumber(headers[name.replace('reset-after', 'reset').replace('reset', 'remaining')]);
    if (left === undefined) unclear.push(wait);
    else if (left === 0) exhausted.push(wait);
  }
  if (exhausted.length > 0) return Math.max(...exhausted);
  return unclear.length === 0 ? undefined : Math.min(...unclear);
}

/** Above it, a bare number is no wait but a date: seconds since 1970, and above that milliseconds since 1970. */
const LEAST_EPOCH_SECONDS = 1_000_000_000;
const LEAST_EPOCH_MS = 100_000_000_000;

/** Seconds, a duration, or a date in any of its forms. */
function readWait(value: string | undefined, now: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = readNumber(value);
  if (number === undefined) return readDurationMs(value) ?? until(readDate(value), now);
  if (number < LEAST_EPOCH_SECONDS) return Math.ceil(number * 1_000);
  return until(number < LEAST_EPOCH_MS ? number * 1_000 : number, now);
}

function until(then: number | undefined, now: number | undefined): number | undefined {
  return then === undefined || now === undefined ? undefined : Math.max(0, then - now);
}

function readNumber(value: string | undefined): number | undefined {
  if (value === undefined || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Number(value);
}

/** Only what looks like a date: `Date.parse` takes "-3" and "soon 5" for one. */
function readDate(value: string | undefined): number | undefined {
  if (value === undefined || !/^(\w{3},|\w+day,|\d{4}-\d\d-\d\dT)/.test(value.trim())) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
