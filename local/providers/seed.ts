import { hash } from 'node:crypto';

/** A number in [0, 1). */
export type Random = () => number;

export function digest(text: string): string {
  return hash('sha256', text, 'hex');
}

/** mulberry32 over the first 32 bits of the seed's digest: the same seed, the same answer, on every machine. */
export function createRandom(seed: string): Random {
  let state = Number.parseInt(digest(seed).slice(0, 8), 16);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

/** Whole numbers from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The random part of ids like `chatcmpl-…` and `toolu_01…`. */
export function identifier(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += ALPHABET.charAt(Math.floor(random() * ALPHABET.length));
  return text;
}
