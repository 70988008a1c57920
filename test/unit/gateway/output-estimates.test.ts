import { describe, expect, it } from 'vitest';
import { createOutputEstimates } from '../../../functions/gateway/output-estimates.ts';

describe('how long the next answer is', () => {
  it('is 1,024 tokens as long as nothing is known, and then the mean with them', () => {
    const { next, learn } = createOutputEstimates();
    expect(next('smart', 'key_a')).toBe(1_024);
    learn('smart', 'key_a', 24);
    expect(next('smart', 'key_a')).toBe(524);
    learn('smart', 'key_a', 101);
    expect(next('smart', 'key_a')).toBe(383);
  });

  it('is known by model and key', () => {
    const { next, learn } = createOutputEstimates();
    learn('smart', 'key_a', 10);
    expect([next('quick', 'key_a'), next('smart', 'key_b')]).toEqual([1_024, 1_024]);
  });

  it('forgets what was long ago', () => {
    const { next, learn } = createOutputEstimates();
    for (let index = 0; index < 1_000; index += 1) learn('smart', 'key_a', 20);
    expect(next('smart', 'key_a')).toBe(21);
    for (let index = 0; index < 60; index += 1) learn('smart', 'key_a', 2_000);
    expect(next('smart', 'key_a')).toBeGreaterThan(1_900);
  });
});
