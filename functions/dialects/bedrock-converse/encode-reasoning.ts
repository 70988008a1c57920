/** How much a model is to think, in the words of the models behind the API: Converse has only `outputConfig.effort`. */
import type { ChatRequest, ReasoningEffort } from '../../core/chat.ts';
import { claudeThinking } from '../../core/claude-thinking.ts';
import { effortOfBudget, nearestEffort } from '../../core/effort.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ModelTraits } from './model-traits.ts';

export interface EncodedReasoning {
  /** Below `additionalModelRequestFields`. */
  readonly fields: JsonObject;
  /** `outputConfig.effort` */
  readonly effort?: string;
  /** The model thinks: sampling is limited then. */
  readonly thinks: boolean;
  /** The budget counts towards the output cap, which therefore must be named. */
  readonly needsMaxTokens: boolean;
}

const NOTHING: EncodedReasoning = { fields: {}, thinks: false, needsMaxTokens: false };

type Encoder = (effort: ReasoningEffort) => JsonObject | undefined;

/**
 * By family; undefined where the effort cannot be asked for.
 *  - Nova 2 knows `high`, but refuses an output cap with it, and caps are what budgets rest on: `medium` is the most.
 *  - GPT on Bedrock knows all but `minimal`; gpt-oss only three, and cannot be switched off.
 */
const ENCODERS: { readonly [R in Exclude<ModelTraits['reasoning'], 'claude'>]: Encoder } = {
  nova: (effort) =>
    effort === 'none'
      ? { reasoningConfig: { type: 'disabled' } }
      : { reasoningConfig: { type: 'enabled', maxReasoningEffort: nearestEffort(effort, ['low', 'medium']) } },
  openai: (effort) => ({
    reasoning: {
      effort: nearestEffort(effort === 'minimal' ? 'low' : effort, ['none', 'low', 'medium', 'high', 'xhigh', 'max']),
    },
  }),
  'gpt-oss': (effort) =>
    effort === 'none' ? undefined : { reasoning_effort: nearestEffort(effort, ['low', 'medium', 'high']) },
  none: (effort) => (effort === 'none' ? {} : undefined),
};

export function encodeReasoning(
  request: ChatRequest,
  traits: ModelTraits,
  maxTokens: number,
  drop: (parameter: string) => void,
): EncodedReasoning {
  const settings = request.reasoning;
  if (settings === undefined) return NOTHING;
  if (traits.claude !== undefined) {
    const { thinking, effort } = claudeThinking(request, maxTokens, traits.claude, drop);
    return {
      fields: thinking === undefined ? {} : { thinking },
      ...(effort === undefined ? {} : { effort }),
      thinks: thinking?.type === 'enabled' || thinking?.type === 'adaptive',
      needsMaxTokens: thinking?.type === 'enabled',
    };
  }
  if (traits.reasoning === 'claude') return NOTHING;
  const off = settings.mode === 'off' || settings.effort === 'none' || settings.budgetTokens === 0;
  const budget = settings.budgetTokens === undefined ? undefined : effortOfBudget(settings.budgetTokens);
  // `adaptive` leaves the amount to the model, as saying nothing does; `on` wants some.
  const asked = off ? 'none' : (settings.effort ?? budget ?? (settings.mode === 'on' ? 'medium' : undefined));
  if (asked === undefined) return NOTHING;
  const fields = ENCODERS[traits.reasoning](asked);
  if (fields === undefined) {
    drop(
      settings.effort === undefined && settings.budgetTokens !== undefined
        ? 'thinking.budget_tokens'
        : 'reasoning_effort',
    );
    return NOTHING;
  }
  return { fields, thinks: asked !== 'none', needsMaxTokens: false };
}
