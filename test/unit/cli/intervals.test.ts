import { describe, expect, it } from 'vitest';
import {
  differenceOfMeans,
  differenceOfShares,
  meanInterval,
  type Sample,
  shareInterval,
} from '../../../cli/intervals.ts';

/** Numbers in [0, 1), the same in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function sampleOf(values: readonly number[]): Sample {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { count: values.length, mean, variance };
}

describe('meanInterval', () => {
  // Student's t at 97.5 %, from the usual table.
  it.each([
    [1, 12.706],
    [2, 4.303],
    [3, 3.182],
    [4, 2.776],
    [5, 2.571],
    [6, 2.447],
    [10, 2.228],
    [20, 2.086],
    [30, 2.042],
    [120, 1.98],
    [1_000_000, 1.96],
  ])('takes the quantile of %i degrees of freedom', (freedom, quantile) => {
    // Whose standard error is 1.
    const interval = meanInterval({ count: freedom + 1, mean: 0, variance: freedom + 1 });
    expect(Math.abs((interval?.high ?? 0) - quantile)).toBeLessThan(0.002);
    expect(interval?.low).toBe(-(interval?.high ?? 0));
  });

  it('knows nothing of one value', () => {
    expect(meanInterval({ count: 1, mean: 3, variance: 0 })).toBeUndefined();
  });
});

describe('shareInterval', () => {
  it('is as published: 8 of 10, and the ends', () => {
    const interval = shareInterval(8, 10);
    expect(interval?.low).toBeCloseTo(0.4902, 4);
    expect(interval?.high).toBeCloseTo(0.9433, 4);
    expect(shareInterval(0, 10)?.low).toBeCloseTo(0, 12);
    expect(shareInterval(0, 10)?.high).toBeCloseTo(0.2775, 4);
    expect(shareInterval(10, 10)?.high).toBeCloseTo(1, 12);
    expect(shareInterval(0, 0)).toBeUndefined();
  });
});

describe('differenceOfShares', () => {
  it('is as published by Newcombe: 56 of 70 against 48 of 80', () => {
    const interval = differenceOfShares({ hits: 56, count: 70 }, { hits: 48, count: 80 });
    expect(interval?.low).toBeCloseTo(0.0524, 4);
    expect(interval?.high).toBeCloseTo(0.3339, 4);
  });

  it('of nothing is unknown', () => {
    expect(differenceOfShares({ hits: 0, count: 0 }, { hits: 1, count: 2 })).toBeUndefined();
  });
});

describe('differenceOfMeans', () => {
  it('holds the true difference 95 times in 100, also of arms of other sizes and spreads', () => {
    const random = generator(7);
    // Sums of twelve: near enough to a normal one.
    const normal = (mean: number, spread: number): number =>
      mean + spread * (Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, 0) - 6);
    const draw = (count: number, mean: number, spread: number): Sample =>
      sampleOf(Array.from({ length: count }, () => normal(mean, spread)));
    const trials = 2_000;
    let held = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const interval = differenceOfMeans(draw(8, 5, 1), draw(20, 3, 4));
      if (interval !== undefined && interval.low <= 2 && interval.high >= 2) held += 1;
    }
    expect(Math.abs(held / trials - 0.95)).toBeLessThan(0.02);
  });

  it('of values that never vary is the difference itself', () => {
    const interval = differenceOfMeans({ count: 5, mean: 2, variance: 0 }, { count: 5, mean: 3, variance: 0 });
    expect(interval).toEqual({ low: -1, high: -1 });
  });
});
