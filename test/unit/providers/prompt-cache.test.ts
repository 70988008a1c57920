import { expect, test } from 'vitest';
import { createPromptCache, type PromptPiece } from '../../../local/providers/prompt-cache.ts';

const piece = (text: string, cache?: '5m' | '1h'): PromptPiece =>
  cache === undefined ? { text, tokens: 1500 } : { text, tokens: 1500, cache };

test('entries live as long as they were written for, and reading them prolongs them', () => {
  let now = 0;
  const cache = createPromptCache({ now: () => now });
  const use = (ttl: '5m' | '1h') => cache.marked(ttl, [piece('rules', ttl)]).readTokens;

  expect([use('5m'), use('1h')]).toEqual([0, 0]);
  now = 299_000;
  expect(use('5m')).toBe(1500);
  now = 598_000;
  expect(use('5m')).toBe(1500);
  now = 899_000;
  expect([use('5m'), use('1h')]).toEqual([0, 1500]);
});

test('another model has a cache of its own', () => {
  const cache = createPromptCache({ now: () => 0 });
  cache.marked('a', [piece('rules', '5m')]);
  expect(cache.marked('b', [piece('rules', '5m')])).toEqual({ readTokens: 0, write5mTokens: 1500, write1hTokens: 0 });
});

test('a later breakpoint finds an earlier one up to 20 blocks back', () => {
  const turns = (count: number) => Array.from({ length: count }, (_, index) => piece(`turn ${index}`));
  const readAfter = (count: number): number => {
    const cache = createPromptCache({ now: () => 0 });
    cache.marked('m', [piece('rules', '5m')]);
    return cache.marked('m', [piece('rules'), ...turns(count), piece('end', '5m')]).readTokens;
  };
  expect(readAfter(19)).toBe(1500);
  expect(readAfter(20)).toBe(0);
});

test('forgets the oldest when it is full', () => {
  const cache = createPromptCache({ now: () => 0, capacity: 2 });
  for (const text of ['a', 'b', 'c']) cache.marked('m', [piece(text, '5m')]);
  expect(cache.marked('m', [piece('a', '5m')]).readTokens).toBe(0);
  expect(cache.marked('m', [piece('c', '5m')]).readTokens).toBe(1500);
});
