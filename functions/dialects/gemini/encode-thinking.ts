/** https://ai.google.dev/gemini-api/docs/generate-content/thinking */
import type { ReasoningEffort, ReasoningSettings } from '../../core/chat.ts';
import { effortOfBudget, nearestEffort } from '../../core/effort.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ModelTraits, Thinking } from './model-traits.ts';

/** Where Google's own OpenAI-compatible interface puts the efforts. https://ai.google.dev/gemini-api/docs/openai#thinking */
const BUDGETS: { readonly [E in ReasoningEffort]: number } = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: Number.POSITIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
};

export function encodeThinking(
  settings: ReasoningSettings | undefined,
  traits: ModelTraits,
  drop: (parameter: string) => void,
): JsonObject | undefined {
  if (settings === undefined) return undefined;
  const { effort, budgetTokens, mode, summary } = settings;
  const { thinking } = traits;
  const off = mode === 'off' || effort === 'none' || budgetTokens === 0;
  if (off) return switchOff(thinking, drop);
  if (effort === undefined && budgetTokens === undefined && mode === undefined && summary === undefined)
    return undefined;
  if (thinking.by === 'none') {
    drop(budgetTokens === undefined || effort !== undefined ? 'reasoning_effort' : 'thinking.budget_tokens');
    return undefined;
  }
  // Who asks for reasoning gets to see it, as with every other provider.
  return { includeThoughts: true, ...amount(settings, thinking) };
}

function switchOff(thinking: Thinking, drop: (parameter: string) => void): JsonObject | undefined {
  if (thinking.by === 'budget' && thinking.optional) return { thinkingBudget: 0 };
  if (thinking.by === 'level' && thinking.levels.includes('minimal')) return { thinkingLevel: 'MINIMAL' };
  if (thinking.by !== 'none') drop('reasoning_effort');
  return undefined;
}

/** Without an amount the model decides, which is the default of all of them but the smallest. */
function amount({ effort, budgetTokens }: ReasoningSettings, thinking: Thinking): JsonObject {
  if (thinking.by === 'budget') {
    const tokens = effort === undefined ? (budgetTokens ?? -1) : BUDGETS[effort];
    return { thinkingBudget: tokens === -1 ? -1 : Math.min(Math.max(tokens, thinking.least), thinking.most) };
  }
  if (thinking.by === 'none') return {};
  // Budgets are refused by the newest of the models that have levels.
  const wanted = effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens));
  return wanted === undefined ? {} : { thinkingLevel: nearestEffort(wanted, thinking.levels).toUpperCase() };
}
