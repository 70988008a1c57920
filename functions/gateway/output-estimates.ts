/**
 * How long answers are, by model and key: what a token limit is charged for an answer until its length is known. It is what
 * this process has seen of late, and decides what is held while a request runs, never what is counted in the end.
 */
import { createBoundedMap } from '../adapters/bounded-map.ts';

export interface OutputEstimates {
  /** In tokens. */
  next(model: string, keyId: string): number;
  learn(model: string, keyId: string, outputTokens: number): void;
}

/** Before anything is known. It counts as one answer. */
const FIRST_TOKENS = 1_024;
/** Of so many answers the mean is taken; older ones fade. */
const SPAN = 16;
const REMEMBERED = 5_000;

export function createOutputEstimates(): OutputEstimates {
  const means = createBoundedMap<string, { readonly tokens: number; readonly seen: number }>(REMEMBERED);
  const find = (name: string) => means.get(name) ?? { tokens: FIRST_TOKENS, seen: 1 };
  // No id of a key has a space.
  const nameOf = (model: string, keyId: string): string => `${keyId} ${model}`;
  return {
    next: (model, keyId) => Math.ceil(find(nameOf(model, keyId)).tokens),
    learn(model, keyId, outputTokens) {
      const name = nameOf(model, keyId);
      const { tokens, seen } = find(name);
      const count = Math.min(seen + 1, SPAN);
      means.set(name, { tokens: tokens + (outputTokens - tokens) / count, seen: count });
    },
  };
}
