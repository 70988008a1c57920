/** https://platform.claude.com/docs/en/api/messages/create */
import type { ChatRequest } from '../../core/chat.ts';
import { claudeSampling } from '../../core/claude-sampling.ts';
import { callsWithoutThought, claudeThinking } from '../../core/claude-thinking.ts';
import { claudeTraits } from '../../core/claude-traits.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { createDropList } from '../../core/drop-list.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { aliasTools, restoreTools } from '../../core/tool-aliases.ts';
import { withStream } from '../../core/with-stream.ts';
import { withoutWord } from '../../core/without-word.ts';
import { encodeFormat } from './encode-format.ts';
import { encodeMessages } from './encode-messages.ts';
import { encodeToolChoice, encodeTools, TOOL_ALIAS_RULES } from './encode-tools.ts';
import { repairHistory } from './repair-history.ts';
import { ANTHROPIC_VERSION, MESSAGES_PATH } from './wire.ts';

const DIALECT = 'anthropic-messages';

/** Decided by the gateway and metered: no extension may set them. */
const OWN_FIELDS = new Set(['model', 'messages', 'max_tokens', 'stream']);

export function encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const dropped = createDropList([
    ...withoutWord(request),
    ...(Object.keys(request.metadata ?? {}).length > 0 ? ['metadata'] : []),
  ]);
  const { drop } = dropped;
  const traits = claudeTraits(target.model);
  const aliases = aliasTools(request, TOOL_ALIAS_RULES);
  const { system, messages } = encodeMessages(request.messages, traits.laterSystemMessages, {
    toolName: aliases.names.of,
    toolId: aliases.ids.of,
    drop,
  });
  const maxTokens = request.maxOutputTokens ?? target.defaultMaxOutputTokens;
  const tools = encodeTools(request, traits, aliases.names, drop);
  const toolChoice = encodeToolChoice(request, tools, traits, aliases.names, drop);
  const { thinking, effort } = claudeThinking(request, maxTokens, traits, drop);
  const thinks = thinking?.type === 'enabled' || thinking?.type === 'adaptive';
  const format = encodeFormat(request.responseFormat, traits, drop);
  const stops = request.stop.filter((sequence) => sequence.trim() !== '');
  if (stops.length < request.stop.length) drop('stop');
  const serviceTier = encodeServiceTier(request.serviceTier, drop);

  const body: JsonObject = {
    model: target.model,
    max_tokens: maxTokens,
    ...(system.length === 0 ? {} : { system }),
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
    ...claudeSampling(request, traits, thinks, drop),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(thinking === undefined ? {} : { thinking }),
    ...(effort === undefined && format === undefined
      ? {}
      : {
          output_config: { ...(effort === undefined ? {} : { effort }), ...(format === undefined ? {} : { format }) },
        }),
    ...(request.endUser === undefined ? {} : { metadata: { user_id: request.endUser } }),
    ...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
    ...(request.stream ? { stream: true } : {}),
  };
  const restore = restoreTools(request, aliases, true);
  return {
    ...seal(extend(body, request.extensions[DIALECT]), target, dropped.names()),
    ...(restore === undefined ? {} : { restore }),
  };
}

/**
 * The client's own body, for the same dialect, but for the model's name, the cap where there is none or where a smaller
 * one was reserved for (a thinking budget has to stay below it), and what other providers left in the history.
 */
export function forwardRequest(body: JsonObject, request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const asked = typeof body.max_tokens === 'number' ? body.max_tokens : undefined;
  const allowed = request.maxOutputTokens ?? asked ?? target.defaultMaxOutputTokens;
  const maxTokens = asked === undefined ? allowed : Math.min(asked, allowed);
  const { thinking } = body;
  const lowered =
    asked !== undefined &&
    maxTokens < asked &&
    isJsonObject(thinking) &&
    typeof thinking.budget_tokens === 'number' &&
    thinking.budget_tokens >= maxTokens
      ? { thinking: { ...thinking, budget_tokens: maxTokens - 1 } }
      : {};
  const messages = repairHistory(body.messages, target.model);
  const sent = { ...withStream(body, request), model: target.model, messages, max_tokens: maxTokens, ...lowered };
  return seal(thinksInVain(thinking, request, target) ? without(sent, 'thinking') : sent, target, []);
}

/** Thinking that would be refused for what another provider left out of the history. */
function thinksInVain(thinking: Json | undefined, request: ChatRequest, { model }: EncodeTarget): boolean {
  const isClaude = /claude/i.test(model);
  return isClaude && isJsonObject(thinking) && thinking.type === 'enabled' && callsWithoutThought(request);
}

function without(body: JsonObject, field: string): JsonObject {
  const { [field]: _left, ...rest } = body;
  return rest;
}

/** Without the fields that this provider is known to refuse. */
function seal(body: JsonObject, target: EncodeTarget, dropped: readonly string[]): EncodedRequest {
  const refused = target.quirks.unsupported.filter((field) => field in body && !OWN_FIELDS.has(field));
  return {
    method: 'POST',
    path: MESSAGES_PATH,
    headers: { 'anthropic-version': ANTHROPIC_VERSION },
    body: Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field))),
    dropped: [...new Set([...dropped, ...refused])],
  };
}

/** OpenAI's `default` is "no priority capacity", which is `standard_only` here. https://platform.claude.com/docs/en/api/service-tiers */
function encodeServiceTier(tier: string | undefined, drop: (parameter: string) => void): string | undefined {
  switch (tier) {
    case undefined:
      return undefined;
    case 'auto':
    case 'standard_only':
      return tier;
    case 'default':
      return 'standard_only';
    default:
      drop('service_tier');
      return undefined;
  }
}

/** Objects are merged, so that an extension of `output_config` does not take away the format that was asked for. */
function extend(body: JsonObject, extension: JsonObject | undefined): JsonObject {
  if (extension === undefined) return body;
  const extra = Object.entries(extension).filter(([field]) => !OWN_FIELDS.has(field));
  return {
    ...body,
    ...Object.fromEntries(extra.map(([field, value]) => [field, mergeField(body[field], value)])),
  };
}

function mergeField(own: Json | undefined, extra: Json | undefined): Json | undefined {
  return isJsonObject(own) && isJsonObject(extra) ? { ...own, ...extra } : extra;
}
