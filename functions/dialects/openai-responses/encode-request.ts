/** From the neutral model, for clients of other dialects: https://platform.openai.com/docs/api-reference/responses/create */
import { type AliasRule, createAliases } from '../../core/alias.ts';
import { type ChatRequest, DIALECTS, type ReasoningEffort, type Tool } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { createDropList } from '../../core/drop-list.ts';
import { effortOfBudget, nearestEffort } from '../../core/effort.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { invalidRequest } from '../../core/parse.ts';
import { present } from '../../core/present.ts';
import { aliasTools, restoreTools } from '../../core/tool-aliases.ts';
import { encodeInput } from './encode-input.ts';
import { type ModelTraits, modelTraits } from './model-traits.ts';
import { toWireChoice, toWireFormat, toWireTool } from './response-object.ts';
import { DIALECT, RESPONSES_PATH } from './wire.ts';

const NAMES: AliasRule = { allowed: /^[a-zA-Z0-9_-]{1,64}$/, replaced: /[^a-zA-Z0-9_-]/g, maxLength: 64 };
const IDS: AliasRule = { allowed: /^[\x21-\x7e]{1,64}$/, replaced: /[^\x21-\x7e]/g, maxLength: 64 };

/** What Chat Completions calls by another name, or has in another place. */
const CHAT_FIELDS = new Set(['verbosity', 'safety_identifier', 'prompt_cache_retention', 'store']);

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16": only this one of OpenAI's APIs. */
const LEAST_OUTPUT = 16;

type Drop = (parameter: string) => void;

export function encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  if ((request.maxOutputTokens ?? LEAST_OUTPUT) < LEAST_OUTPUT) {
    // To raise it would give, and cost, what nobody asked for.
    throw invalidRequest(['max_tokens'], `must be at least ${LEAST_OUTPUT} for this model`);
  }
  const traits = modelTraits(target.model);
  const dropped = createDropList(unsupportedParameters(request));
  const { drop } = dropped;
  const aliases = aliasTools(request, { names: NAMES, ids: IDS });
  const { names, ids } = aliases;
  const tools = encodeTools(request.tools, names.of, drop);
  const effort = encodeEffort(request, traits, drop);
  const reasoning = present({ effort, summary: request.reasoning?.summary });
  const sampling = encodeSampling(request, traits, effort, drop);
  const include = [
    ...(traits.reasons || effort !== undefined ? ['reasoning.encrypted_content'] : []),
    ...(sampling.logprobs ? ['message.output_text.logprobs'] : []),
  ];
  const text = encodeText(request);
  const body: JsonObject = present({
    ...chatExtensions(request, drop),
    model: target.model,
    input: encodeInput(request.messages, { toolName: names.of, toolId: ids.of, drop }),
    tools: tools.length === 0 ? undefined : tools,
    tool_choice: tools.length === 0 ? undefined : encodeToolChoice(request, names.of),
    parallel_tool_calls: tools.length === 0 ? undefined : request.parallelToolCalls,
    max_output_tokens: request.maxOutputTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_logprobs: sampling.topLogprobs,
    text: Object.keys(text).length === 0 ? undefined : text,
    reasoning: Object.keys(reasoning).length === 0 ? undefined : reasoning,
    include: include.length === 0 ? undefined : include,
    user: request.endUser,
    // Anthropic's word for the same.
    service_tier: request.serviceTier === 'standard_only' ? 'default' : request.serviceTier,
    prompt_cache_key: request.promptCacheKey,
    metadata: request.metadata,
    // Histories travel with each request: nothing of a client's may lie with one of many providers.
    store: false,
    stream: request.stream ? true : undefined,
  });
  const restore = restoreTools(request, aliases, false);
  return {
    ...sealRequest(extend(body, request.extensions[DIALECT]), target, dropped.names()),
    ...(restore === undefined ? {} : { restore }),
  };
}

/** What a client of this dialect said beyond the neutral model, by the path of the field. */
function extend(body: JsonObject, extension: JsonObject = {}): JsonObject {
  const extended: { [field: string]: Json | undefined } = { ...body };
  for (const [path, value] of Object.entries(extension)) {
    const [field = '', inner] = path.split('.');
    if (OWN_FIELDS.has(field)) continue;
    const known = extended[field];
    if (inner !== undefined) extended[field] = { ...(isJsonObject(known) ? known : {}), [inner]: value };
    else extended[field] = Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : value;
  }
  return extended;
}

/** Decided by the gateway and metered: no quirk takes them away. */
const OWN_FIELDS = new Set(['model', 'input', 'stream', 'store']);

