/**
 * 95 % intervals, for what the command line says of experiments. Every request is taken as a draw of its own: where one
 * subject sends many alike, the truth is less certain than this.
 */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of one arm. The variance is the sample's, with n - 1. */
export interface Sample {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

const Z = 1.959963984540054;

/** Student's t, for means of anything. Undefined under two values. */
export function meanInterval({ count, mean, variance }: Sample): Interval | undefined {
  if (count < 2) return undefined;
  const half = quantile(count - 1) * Math.sqrt(variance / count);
  return { low: mean - half, high: mean + half };
}

/** Welch's t, for the difference of two means: the arms need not vary alike. */
export function differenceOfMeans(of: Sample, from: Sample): Interval | undefined {
  if (of.count < 2 || from.count < 2) return undefined;
  const [a, b] = [of.variance / of.count, from.variance / from.count];
  const difference = of.mean - from.mean;
  if (a + b === 0) return { low: difference, high: difference };
  const freedom = (a + b) ** 2 / (a ** 2 / (of.count - 1) + b ** 2 / (from.count - 1));
  const half = quantile(freedom) * Math.sqrt(a + b);
  return { low: difference - half, high: difference + half };
}

/** Wilson's, for shares: right also near 0 and 1, and for few. Undefined for none. */
export function shareInterval(hits: number, count: number): Interval | undefined {
  if (count === 0) return undefined;
  const share = hits / count;
  const middle = share + Z ** 2 / (2 * count);
  const half = Z * Math.sqrt((share * (1 - share)) / count + Z ** 2 / (4 * count ** 2));
  const whole = 1 + Z ** 2 / count;
  return { low: Math.max(0, (middle - half) / whole), high: Math.min(1, (middle + half) / whole) };
}

/** Newcombe's, for the difference of two shares: made of Wilson's of each (Statistics in Medicine 17, 1998, method 10). */
export function differenceOfShares(
  of: { readonly hits: number; readonly count: number },
  from: { readonly hits: number; readonly count: number },
): Interval | undefined {
  const [a, b] = [shareInterval(of.hits, of.count), shareInterval(from.hits, from.count)];
  if (a === undefined || b === undefined) return undefined;
  const [p, q] = [of.hits / of.count, from.hits / from.count];
  return {
    low: p - q - Math.sqrt((p - a.low) ** 2 + (b.high - q) ** 2),
    high: p - q + Math.sqrt((a.high - p) ** 2 + (q - b.low) ** 2),
  };
}

/** The 97.5 % quantile of Student's t of 1 to 4 degrees of freedom, where the series below is not exact enough. */
const FEW = [Number.POSITIVE_INFINITY, 12.7062, 4.30265, 3.18245, 2.77645] as const;

/** By the series of Cornish and Fisher around the normal one, within 0.001 from 5 degrees on. Rounded down: wider. */
function quantile(freedom: number): number {
  const n = Math.max(1, Math.floor(freedom));
  const known = FEW[n];
  if (known !== undefined) return known;
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1_482 * Z ** 5 - 1_920 * Z ** 3 - 945 * Z) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / n ** (index + 1), Z);
}
