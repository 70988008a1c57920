import type { JsonObject } from '../../../functions/core/json.ts';
import { totalInputTokens, type Usage } from '../../../functions/core/usage.ts';
import type { Reply } from '../provider.ts';
import type { Answer, AnswerBlock } from '../question.ts';
import { thoughtField } from './thoughts.ts';

export const FINISH_REASONS: { readonly [F in Answer['finish']]: string } = {
  stop: 'stop',
  'stop-sequence': 'stop',
  refusal: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
};

export const FINGERPRINT = 'fp_simulated';

export function encodeWhole(reply: Reply): JsonObject {
  return {
    id: `chatcmpl-${reply.id}`,
    object: 'chat.completion',
    created: reply.createdAt,
    model: reply.model,
    choices: reply.answers.map((answer, index) => ({
      index,
      message: encodeMessage(answer, thoughtField(reply.model)),
      logprobs: null,
      finish_reason: FINISH_REASONS[answer.finish],
    })),
    usage: reply.omitUsage ? undefined : encodeUsage(reply.usage),
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  };
}

function encodeMessage(answer: Answer, thoughts: ReturnType<typeof thoughtField>): JsonObject {
  const calls = answer.blocks.filter((block) => block.type === 'tool-call');
  const said = (type: 'text' | 'refusal' | 'reasoning'): string | null => {
    const found = answer.blocks.filter((block) => block.type === type);
    return found.length === 0 ? null : found.map((block) => block.tokens.join('')).join('');
  };
  const refusal = said('refusal');
  return {
    role: 'assistant',
    ...(thoughts === undefined ? {} : { [thoughts]: said('reasoning') }),
    // Where reasoning used up all tokens, the content is an empty text.
    content: said('text') ?? (calls.length === 0 && refusal === null ? '' : null),
    tool_calls: calls.length === 0 ? undefined : calls.map((block) => encodeCall(block, argumentsOf(block))),
    refusal,
    annotations: [],
  };
}

export type ToolCallBlock = Extract<AnswerBlock, { type: 'tool-call' }>;

/** OpenAI writes `{}` where a function takes no arguments. */
export function argumentsOf(block: ToolCallBlock): string {
  return block.tokens.length === 0 ? '{}' : block.tokens.join('');
}

export function encodeCall(block: ToolCallBlock, text: string): JsonObject {
  const id = `call_${block.id}`;
  return block.tool.kind === 'custom'
    ? { id, type: 'custom', custom: { name: block.tool.name, input: text } }
    : { id, type: 'function', function: { name: block.tool.name, arguments: text } };
}

/** OpenAI's prompt tokens include the cached ones. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = totalInputTokens(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
