/**
 * Which of a provider's keys can be used, as far as one process knows: keys rest after the provider refused them, and
 * come back by themselves. Nothing is shared or stored: another process finds out by one request of its own.
 */
import type { ErrorKind } from './errors.ts';
import { uniform } from './uniform.ts';

export interface KeyFailure {
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;
  /** As the provider answered. */
  readonly status: number | undefined;
  /** The provider's own. */
  readonly code: string | undefined;
}

export type KeyChoice =
  | { readonly key: string; readonly index: number; readonly isDoubtful: boolean }
  /** No key can be used: what kind of refusal ends first, and when. */
  | { readonly key: undefined; readonly kind: ErrorKind; readonly untilMs: number };

export interface KeyPool {
  /**
   * One of those that can be used, each with the same chance. `draw` is uniform in [0, 1), or a text that gets the same
   * key each time, as long as that can be used. There is at least one key.
   */
  choose(keys: readonly string[], model: string, nowMs: number, draw: number | string): KeyChoice;
  /** True where the key was taken out by this, because the provider does not accept it. */
  failed(key: string, model: string, failure: KeyFailure, nowMs: number): boolean;
  worked(key: string, model: string, nowMs: number): void;
}

const RESTS = ['key', 'quota', 'rate'] as const;
type Scope = (typeof RESTS)[number] | 'doubt';

interface Rule {
  /**
   * What rests: the key, or for one model its rate, its quota or the trust in it. Quotas too are by model: with Google and
   * on Bedrock each has its own, some of 0, and credit that is used up does not end models that are free. Where it does end
   * all of them, each finds out by one request that costs nothing.
   */
  readonly of: Scope;
  /** Where the provider does not say how long. */
  readonly restMs: number;
  /** Where it rests again and again without working once. */
  readonly mostMs: number;
}

const MINUTE = 60_000;

const RULES: { readonly [K in ErrorKind]?: Rule } = {
  'upstream-throttled': { of: 'rate', restMs: 1_000, mostMs: 30_000 },
  'upstream-quota': { of: 'quota', restMs: 5 * MINUTE, mostMs: 60 * MINUTE },
  'upstream-unauthorized': { of: 'key', restMs: 5 * MINUTE, mostMs: 60 * MINUTE },
};

/**
 * 403 may be about what the request names (a model, a file, a region) and not about the key, and so is OpenAI's 401 for an
 * interface that a restricted key was not made for. Such a key is used after all
 * others, and still where there is no other: or else one caller's bad request would take the provider away from all.
 */
const DOUBT: Rule = { of: 'doubt', restMs: 5 * MINUTE, mostMs: 5 * MINUTE };
const isDoubt = ({ kind, status, code }: KeyFailure): boolean =>
  kind === 'upstream-unauthorized' && (status === 403 || code === 'missing_scope');

/** A provider that says "in a year" is wrong, and would be right for as long as the process lives. */
const LONGEST_REST_MS = 60 * MINUTE;

/** Names of models come from the configuration and, as `provider/model`, from callers. */
const MAX_RESTS = 256;

interface Rest {
  readonly kind: ErrorKind;
  readonly untilMs: number;
  /** How often in a row. */
  readonly times: number;
}

export function createKeyPool(): KeyPool {
  // Those of a key that left the secret are pushed out by others.
  const rests = new Map<string, Rest>();
  const idOf = (of: Rule['of'], key: string, model: string): string =>
    JSON.stringify(of === 'key' ? [of, key] : [of, key, model]);

  return {
    choose(keys, model, nowMs, draw) {
      const restUntil = (of: Rule['of'], key: string): Rest | undefined => {
        const rest = rests.get(idOf(of, key, model));
        return rest !== undefined && rest.untilMs > nowMs ? rest : undefined;
      };
      const awake: { readonly key: string; readonly index: number; readonly isDoubtful: boolean }[] = [];
      let first: Rest | undefined;
      for (const [index, key] of keys.entries()) {
        const [rest] = RESTS.flatMap((of) => restUntil(of, key) ?? []).sort((a, b) => b.untilMs - a.untilMs);
        if (rest === undefined) awake.push({ key, index, isDoubtful: restUntil('doubt', key) !== undefined });
        else if (first === undefined || rest.untilMs < first.untilMs) first = rest;
      }
      const trusted = awake.filter(({ isDoubtful }) => !isDoubtful);
      const usable = trusted.length > 0 ? trusted : awake;
      const chosen = typeof draw === 'string' ? keyOf(draw, usable) : usable[Math.floor(draw * usable.length)];
      if (chosen !== undefined) return chosen;
      return { key: undefined, kind: first?.kind ?? 'misconfigured', untilMs: first?.untilMs ?? nowMs };
    },
    failed(key, model, failure, nowMs) {
      const { kind, retryAfterMs } = failure;
      const rule = isDoubt(failure) ? DOUBT : RULES[kind];
      if (rule === undefined) return false;
      const id = idOf(rule.of, key, model);
      const before = rests.get(id);
      const isResting = before !== undefined && before.untilMs > nowMs;
      // Requests that were under way together count as one.
      const times = isResting ? before.times : (before?.times ?? 0) + 1;
      const restMs = Math.min(retryAfterMs ?? Math.min(rule.mostMs, rule.restMs * 2 ** (times - 1)), LONGEST_REST_MS);
      const untilMs = Math.max(before?.untilMs ?? 0, nowMs + restMs);
      rests.delete(id);
      rests.set(id, { kind, untilMs, times });
      const [oldest] = rests.keys();
      if (rests.size > MAX_RESTS && oldest !== undefined) rests.delete(oldest);
      return kind === 'upstream-unauthorized' && !(isResting && before.kind === kind);
    },
    worked(key, model, nowMs) {
      if (rests.size === 0) return;
      for (const scope of [...RESTS, 'doubt'] as const) {
        const id = idOf(scope, key, model);
        // One that still lasts was ordered after this request had gone out.
        if ((rests.get(id)?.untilMs ?? nowMs) < nowMs) rests.delete(id);
      }
    },
  };
}

/** By rendezvous: a key that rests leaves its texts to the others, and gets the same ones back. */
function keyOf<Usable extends { readonly key: string }>(text: string, usable: readonly Usable[]): Usable | undefined {
  let best: { readonly one: Usable; readonly draw: number } | undefined;
  for (const one of usable) {
    const draw = uniform(`${text}\n${one.key}`);
    if (best === undefined || draw < best.draw) best = { one, draw };
  }
  return best?.one;
}
