import { type ChatRequest, DIALECTS, type ReasoningSettings } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { effortOfBudget } from '../../core/effort.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { aliasTools, restoreTools } from '../../core/tool-aliases.ts';
import { adaptBody } from './adapt-body.ts';
import { encodeMessages } from './encode-message.ts';
import { ANY_ID, encodeToolChoice, encodeTools, TOOL_NAMES } from './encode-tools.ts';
import { CHAT_COMPLETIONS_PATH } from './wire.ts';

/** From the neutral model, for clients of other dialects. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const { quirks } = target;
  const dropped: string[] = [];
  const drop = (what: string): void => {
    dropped.push(what);
  };
  const aliases = aliasTools(request, { names: TOOL_NAMES, ids: ANY_ID });
  const asFunctions = quirks.customTools === false;
  const context = { toolName: aliases.names.of, asFunctions, drop };
  const body = defined({
    model: target.model,
    messages: encodeMessages(request.messages, {
      ...context,
      reasoning: quirks.reasoningField !== undefined && quirks.reasoningField !== 'none',
    }),
    tools: encodeTools(request.tools, context),
    tool_choice: encodeToolChoice(request, context),
    parallel_tool_calls: request.tools.length === 0 ? undefined : request.parallelToolCalls,
    [quirks.maxTokensField]: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    stop: request.stop.length === 0 ? undefined : request.stop,
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    n: request.candidates === 1 ? undefined : request.candidates,
    logprobs: request.logprobs,
    top_logprobs: request.topLogprobs,
    logit_bias: request.logitBias,
    response_format: encodeResponseFormat(request),
    reasoning_effort: encodeEffort(request.reasoning),
    user: request.endUser,
    service_tier: request.serviceTier,
    prompt_cache_key: request.promptCacheKey,
    metadata: request.metadata,
    stream: request.stream ? true : undefined,
    stream_options: request.stream && quirks.streamUsage ? { include_usage: true } : undefined,
  });
  // The API has no `top_k`; where a compatible server has, its clients' bodies go through unchanged anyway.
  if (request.topK !== undefined) dropped.push('top_k');
  for (const dialect of DIALECTS) {
    if (dialect !== 'openai-chat') dropped.push(...Object.keys(request.extensions[dialect] ?? {}));
  }
  const extended = { ...request.extensions['openai-chat'], ...body };
  const restore = restoreTools(request, aliases, asFunctions);
  return { ...createRequest(extended, target, dropped), ...(restore === undefined ? {} : { restore }) };
}

/** With all that the provider's quirks change. */
export function createRequest(
  body: JsonObject,
  target: EncodeTarget,
  dropped: readonly string[],
  path = CHAT_COMPLETIONS_PATH,
): EncodedRequest {
  const adapted = adaptBody(body, target.quirks, target.priority);
  const names = [...new Set([...dropped, ...adapted.dropped])];
  return { method: 'POST', path, headers: {}, body: adapted.body, dropped: names };
}

function defined(fields: { readonly [field: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function encodeResponseFormat(request: ChatRequest): Json | undefined {
  const format = request.responseFormat;
  switch (format?.type) {
    case undefined:
      return undefined;
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'json-schema': {
      const { name, description, schema, strict } = format;
      return { type: 'json_schema', json_schema: defined({ name, description, schema, strict }) };
    }
  }
}

function encodeEffort(reasoning: ReasoningSettings | undefined): string | undefined {
  const { effort, budgetTokens, mode } = reasoning ?? {};
  if (effort !== undefined) return effort === 'max' ? 'xhigh' : effort;
  // Models that cannot reason refuse `none`, and that is all "off" could say to the others.
  if (mode === 'off' || budgetTokens === undefined) return undefined;
  return effortOfBudget(budgetTokens);
}
