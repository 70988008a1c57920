/** How the models think, by name: https://ai.google.dev/gemini-api/docs/thinking */
import type { JsonObject } from '../../../functions/core/json.ts';
import { numberOf, objectOf, textOf } from '../fields.ts';

/** Tokens of thought by level: less than the real ones take, in the same order. */
const LEVELS: { readonly [level: string]: number } = { MINIMAL: 8, LOW: 32, MEDIUM: 96, HIGH: 192 };
/** What a model thinks that is left to itself. */
const DEFAULT_TOKENS = 64;

/** Sign whatever they say, and want the signatures of function calls back. */
export function signsAlways(model: string): boolean {
  return /^gemini-([3-9]|\d\d)/.test(model);
}

/** Sign where they think and have functions to call, and check nothing. */
export function signsFunctionTurns(model: string): boolean {
  return /^gemini-2\.5/.test(model);
}

export function thinkingTokens(model: string, config: JsonObject): number {
  const { thinkingBudget, thinkingLevel } = objectOf(config.thinkingConfig);
  const byItself = signsAlways(model) || (signsFunctionTurns(model) && !/lite/.test(model));
  const budget = numberOf(thinkingBudget);
  if (budget !== undefined) return budget < 0 ? DEFAULT_TOKENS : Math.min(budget, DEFAULT_TOKENS);
  const level = LEVELS[textOf(thinkingLevel).toUpperCase()];
  return level ?? (byItself ? DEFAULT_TOKENS : 0);
}
