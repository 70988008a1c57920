/** https://ai.google.dev/api/generate-content */
import { type ChatRequest, DIALECTS, type ResponseFormat } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { createDropList } from '../../core/drop-list.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { aliasTools, restoreTools } from '../../core/tool-aliases.ts';
import { encodeContents } from './encode-contents.ts';
import { encodeSchema } from './encode-schema.ts';
import { encodeThinking } from './encode-thinking.ts';
import { ALIAS_RULES, encodeToolChoice, encodeTools } from './encode-tools.ts';
import { type ModelTraits, modelTraits } from './model-traits.ts';
import { DIALECT, modelPath } from './wire.ts';

export function encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const { drop, names: droppedNames } = createDropList();
  const traits = modelTraits(target.model);
  dropUnsupported(request, traits, drop);
  const aliases = aliasTools(request, ALIAS_RULES);
  const { system, contents } = encodeContents(request.messages, {
    traits,
    toolName: aliases.names.of,
    toolId: aliases.ids.of,
    drop,
  });
  const tools = encodeTools(request, aliases.names, traits, drop);
  const calling = encodeToolChoice(request, aliases.names, traits, drop);
  const config = encodeConfig(request, traits, drop);
  const body: JsonObject = {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    contents,
    ...(tools.length === 0 ? {} : { tools }),
    ...(calling === undefined ? {} : { toolConfig: { functionCallingConfig: calling } }),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
    ...encodeServiceTier(request.serviceTier, drop),
  };
  const restore = restoreTools(request, aliases, true);
  return {
    ...createRequest(extend(body, request.extensions[DIALECT]), request.stream, target, droppedNames()),
    ...(restore === undefined ? {} : { restore }),
  };
}

/** Leaves out what the provider is known to refuse: fields by their path, `generationConfig.seed`. */
export function createRequest(
  body: JsonObject,
  stream: boolean,
  target: EncodeTarget,
  dropped: readonly string[],
): EncodedRequest {
  const refused = target.quirks.unsupported.filter((path) => path !== 'contents' && readPath(body, path) !== undefined);
  return {
    method: 'POST',
    path: `${modelPath(target.model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: {},
    body: refused.reduce((rest, path) => writePath(rest, path.split('.'), undefined), body),
    dropped: [...new Set([...dropped, ...refused])],
  };
}

function encodeConfig(request: ChatRequest, traits: ModelTraits, drop: (parameter: string) => void): JsonObject {
  const { presencePenalty, frequencyPenalty } = request;
  return defined({
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    stopSequences: encodeStop(request.stop, drop),
    candidateCount: request.candidates === 1 || !traits.manyCandidates ? undefined : request.candidates,
    seed: request.seed,
    presencePenalty: traits.penalties ? presencePenalty : undefined,
    frequencyPenalty: traits.penalties ? frequencyPenalty : undefined,
    responseLogprobs: request.logprobs === true ? true : undefined,
    logprobs: request.logprobs === true ? request.topLogprobs : undefined,
    thinkingConfig: encodeThinking(request.reasoning, traits, drop),
    ...encodeFormat(request.responseFormat),
  });
}

function encodeStop(stop: readonly string[], drop: (parameter: string) => void): readonly string[] | undefined {
  const sequences = stop.filter((sequence) => sequence !== '');
  if (sequences.length < stop.length) drop('stop');
  return sequences.length === 0 ? undefined : sequences;
}

function encodeFormat(format: ResponseFormat | undefined): JsonObject {
  switch (format?.type) {
    case undefined:
    case 'text':
      return {};
    case 'json':
      return { responseMimeType: 'application/json' };
    case 'json-schema': {
      const description = format.description === undefined ? {} : { description: format.description };
      const schema = encodeSchema(format.schema, 'response_format.json_schema.schema');
      return { responseMimeType: 'application/json', responseJsonSchema: { ...description, ...schema } };
    }
  }
}

/** What the dialect, or the model, has no word for. A value that changes nothing is not reported. */
function dropUnsupported(request: ChatRequest, traits: ModelTraits, drop: (parameter: string) => void): void {
  const penalties = !traits.penalties;
  const set: readonly (readonly [parameter: string, isSet: boolean])[] = [
    ['n', request.candidates !== 1 && !traits.manyCandidates],
    ['presence_penalty', penalties && (request.presencePenalty ?? 0) !== 0],
    ['frequency_penalty', penalties && (request.frequencyPenalty ?? 0) !== 0],
    ['logit_bias', Object.keys(request.logitBias ?? {}).length > 0],
    ['metadata', Object.keys(request.metadata ?? {}).length > 0],
    ['user', request.endUser !== undefined],
    ['prompt_cache_key', request.promptCacheKey !== undefined],
  ];
  for (const [parameter, isSet] of set) if (isSet) drop(parameter);
  for (const dialect of DIALECTS) {
    if (dialect !== DIALECT) for (const field of Object.keys(request.extensions[dialect] ?? {})) drop(field);
  }
}

/** https://ai.google.dev/gemini-api/docs/priority-inference: OpenAI's `default` is the standard tier. */
function encodeServiceTier(tier: string | undefined, drop: (parameter: string) => void): JsonObject {
  switch (tier?.toLowerCase()) {
    case undefined:
    case 'auto':
    case 'unspecified':
      return {};
    case 'default':
    case 'standard':
      return { serviceTier: 'standard' };
    case 'flex':
    case 'priority':
      return { serviceTier: tier?.toLowerCase() };
    default:
      drop('service_tier');
      return {};
  }
}

/** Decided by the gateway and metered: no extension may set them. */
const OWN_FIELDS = new Set(['contents', 'model', 'generationConfig', 'generationConfig.maxOutputTokens']);

/** Extensions of this dialect have the paths of their places for names. What the request itself says stands. */
function extend(body: JsonObject, extensions: JsonObject | undefined): JsonObject {
  return Object.entries(extensions ?? {})
    .filter(([path]) => !OWN_FIELDS.has(path) && readPath(body, path) === undefined)
    .reduce((extended, [path, value]) => writePath(extended, path.split('.'), value), body);
}

function readPath(body: JsonObject, path: string): Json | undefined {
  const steps = path.split('.');
  return steps.reduce<Json | undefined>(
    (value, step) => (isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    body,
  );
}

/** A copy with the value at the path, or without it where it is undefined. */
function writePath(body: JsonObject, steps: readonly string[], value: Json | undefined): JsonObject {
  const [first, ...rest] = steps;
  if (first === undefined) return body;
  const inner = Object.hasOwn(body, first) ? body[first] : undefined;
  const written = rest.length === 0 ? value : writePath(isJsonObject(inner) ? inner : {}, rest, value);
  const entries = Object.entries(body).filter(([name]) => name !== first || written !== undefined);
  if (Object.hasOwn(body, first) || written === undefined) {
    return Object.fromEntries(entries.map(([name, item]) => [name, name === first ? written : item]));
  }
  return Object.fromEntries([...entries, [first, written]]);
}

function defined(fields: { readonly [field: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
