import { uniform } from '../core/uniform.ts';

/**
 * Weighted rendezvous: each candidate draws (an exponential variable of the rate `weight`, from the hash of the text that
 * names it and what it draws for), and the smallest draw wins. A candidate's chance is its share of the weights, and its
 * draw depends on no other: one that goes leaves only what it had, one that comes or grows takes only what it gets.
 *
 * `Math.log` is V8's own port of fdlibm, the same bits on every platform.
 */
export function drawFor(text: string, weight: number): number {
  return -Math.log(uniform(text)) / weight;
}
