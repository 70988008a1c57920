import type { ChatRequest, Extensions } from '../../core/chat.ts';
import { isEffort } from '../../core/effort.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { present } from '../../core/present.ts';
import { unknownFields } from '../../core/unknown-fields.ts';
import { decodeMessages } from './decode-message.ts';
import { decodeResponseFormat, decodeToolChoice, decodeTools } from './decode-tools.ts';
import { requestSchema } from './wire.ts';

/** Replaced by tools in 2023; reading them would mean to answer in them too. */
const DEPRECATED: { readonly [field: string]: string } = { functions: 'tools', function_call: 'tool_choice' };

export function decodeRequest(body: JsonObject): ChatRequest {
  for (const [field, instead] of Object.entries(DEPRECATED)) {
    if (body[field] !== undefined && body[field] !== null) {
      throw invalidRequest([field], `is deprecated: use ${instead}`);
    }
  }
  const wire = parseRequest(requestSchema, body);
  const tools = decodeTools(wire.tools ?? []);
  const toolChoice = wire.tool_choice ? decodeToolChoice(wire.tool_choice, tools) : undefined;
  const effort = isEffort(wire.reasoning_effort) ? wire.reasoning_effort : undefined;
  return {
    model: wire.model,
    stream: wire.stream ?? false,
    includeUsage: wire.stream_options?.include_usage ?? false,
    messages: decodeMessages(wire.messages),
    tools,
    candidates: wire.n ?? 1,
    stop: typeof wire.stop === 'string' ? [wire.stop] : (wire.stop ?? []),
    ...present({
      toolChoice,
      parallelToolCalls: wire.parallel_tool_calls,
      maxOutputTokens: wire.max_completion_tokens ?? wire.max_tokens,
      temperature: wire.temperature,
      topP: wire.top_p,
      topK: wire.top_k,
      seed: wire.seed,
      presencePenalty: wire.presence_penalty,
      frequencyPenalty: wire.frequency_penalty,
      logprobs: wire.logprobs,
      topLogprobs: wire.top_logprobs,
      logitBias: wire.logit_bias,
      responseFormat: wire.response_format ? decodeResponseFormat(wire.response_format) : undefined,
      reasoning: effort === undefined ? undefined : { effort },
      endUser: wire.user,
      serviceTier: wire.service_tier,
      promptCacheKey: wire.prompt_cache_key,
      metadata: wire.metadata,
    }),
    extensions: decodeExtensions(body, {
      tool_choice: Boolean(wire.tool_choice) && toolChoice === undefined,
      reasoning_effort: Boolean(wire.reasoning_effort) && effort === undefined,
    }),
  };
}

/** Fields that are not known, and known ones with a value that is not: the provider may know better. */
function decodeExtensions(body: JsonObject, unread: { readonly [field: string]: boolean }): Extensions {
  const isKnown = (field: string): boolean => Object.hasOwn(requestSchema.shape, field) && unread[field] !== true;
  const fields = unknownFields(body, isKnown, []);
  return Object.keys(fields).length === 0 ? {} : { 'openai-chat': fields };
}
