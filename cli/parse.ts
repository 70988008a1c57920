/** Values of options, checked. Errors become commander's own: `error: option '--rpm <n>' argument 'x' is invalid. …` */
import { InvalidArgumentError } from 'commander';

export function parseCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number is wanted, e.g. 600.');
}

/** At most nine decimals: money is counted in nano-dollars. */
export function parseUsd(text: string): number {
  if (/^\$?\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text.replace('$', ''));
  throw new InvalidArgumentError('An amount in US dollars is wanted, e.g. 25 or 0.50.');
}

export function parseList(text: string): readonly string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > 0) return items;
  throw new InvalidArgumentError('A list is wanted, e.g. smart,fast.');
}

/** `2026-11-01`, and a day that there is. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse turns 2026-02-30 into 2 March: what it understood has to be what was written.
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

/** The instant after which a key is dead, in ms: a date alone is good until its last moment, UTC. */
export function parseExpiry(text: string): number {
  const dateOnly = isDay(text);
  const ms = dateOnly || /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError('A date is wanted, e.g. 2027-01-31 or 2027-01-31T18:00:00Z.');
  }
  return dateOnly ? ms + 86_400_000 - 1 : ms;
}

/**
 * Anything that the parser takes, or `none`, which takes a limit away. The word stays a word here, because commander
 * turns the null of a parser into an empty string.
 */
export function orNone<T>(parse: (text: string) => T): (text: string) => T | 'none' {
  return (text) => (text === 'none' ? text : parse(text));
}
