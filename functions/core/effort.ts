import type { ReasoningEffort } from './chat.ts';

/** Budgets of other dialects as the nearest effort; how much that is, is each model's own. */
const EFFORT_BUDGETS: readonly (readonly [effort: ReasoningEffort, upTo: number])[] = [
  ['low', 4_096],
  ['medium', 16_384],
  ['high', Number.POSITIVE_INFINITY],
];

export function effortOfBudget(tokens: number): ReasoningEffort {
  return EFFORT_BUDGETS.find(([, upTo]) => tokens <= upTo)?.[0] ?? 'high';
}

const ASCENDING: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

export function isEffort(word: unknown): word is ReasoningEffort {
  return ASCENDING.some((effort) => effort === word);
}

/** The next lower effort that a model knows, or its least: never more thinking than was asked for where there is a choice. */
export function nearestEffort(asked: ReasoningEffort, known: readonly ReasoningEffort[]): ReasoningEffort {
  const ranked = ASCENDING.filter((effort) => known.includes(effort));
  const atMost = ranked.filter((effort) => ASCENDING.indexOf(effort) <= ASCENDING.indexOf(asked));
  return atMost.at(-1) ?? ranked[0] ?? asked;
}
