/** Upkeep looks at the public catalogue every day. Where it has not for so long, it is switched off, or broken. */
const MOST_AGE_MS = 14 * 86_400_000;

/** Older ones give way to those of the deployment, which may be newer. */
export function isFresh(checkedAtMs: number, nowMs: number): boolean {
  return nowMs - checkedAtMs < MOST_AGE_MS;
}
