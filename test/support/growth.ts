/**
 * How many times longer the work takes at the larger size: by the least of several tries of each, because other work on
 * the machine only ever adds. It is tried again as long as that looks like more than proportion, up to a bound: one quiet
 * moment of each size is enough, and what truly grows faster has none.
 */
export function growth(work: (size: number) => void, small: number, large: number): number {
  const milliseconds = (size: number): number => {
    const start = performance.now();
    work(size);
    return performance.now() - start;
  };
  milliseconds(small);
  const least = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY };
  const ratio = (): number => least.large / least.small;
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    least.small = Math.min(least.small, milliseconds(small), milliseconds(small));
    least.large = Math.min(least.large, milliseconds(large));
    if (attempt >= FEWEST_TRIES - 1 && ratio() < (1.5 * large) / small) break;
  }
  return ratio();
}

const FEWEST_TRIES = 4;
const MOST_TRIES = 40;
