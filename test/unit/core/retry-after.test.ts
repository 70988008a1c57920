import { describe, expect, it } from 'vitest';
import { readRetryAfterMs } from '../../../functions/core/retry-after.ts';

const date = 'Mon, 23 Nov 2026 10:00:00 GMT';

describe('readRetryAfterMs', () => {
  it.each([
    ['seconds', { 'retry-after': '12' }, 12_000],
    ['fractions of a second', { 'retry-after': '0.5' }, 500],
    ['nothing to wait for', { 'retry-after': '0' }, 0],
    ['milliseconds, which are more exact', { 'retry-after': '2', 'retry-after-ms': '1250' }, 1_250],
    ["a date, by the answer's own clock", { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT', date }, 30_000],
    ['a date that is over', { 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT', date }, 0],
    ['a date without a clock', { 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }, undefined],
    ['nonsense', { 'retry-after': 'soon', date }, undefined],
    ['a negative number', { 'retry-after': '-3' }, undefined],
    ['nothing', {}, undefined],
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
  ])('%s', (_, headers: { readonly [name: string]: string }, expected) => {
    expect(readRetryAfterMs(headers)).toBe(expected);
  });
});
