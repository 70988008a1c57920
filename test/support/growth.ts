/**
 * How many times longer the work takes at the larger size: the least of several tries, because other work on the
 * machine only ever adds, and a pause in the wrong place makes any one ratio wrong.
 */
export function growth(work: (size: number) => void, small: number, large: number): number {
  const milliseconds = (size: number): number => {
    const start = performance.now();
    work(size);
    return performance.now() - start;
  };
  milliseconds(small);
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const before = Math.min(milliseconds(small), milliseconds(small));
    const after = milliseconds(large);
    least = Math.min(least, after / before);
  }
  return least;
}