/** Without the fields that this provider is known to refuse. */
export function sealRequest(body: JsonObject, target: EncodeTarget, dropped: readonly string[]): EncodedRequest {
  const refused = target.quirks.unsupported.filter((field) => field in body && !OWN_FIELDS.has(field));
  return {
    method: 'POST',
    path: RESPONSES_PATH,
    headers: {},
    body:
      refused.length === 0
        ? body
        : Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field))),
    dropped: [...new Set([...dropped, ...refused])],
  };
}

/** What the dialect has no word for. A value that changes nothing is not reported. */
function unsupportedParameters(request: ChatRequest): readonly string[] {
  const set: readonly (readonly [parameter: string, isSet: boolean])[] = [
    ['n', request.candidates !== 1],
    ['stop', request.stop.length > 0],
    ['seed', request.seed !== undefined],
    ['top_k', request.topK !== undefined],
    ['presence_penalty', (request.presencePenalty ?? 0) !== 0],
    ['frequency_penalty', (request.frequencyPenalty ?? 0) !== 0],
    ['logit_bias', Object.keys(request.logitBias ?? {}).length > 0],
  ];
  const foreign = DIALECTS.filter((dialect) => dialect !== DIALECT && dialect !== 'openai-chat');
  return [
    ...set.filter(([, isSet]) => isSet).map(([parameter]) => parameter),
    ...foreign.flatMap((dialect) => Object.keys(request.extensions[dialect] ?? {})),
  ];
}

/** Fields of Chat Completions that are the same here. Asking to store is asking for what does not happen. */
function chatExtensions(request: ChatRequest, drop: Drop): JsonObject {
  const { 'openai-chat': chat = {} } = request.extensions;
  for (const field of Object.keys(chat)) if (!CHAT_FIELDS.has(field)) drop(field);
  if (chat.store === true) drop('store');
  return { safety_identifier: chat.safety_identifier, prompt_cache_retention: chat.prompt_cache_retention };
}

function encodeTools(tools: readonly Tool[], nameOf: (name: string) => string, drop: Drop): readonly JsonObject[] {
  return tools.flatMap((tool, index) => {
    if (tool.kind !== 'provider') return [{ ...toWireTool(tool), name: nameOf(tool.name) }];
    if (tool.origin === DIALECT) return [tool.data];
    drop(`tools[${index}]`);
    return [];
  });
}

function encodeToolChoice(request: ChatRequest, nameOf: (name: string) => string): Json | undefined {
  const { toolChoice, tools } = request;
  if (toolChoice?.type !== 'tool') return toolChoice?.type;
  return { ...toWireChoice(toolChoice.name, tools), name: nameOf(toolChoice.name) };
}

function encodeText(request: ChatRequest): JsonObject {
  const format = request.responseFormat;
  const wire = format === undefined ? undefined : toWireFormat(format);
  const named = format?.type === 'json-schema' ? { name: createAliases([format.name], NAMES).of(format.name) } : {};
  return present({
    format: wire === undefined ? undefined : { ...wire, ...named },
    verbosity: request.extensions['openai-chat']?.verbosity,
  });
}

function encodeEffort({ reasoning }: ChatRequest, { efforts }: ModelTraits, drop: Drop): ReasoningEffort | undefined {
  const off = reasoning?.mode === 'off' || reasoning?.budgetTokens === 0;
  const budget = reasoning?.budgetTokens;
  const asked = reasoning?.effort ?? (off ? 'none' : budget === undefined ? undefined : effortOfBudget(budget));
  if (asked === undefined) return undefined;
  // Models that cannot reason refuse `none`, and models that are not known may be such.
  if (efforts === undefined) return reasoning?.effort ?? (off ? undefined : asked);
  // There is no way to switch it off: the least there is, and said so.
  if (asked === 'none' && !efforts.includes('none')) drop('reasoning_effort');
  return nearestEffort(asked, efforts);
}

interface Sampling {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topLogprobs: number | undefined;
  readonly logprobs: boolean;
}

/** 1 is the default of both: where a model takes none, saying so is the same as saying nothing. */
function encodeSampling(
  request: ChatRequest,
  { sampling }: ModelTraits,
  effort: ReasoningEffort | undefined,
  drop: Drop,
): Sampling {
  const { temperature, topP, topLogprobs } = request;
  const logprobs = request.logprobs === true;
  const taken =
    sampling === 'always' || (sampling === 'without-reasoning' && (effort === undefined || effort === 'none'));
  if (taken) return { temperature, topP, topLogprobs, logprobs };
  if ((temperature ?? 1) !== 1) drop('temperature');
  if ((topP ?? 1) !== 1) drop('top_p');
  if (logprobs) drop('logprobs');
  return { temperature: undefined, topP: undefined, topLogprobs: undefined, logprobs: false };
}
