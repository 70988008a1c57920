/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
import type { ChatRequest } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { createDropList } from '../../core/drop-list.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { aliasTools, restoreTools } from '../../core/tool-aliases.ts';
import { withoutWord } from '../../core/without-word.ts';
import { encodeFormat } from './encode-format.ts';
import { encodeInference } from './encode-inference.ts';
import { createDocumentNames } from './encode-media.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeReasoning } from './encode-reasoning.ts';
import { encodeTools, TOOL_NAMES } from './encode-tools.ts';
import { modelTraits } from './model-traits.ts';
import { DIALECT, operationPath } from './wire.ts';

/** Decided by the gateway and metered: no extension may set them. */
const OWN_FIELDS = new Set(['modelId', 'messages']);

export function encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = createDropList(withoutWord(request));
  const { drop } = dropped;
  const traits = modelTraits(target.model);
  const aliases = aliasTools(request, { names: TOOL_NAMES, ids: traits.toolIds });
  const { system, messages } = encodeMessages(request.messages, {
    traits,
    toolName: aliases.names.of,
    toolId: aliases.ids.of,
    documentName: createDocumentNames(),
    drop,
  });
  const { toolConfig, toolChoice } = encodeTools(request, { traits, names: aliases.names, drop });
  const cap = request.maxOutputTokens ?? target.defaultMaxOutputTokens;
  const reasoning = encodeReasoning(request, traits, cap, drop);
  const maxTokens = reasoning.needsMaxTokens ? cap : request.maxOutputTokens;
  const inference = encodeInference(request, traits, { thinks: reasoning.thinks, maxTokens, drop });
  const textFormat = encodeFormat(request.responseFormat, traits, drop);
  const serviceTier = encodeServiceTier(request.serviceTier, drop);
  const fields = mergeObjects(inference.fields, {
    ...reasoning.fields,
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
  });

  const body = withoutEmpty({
    messages,
    system,
    inferenceConfig: inference.inferenceConfig,
    toolConfig,
    outputConfig: withoutEmpty({ textFormat, effort: reasoning.effort }),
    additionalModelRequestFields: fields,
    additionalModelResponseFieldPaths: stopSequencePath(request, traits.claude !== undefined),
    requestMetadata: encodeMetadata(request, drop),
    serviceTier,
  });
  const restore = restoreTools(request, aliases, true);
  return {
    ...seal(mergeObjects(body, allowedExtension(request.extensions[DIALECT])), request, target, dropped.names()),
    ...(restore === undefined ? {} : { restore }),
  };
}

/** No client speaks this dialect, so nothing can be passed through. */
export function forwardRequest(): EncodedRequest {
  throw new GatewayError('internal', 'There are no clients of the Converse API to forward a request of.');
}

/** Without the fields that this provider is known to refuse. */
function seal(
  body: JsonObject,
  request: ChatRequest,
  target: EncodeTarget,
  dropped: readonly string[],
): EncodedRequest {
  const refused = target.quirks.unsupported.filter((field) => field in body && !OWN_FIELDS.has(field));
  return {
    method: 'POST',
    path: operationPath(target.model, request.stream ? 'converse-stream' : 'converse'),
    headers: {},
    body: Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field))),
    dropped: [...new Set([...dropped, ...refused])],
  };
}

/** Which of several stop sequences ended the answer, only Claude says, and only where it is asked. */
function stopSequencePath(request: ChatRequest, isClaude: boolean): readonly string[] | undefined {
  if (!isClaude || request.stop.length === 0) return undefined;
  return [request.stream ? '/delta/stop_sequence' : '/stop_sequence'];
}

const METADATA_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;
const MAX_METADATA = 16;

/** Kept with the invocation logs, which is what `metadata` and `user` are for. */
function encodeMetadata(request: ChatRequest, drop: (parameter: string) => void): JsonObject | undefined {
  const entries = Object.entries(request.metadata ?? {});
  const fits = entries.length < MAX_METADATA && entries.flat().every((text) => METADATA_TEXT.test(text));
  if (!fits) drop('metadata');
  const user = request.endUser;
  const userFits = user === undefined || (user !== '' && METADATA_TEXT.test(user));
  if (!userFits) drop('user');
  return { ...(user === undefined || !userFits ? {} : { user }), ...(fits ? request.metadata : {}) };
}

/** OpenAI's `auto` is to say nothing; Anthropic's `standard_only` is no priority capacity. */
function encodeServiceTier(tier: string | undefined, drop: (parameter: string) => void): JsonObject | undefined {
  switch (tier) {
    case undefined:
    case 'auto':
      return undefined;
    case 'default':
    case 'flex':
    case 'priority':
    case 'reserved':
      return { type: tier };
    case 'standard_only':
      return { type: 'default' };
    default:
      drop('service_tier');
      return undefined;
  }
}

/** `guardrailConfig`, `performanceConfig`, `promptVariables` and what else there will be. */
function allowedExtension(extension: JsonObject | undefined): JsonObject {
  return Object.fromEntries(Object.entries(extension ?? {}).filter(([field]) => !OWN_FIELDS.has(field)));
}

/** Objects are merged, so that an extension of `additionalModelRequestFields` takes nothing away that was asked for. */
function mergeObjects(own: JsonObject, extra: JsonObject): JsonObject {
  const merged = Object.entries(extra).map(([field, value]): readonly [string, Json | undefined] => {
    const known = own[field];
    return [field, isJsonObject(known) && isJsonObject(value) ? mergeObjects(known, value) : value];
  });
  return { ...own, ...Object.fromEntries(merged) };
}

/** The API refuses empty lists, and empty objects say nothing. */
function withoutEmpty(fields: { readonly [field: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => {
      if (value === undefined || value === null) return false;
      return typeof value !== 'object' || Object.keys(value).length > 0;
    }),
  );
}
