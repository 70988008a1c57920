/** Whether what a client saw is what it may see. Nothing that is broken may look finished, here or in the row. */
import { splitTokens } from '../../../local/providers/tokens.ts';
import type { Outcome } from '../matrix/client.ts';
import { ATTEMPTS, type Times, TOKENS, timesOf } from './config.ts';
import type { Run } from './runs.ts';
import type { Sight } from './scenarios.ts';

export interface Seen {
  /** What the SDK gave, or what it threw that is no answer of the gateway. */
  readonly outcome: Outcome | { readonly thrown: string };
  readonly ms: number;
  /** Requests that the simulated providers got. */
  readonly upstream: number;
}

export interface LogRow {
  readonly outcome: string;
  readonly attempt_count: number;
  readonly usage_source: string;
  readonly flags: readonly string[];
  readonly first_error: string | null;
}

export interface Verdict {
  readonly sight: Sight | 'lie';
  readonly problems: readonly string[];
}

/** Of scheduling, on a machine that does much else. */
const SLACK_MS = 5_000;
/** A reset before any byte on a connection that was used before says nothing of the provider: it is asked again. */
const RESETS = new Set(['reset']);
const HANGS = new Set(['silence', 'headers-only', 'stall']);

export function judge(run: Run, seen: Seen, row: LogRow | undefined, times: Times): Verdict {
  const problems: string[] = [];
  const { scenario, expected } = run;
  const sight = sightOf(run, seen, row);
  if (sight !== expected) problems.push(`saw ${sight}, expected ${expected}: ${describe(seen)}`);
  if (row === undefined) problems.push('there is no row');
  else {
    if (row.attempt_count > ATTEMPTS) problems.push(`${row.attempt_count} attempts in the row`);
    if ((row.outcome === 'ok') !== (sight === 'answer' || sight === 'unreadable'))
      problems.push(`the row says ${row.outcome}`);
    const { flag, usageSource } = scenario;
    if (flag !== undefined && sight === 'answer' && !row.flags.includes(flag)) problems.push(`no flag "${flag}"`);
    if (usageSource !== undefined && row.usage_source !== usageSource) problems.push(`usage is ${row.usage_source}`);
    if (HANGS.has(scenario.id) && row.first_error !== 'upstream-timeout') problems.push(`ended by ${row.first_error}`);
  }
  const most = RESETS.has(scenario.id) ? 2 * ATTEMPTS : ATTEMPTS;
  if (seen.upstream > most) problems.push(`${seen.upstream} requests to providers`);
  if (seen.ms > timesOf(scenario, times).totalMs + SLACK_MS) problems.push(`took ${Math.round(seen.ms)} ms`);
  return { sight, problems };
}

function sightOf(run: Run, { outcome }: Seen, row: LogRow | undefined): Verdict['sight'] {
  if ('thrown' in outcome) return 'unreadable';
  const isWhole = isComplete(run, outcome.text);
  if (outcome.error === undefined && outcome.finish === 'stop') return isWhole ? 'answer' : 'lie';
  if (outcome.error === undefined) return 'lie';
  return row?.outcome === 'truncated' ? 'broken' : 'error';
}

export function isComplete({ scenario }: Pick<Run, 'scenario'>, text: string): boolean {
  return scenario.chars === undefined ? splitTokens(text).length === TOKENS : text.length === scenario.chars;
}

export function describe({ outcome }: Seen): string {
  if ('thrown' in outcome) return `the SDK threw ${outcome.thrown}`;
  const { error, finish, text } = outcome;
  if (error !== undefined)
    return `${error.status ?? 'in the stream'} ${error.code ?? ''} ${error.message.slice(0, 160)}`;
  return `${splitTokens(text.slice(0, 10_000)).length} tokens, finish ${finish}`;
}
