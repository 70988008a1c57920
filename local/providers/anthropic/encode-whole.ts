import type { JsonObject } from '../../../functions/core/json.ts';
import type { Usage } from '../../../functions/core/usage.ts';
import type { Reply } from '../provider.ts';
import type { Answer } from '../question.ts';
import { contentOf } from './content.ts';

const STOP_REASONS: { readonly [F in Answer['finish']]: string } = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
  'content-filter': 'refusal',
};

export function encodeWhole(reply: Reply): JsonObject {
  const [answer] = reply.answers;
  return {
    model: reply.model,
    id: messageId(reply),
    type: 'message',
    role: 'assistant',
    content: contentOf(reply).map((block) => block.whole),
    ...encodeStop(answer),
    usage: reply.omitUsage ? undefined : encodeUsage(reply.usage),
  };
}

export function messageId(reply: Reply): string {
  return `msg_01${reply.id}`;
}

export function encodeStop(answer: Answer): JsonObject {
  const reason = STOP_REASONS[answer.finish];
  return {
    stop_reason: reason,
    stop_sequence: answer.stopSequence ?? null,
    stop_details:
      reason === 'refusal'
        ? {
            type: 'refusal',
            category: null,
            explanation: 'This request was refused by the simulated provider, because it was asked to.',
          }
        : null,
  };
}

/** Anthropic's input tokens exclude those that are read from or written to the cache. */
export function encodeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: thinkingDetails(usage),
    service_tier: 'standard',
    inference_geo: 'not_available',
  };
}

/** At the end of a stream: without the split of cache writes by lifetime, which stands at its beginning only. */
export function encodeFinalUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
    output_tokens_details: thinkingDetails(usage),
  };
}

function thinkingDetails(usage: Usage): JsonObject | undefined {
  return usage.reasoningTokens === 0 ? undefined : { thinking_tokens: usage.reasoningTokens };
}
