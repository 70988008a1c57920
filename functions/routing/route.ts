/** Which targets were looked at, in order, and why some were left out: for the row and for `x-tollgate-route`. */
import type { UpstreamTarget } from '../core/ports.ts';
import type { Inability } from './capabilities.ts';
import { targetName } from './target-name.ts';

/**
 * - `cooling`: it failed lately, and is left alone for a while; or one request is out to see whether it is back.
 * - `capacity`: full by the meters of its provider.
 * - `window`: its context window cannot hold the request.
 * - `capability`: it cannot take something that is in the request.
 * - `not-allowed`: the key may not use it.
 * - `no-key`: nobody has set its provider's secret, or it cannot be read.
 * - `unpriced`: it has no price, and the key has a budget.
 */
export type SkipReason = 'cooling' | 'capacity' | 'window' | 'capability' | 'not-allowed' | 'unpriced' | 'no-key';

export interface Skipped {
  readonly target: UpstreamTarget;
  readonly reason: SkipReason;
  /** When it may be asked again, where that is known. */
  readonly untilMs?: number;
  /** What it cannot take. */
  readonly inability?: Inability;
}

export interface Route {
  /** All, in the order of the plan. */
  readonly considered: readonly UpstreamTarget[];
  readonly skipped: readonly Skipped[];
}

const MOST_CHARS = 1_000;

/**
 * `openai/gpt-5.6-sol!cooling(12s), anthropic/claude-sonnet-5`: see docs/routing.md for the grammar. Names are in the
 * hands of whoever asks for `provider/model`, so that what means something here is percent-encoded in them.
 */
export function formatRoute({ considered, skipped }: Route, nowMs: number): string {
  const why = new Map(skipped.map((each) => [each.target, each]));
  let text = '';
  for (const [index, target] of considered.entries()) {
    const entry = `${encodeName(targetName(target))}${formatSkip(why.get(target), nowMs)}`;
    const rest = `, +${considered.length - index}`;
    const next = text === '' ? entry : `${text}, ${entry}`;
    if (next.length + rest.length > MOST_CHARS) return text === '' ? rest.slice(2) : text + rest;
    text = next;
  }
  return text;
}

function formatSkip(skipped: Skipped | undefined, nowMs: number): string {
  if (skipped === undefined) return '';
  const { reason, untilMs } = skipped;
  if (untilMs === undefined) return `!${reason}`;
  return `!${reason}(${Math.max(0, Math.ceil((untilMs - nowMs) / 1_000))}s)`;
}

function encodeName(name: string): string {
  return name
    .replace(/[^\w.:/#@+~*=-]/gu, (char) => encodeURIComponent(char.isWellFormed() ? char : '?'))
    .replace(/[!()']/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
