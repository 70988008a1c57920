import { type ChatRequest, DIALECTS, type ReasoningSettings, type Tool } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { effortOfBudget } from '../../core/effort.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { encodeMessages } from './encode-message.ts';
import { CHAT_COMPLETIONS_PATH } from './wire.ts';

/** From the neutral model, for clients of other dialects. */
export function encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const { quirks } = target;
  const dropped: string[] = [];
  const body = defined({
    model: target.model,
    messages: encodeMessages(request.messages, (what) => dropped.push(what)),
    tools: encodeTools(request.tools, (what) => dropped.push(what)),
    tool_choice: encodeToolChoice(request),
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
  return createRequest(extended, target, dropped);
}

/** Leaves out what the provider refuses: fields of the body by name, deeper ones as `messages[].name`. */
export function createRequest(
  body: JsonObject,
  target: EncodeTarget,
  dropped: readonly string[],
  path = CHAT_COMPLETIONS_PATH,
): EncodedRequest {
  const { unsupported } = target.quirks;
  const refused = new Set(unsupported);
  const removed = Object.keys(body).filter((field) => refused.has(field));
  const paths = unsupported.filter((field) => field.includes('.')).map((field) => field.split('.'));
  return {
    method: 'POST',
    path,
    headers: {},
    body: paths.reduce(without, removed.length === 0 ? body : omit(body, refused)),
    dropped: [...new Set([...dropped, ...removed])],
  };
}

/**
 * Servers that refuse unknown fields (Groq, Mistral) also refuse what clients echo from answers, such as
 * `messages[].reasoning_content` and `messages[].tool_calls[].extra_content`. That is history, not a wish: leaving it
 * out is not reported.
 */
function without(object: JsonObject, [step = '', ...rest]: readonly string[]): JsonObject {
  const field = step.replace(/\[\]$/, '');
  const value = object[field];
  if (value === undefined) return object;
  if (rest.length === 0) return omit(object, new Set([field]));
  if (isJsonObject(value)) return { ...object, [field]: without(value, rest) };
  if (!Array.isArray(value)) return object;
  return { ...object, [field]: value.map((item: Json) => (isJsonObject(item) ? without(item, rest) : item)) };
}

function omit(object: JsonObject, fields: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.has(field)));
}

function defined(fields: { readonly [field: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function encodeTools(tools: readonly Tool[], drop: (what: string) => void): readonly Json[] | undefined {
  const encoded: Json[] = [];
  for (const tool of tools) {
    if (tool.kind === 'function') {
      const { name, description, parameters, strict } = tool;
      encoded.push({ type: 'function', function: defined({ name, description, parameters, strict }) });
    } else if (tool.kind === 'custom') {
      const { name, description, format } = tool;
      encoded.push({ type: 'custom', custom: defined({ name, description, format }) });
    } else if (tool.origin === 'openai-chat') {
      encoded.push(tool.data);
    } else {
      drop(`tools: ${tool.name}`);
    }
  }
  return encoded.length === 0 ? undefined : encoded;
}

function encodeToolChoice(request: ChatRequest): Json | undefined {
  const { toolChoice, tools } = request;
  if (toolChoice === undefined) return undefined;
  if (toolChoice.type !== 'tool') return toolChoice.type;
  const { name } = toolChoice;
  const custom = tools.some((tool) => tool.kind === 'custom' && tool.name === name);
  return custom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } };
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
