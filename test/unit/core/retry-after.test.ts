import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRetryAfterMs } from '../../../functions/core/retry-after.ts';

/** 1795428000 seconds since 1970. */
const date = 'Mon, 23 Nov 2026 10:00:00 GMT';

type Case = readonly [what: string, headers: { readonly [name: string]: string }, expected: number | undefined];

const CASES: readonly Case[] = [
  // In headers that say nothing else.
  ['seconds', { 'retry-after': '12' }, 12_000],
  ['fractions of a second', { 'retry-after': '0.5' }, 500],
  ['nothing to wait for', { 'retry-after': '0' }, 0],
  ['a duration', { 'retry-after': '1m30s' }, 90_000],
  ['a short duration', { 'retry-after': '6ms' }, 6],
  ['milliseconds, which are more exact', { 'retry-after': '2', 'retry-after-ms': '1250' }, 1_250],
  ["Azure's milliseconds", { 'retry-after': '2', 'x-ms-retry-after-ms': '1999' }, 1_999],
  ["Amazon's milliseconds", { 'x-amz-retry-after': '1500' }, 1_500],
  ["a date, by the answer's own clock", { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT', date }, 30_000],
  ['a date of RFC 850', { 'retry-after': 'Monday, 23-Nov-26 10:00:30 GMT', date }, 30_000],
  ['a date of RFC 3339', { 'retry-after': '2026-11-23T10:00:30Z', date }, 30_000],
  ['a date that is over', { 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT', date }, 0],
  ['a date without a clock', { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }, undefined],
  ['seconds since 1970', { 'retry-after': '1795428030', date }, 30_000],
  ['nonsense', { 'retry-after': 'soon', date }, undefined],
  ['what a lenient reader takes for a date', { 'retry-after': 'soon 5', date }, undefined],
  ['a negative number', { 'retry-after': '-3', date }, undefined],
  ['no number that there is', { 'retry-after': '9'.repeat(400) }, undefined],
  ['a year', { 'retry-after': '31536000' }, 30 * 86_400_000],
  ['nothing', {}, undefined],
  // Resets of limits.
  ["OpenAI's limits", { 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-requests': '0' }, 1_000],
  ['minutes and seconds', { 'x-ratelimit-reset-tokens': '1m30s' }, 90_000],
  ['milliseconds', { 'x-ratelimit-reset-tokens': '6ms' }, 6],
  ["Groq's fractions", { 'x-ratelimit-reset-tokens': '2m59.56s' }, 179_560],
  ["Cerebras' seconds", { 'x-ratelimit-reset-tokens-minute': '11.38' }, 11_380],
  ["Mistral's limits by size", { 'ratelimitbysize-reset': '41', 'ratelimitbysize-remaining': '0' }, 41_000],
  ['the draft of the IETF', { 'ratelimit-reset': '50', 'ratelimit-remaining': '0' }, 50_000],
  ['seconds after now', { 'x-ratelimit-reset-after': '2.5', 'x-ratelimit-remaining': '0' }, 2_500],
  ['since 1970, in seconds', { 'x-ratelimit-reset': '1795428060', date }, 60_000],
  ['since 1970, in milliseconds (OpenRouter)', { 'x-ratelimit-reset': '1795428042000', date }, 42_000],
  ['since 1970, without a clock', { 'x-ratelimit-reset': '1795428042000' }, undefined],
  [
    'the last of those that are used up',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6m0s',
      'x-ratelimit-remaining-days': '7',
      'x-ratelimit-reset-days': '8h',
    },
    360_000,
  ],
  ['limits with something left', { 'x-ratelimit-remaining-tokens': '9', 'x-ratelimit-reset-tokens': '5s' }, undefined],
  [
    'the exhausted one of several limits',
    {
      date,
      'anthropic-ratelimit-requests-remaining': '12',
      'anthropic-ratelimit-requests-reset': '2026-11-23T10:05:00Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-23T10:00:20Z',
    },
    20_000,
  ],
  ['a reset since 1970 at Anthropic', { date, 'anthropic-ratelimit-unified-reset': '1795428020' }, 20_000],
  [
    'the header rather than the limits',
    {
      date,
      'retry-after': '3',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-23T10:05:00Z',
    },
    3_000,
  ],
  [
    'a limit that is no reset',
    { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0' },
    undefined,
  ],
];

describe('readRetryAfterMs', () => {
  it.each(CASES)('%s', (_, headers, expected) => {
    expect(readRetryAfterMs(headers)).toBe(expected);
  });

  it.each<readonly [string, number | undefined]>([
    ['Rate limit reached for gpt-5 in organization x. Please try again in 7m12.5s. Visit y.', 432_500],
    ['Please try again in 20ms.', 20],
    [
      'Requests to the ChatCompletions_Create Operation have exceeded token rate limit. Please retry after 45 seconds.',
      45_000,
    ],
    ['Please retry after 1 second.', 1_000],
    ['Please try again in 2 minutes.', 120_000],
    ['You exceeded your current quota. Please retry in 34.4s.', 34_400],
    ['Please try again later.', undefined],
    ['You retry after failures too often.', undefined],
  ])('in the words of "%s"', (message, expected) => {
    expect(readRetryAfterMs({}, message)).toBe(expected);
  });

  it('believes a header before a sentence, and a sentence before a limit', () => {
    const limit = { 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-remaining-tokens': '0' };
    expect(readRetryAfterMs({ ...limit, 'retry-after': '2' }, 'Try again in 8s')).toBe(2_000);
    expect(readRetryAfterMs(limit, 'Try again in 8s')).toBe(8_000);
  });

  it('gives a time that can be waited for, or none, whatever is written', () => {
    const name = fc.constantFrom(
      'retry-after',
      'retry-after-ms',
      'x-ratelimit-reset',
      'anthropic-ratelimit-tokens-reset',
      'date',
    );
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value), fc.string(), (headers, message) => {
        const wait = readRetryAfterMs(headers, message);
        expect(wait === undefined || (wait >= 0 && wait <= 30 * 86_400_000)).toBe(true);
      }),
    );
  });
});
