export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function spread(values: readonly number[]): {
  readonly median: number;
  readonly low: number;
  readonly high: number;
} {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}
