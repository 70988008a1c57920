/**
 * When a provider wants to be asked again, in milliseconds from its answer: `retry-after-ms` (OpenAI, Azure),
 * `retry-after` in seconds or as a date, and the reset of an exhausted Anthropic rate limit.
 *
 * Dates are compared with the answer's own `date` header: the core has no clock, and the provider's is the one that
 * they were written by. Without it a date says nothing.
 */
export function readRetryAfterMs(headers: { readonly [name: string]: string }): number | undefined {
  const milliseconds = readNumber(headers['retry-after-ms']);
  if (milliseconds !== undefined) return milliseconds;
  const now = readDate(headers.date);
  const retryAfter = headers['retry-after'];
  if (retryAfter !== undefined) {
    const seconds = readNumber(retryAfter);
    return seconds === undefined ? until(readDate(retryAfter), now) : seconds * 1_000;
  }
  return anthropicReset(headers, now);
}

/** `anthropic-ratelimit-tokens-remaining: 0` with `…-tokens-reset: 2026-11-23T10:00:12Z`: the latest of those at 0. */
function anthropicReset(headers: { readonly [name: string]: string }, now: number | undefined): number | undefined {
  const waits = Object.keys(headers).flatMap((name) => {
    const limit = /^anthropic-ratelimit-(.+)-remaining$/.exec(name)?.[1];
    if (limit === undefined || readNumber(headers[name]) !== 0) return [];
    return until(readDate(headers[`anthropic-ratelimit-${limit}-reset`]), now) ?? [];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function until(then: number | undefined, now: number | undefined): number | undefined {
  return then === undefined || now === undefined ? undefined : Math.max(0, then - now);
}

function readNumber(value: string | undefined): number | undefined {
  if (value === undefined || !/^\s*\d+(\.\d+)?\s*$/.test(value)) return undefined;
  return Number(value);
}

function readDate(value: string | undefined): number | undefined {
  const time = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
