import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { totalInputTokens, type Usage } from '../../../functions/core/usage.ts';
import { objectOf } from '../fields.ts';
import type { Reply } from '../provider.ts';
import type { Answer } from '../question.ts';
import { itemsOf } from './items.ts';

const INCOMPLETE: { readonly [F in Answer['finish']]?: string } = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
};

export function encodeWhole(reply: Reply): JsonObject {
  const reason = INCOMPLETE[reply.answers[0].finish];
  return {
    ...encodeResponse(reply, reason === undefined ? 'completed' : 'incomplete'),
    incomplete_details: reason === undefined ? null : { reason },
    output: itemsOf(reply).map((item) => item.whole),
    usage: reply.omitUsage ? null : encodeUsage(reply.usage),
  };
}

export function responseId(reply: Reply): string {
  return `resp_${reply.id}`;
}

/** A response that has said nothing yet, with the request repeated in it. */
export function encodeResponse(reply: Reply, status: string): JsonObject {
  const { request } = reply;
  const given = (name: string, otherwise: Json): Json => request[name] ?? otherwise;
  const reasoning = objectOf(request.reasoning);
  return {
    id: responseId(reply),
    object: 'response',
    created_at: reply.createdAt,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: given('instructions', null),
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    model: reply.model,
    output: [],
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: given('previous_response_id', null),
    prompt_cache_key: given('prompt_cache_key', null),
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: given('safety_identifier', null),
    service_tier: status === 'in_progress' ? 'auto' : 'default',
    store: given('store', true),
    temperature: given('temperature', 1),
    text: { format: { type: 'text' }, verbosity: 'medium', ...objectOf(request.text) },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: given('top_logprobs', 0),
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    usage: null,
    user: given('user', null),
    metadata: given('metadata', {}),
  };
}

/** Input tokens include the cached ones, output tokens those of thought. */
function encodeUsage(usage: Usage): JsonObject {
  const input = totalInputTokens(usage);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheReadTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  };
}
