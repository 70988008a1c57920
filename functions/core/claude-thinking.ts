/**
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking · …/extended-thinking · …/effort
 */
import type { AssistantPart, ChatRequest, Dialect, ReasoningEffort, ReasoningSettings } from './chat.ts';
import type { ClaudeTraits } from './claude-traits.ts';
import type { JsonObject } from './json.ts';

export interface ClaudeThinking {
  readonly thinking?: JsonObject;
  readonly effort?: string;
}

const MINIMUM_BUDGET = 1_024;

/** For models that want a number of tokens: the share of the output cap that an effort may think away. */
const BUDGET_SHARES: { readonly [E in ReasoningEffort]: number } = {
  none: 0,
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.9,
  max: 0.95,
};

const EFFORTS_DESCENDING = ['max', 'xhigh', 'high', 'medium', 'low'];

export function claudeThinking(
  request: ChatRequest,
  maxTokens: number,
  traits: ClaudeTraits,
  drop: (parameter: string) => void,
): ClaudeThinking {
  const settings = request.reasoning;
  if (settings === undefined) return {};
  if (settings.mode === 'off' || settings.effort === 'none' || settings.budgetTokens === 0) {
    return switchOff(traits, drop);
  }
  const asked = settings.effort !== undefined || settings.budgetTokens !== undefined || settings.mode !== undefined;
  if (!asked) return {};
  if (traits.thinking === 'none' || forcesTool(request, traits)) {
    // A forced call is what the client's program waits for, the effort is only how well it is thought through.
    drop(settings.budgetTokens === undefined ? 'reasoning_effort' : 'thinking.budget_tokens');
    return {};
  }
  const wantsBudget = settings.budgetTokens !== undefined && settings.effort === undefined;
  const budgeted = traits.thinking === 'budget' || (traits.thinking === 'both' && wantsBudget);
  if (!budgeted) return adaptive(settings, traits, drop);
  return callsWithoutThought(request) ? {} : budget(settings, maxTokens, drop);
}

/**
 * Calls that no thought of Claude's precedes: another provider made them, or the client kept no thoughts. With a budget the
 * API refuses such a history, and advises to switch thinking off (quoted in anomalyco/opencode#3077): the conversation
 * goes on without, for this one answer.
 */
export function callsWithoutThought({ messages }: ChatRequest): boolean {
  const last = messages.findLast((message) => message.role === 'assistant');
  return last?.content.some((part) => part.type === 'tool-call') === true && !last.content.some(isClaudesThought);
}

const SIGNS: ReadonlySet<Dialect> = new Set(['anthropic-messages', 'bedrock-converse']);

function isClaudesThought(part: AssistantPart): boolean {
  if (part.type !== 'reasoning') return false;
  const proof = part.redacted ?? part.signature;
  return proof !== undefined && SIGNS.has(proof.origin);
}

function switchOff(traits: ClaudeTraits, drop: (parameter: string) => void): ClaudeThinking {
  switch (traits.thinkingOff) {
    case 'default':
      return {};
    case 'never':
      drop('reasoning_effort');
      return {};
    default:
      return { thinking: { type: traits.thinkingOff } };
  }
}

function adaptive(
  settings: ReasoningSettings,
  traits: ClaudeTraits,
  drop: (parameter: string) => void,
): ClaudeThinking {
  // A number of tokens cannot be asked for any more; there is no honest way to guess an effort from it.
  if (settings.budgetTokens !== undefined) drop('thinking.budget_tokens');
  return {
    thinking: { type: 'adaptive', ...(settings.summary === undefined ? {} : { display: 'summarized' }) },
    ...(settings.effort === undefined ? {} : { effort: nearestEffort(settings.effort, traits.efforts) }),
  };
}

/** The next lower effort that the model knows: never more thinking than was asked for, but for `minimal`. */
function nearestEffort(effort: ReasoningEffort, known: readonly string[]): string {
  const candidates = EFFORTS_DESCENDING.slice(Math.max(0, EFFORTS_DESCENDING.indexOf(effort)));
  return effort === 'minimal' ? 'low' : (candidates.find((candidate) => known.includes(candidate)) ?? 'low');
}

/** The budget counts towards `max_tokens`, has to be smaller, and has a least size. */
function budget(settings: ReasoningSettings, maxTokens: number, drop: (parameter: string) => void): ClaudeThinking {
  const wanted = settings.budgetTokens ?? Math.floor(maxTokens * BUDGET_SHARES[settings.effort ?? 'medium']);
  const tooSmall = settings.budgetTokens !== undefined && settings.budgetTokens < MINIMUM_BUDGET;
  if (tooSmall || maxTokens <= MINIMUM_BUDGET) {
    drop(settings.budgetTokens === undefined ? 'reasoning_effort' : 'thinking.budget_tokens');
    return {};
  }
  const tokens = Math.min(Math.max(wanted, MINIMUM_BUDGET), maxTokens - 1);
  return { thinking: { type: 'enabled', budget_tokens: tokens } };
}

function forcesTool(request: ChatRequest, traits: ClaudeTraits): boolean {
  const forced = request.toolChoice?.type === 'required' || request.toolChoice?.type === 'tool';
  return forced && traits.forcedTools === 'without-thinking';
}
