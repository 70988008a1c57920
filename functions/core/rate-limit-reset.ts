/**
 * `x-ratelimit-reset-requests: 1s`, `x-ratelimit-reset-tokens: 6m0s`, of the limits that have nothing left: where OpenAI
 * and Groq say when to come back if not in `retry-after`.
 */
export function readRateLimitResetMs(headers: { readonly [name: string]: string }): number | undefined {
  const exhausted: number[] = [];
  const others: number[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const limit = /^x-ratelimit-reset(-.+)?$/.exec(name);
    const wait = limit === null ? undefined : readDurationMs(value);
    if (limit === null || wait === undefined) continue;
    const left = headers[`x-ratelimit-remaining${limit[1] ?? ''}`];
    if (left === undefined || Number(left) > 0) others.push(wait);
    else exhausted.push(wait);
  }
  if (exhausted.length > 0) return Math.max(...exhausted);
  return others.length === 0 ? undefined : Math.min(...others);
}

/** "Please try again in 7m12.5s", in the message of a 429. */
export function readTryAgainMs(message: string): number | undefined {
  const duration = /\btry again in ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+)/i.exec(message)?.[1];
  return duration === undefined ? undefined : readDurationMs(duration);
}

const UNIT_MS: { readonly [unit: string]: number } = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** Above it, a bare number is no wait but a date since 1970, which needs a clock. */
const LONGEST_SECONDS = 30 * 86_400;

/** `20ms`, `1s`, `6m0s`, `1h2m3.5s`, or seconds as a bare number. */
function readDurationMs(text: string): number | undefined {
  const value = text.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(value))
    return Number(value) > LONGEST_SECONDS ? undefined : Math.ceil(Number(value) * 1_000);
  if (!/^(\d+(\.\d+)?(ms|d|h|m|s))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|d|h|m|s)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return Math.ceil(total);
}
