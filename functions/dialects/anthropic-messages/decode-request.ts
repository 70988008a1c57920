/** https://platform.claude.com/docs/en/api/messages/create */
import type { ChatRequest } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { parseRequest } from '../../core/parse.ts';
import { present } from '../../core/present.ts';
import { without } from './decode-content.ts';
import { decodeMessages, decodeSystem, markEnd } from './decode-messages.ts';
import { decodeSettings } from './decode-settings.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';
import { metadataSchema, requestSchema, type WireRequest } from './wire.ts';

const DIALECT = 'anthropic-messages';

const KNOWN = Object.keys(requestSchema.shape);

/** A container, and the servers that Anthropic calls, are where no other provider reaches. */
const NATIVE_ONLY = ['container', 'mcp_servers'];

export function decodeRequest(body: JsonObject): ChatRequest {
  return decodeFields(body, parseRequest(requestSchema, body));
}

export function decodeFields(body: JsonObject, wire: WireRequest): ChatRequest {
  const tools = decodeTools(wire.tools ?? []);
  const choice = wire.tool_choice ? decodeToolChoice(wire.tool_choice, tools) : undefined;
  const { extensions: settingsExtensions, ...settings } = decodeSettings(wire);
  const metadata = wire.metadata ?? {};
  const { user_id: endUser } = parseRequest(metadataSchema, metadata, ['metadata']);
  const moreMetadata = without(metadata, ['user_id'], ['metadata']);
  const nativeOnly = NATIVE_ONLY.filter((field) => body[field] !== undefined && body[field] !== null);
  const extensions: JsonObject = {
    ...without(body, KNOWN, []),
    ...settingsExtensions,
    ...(Object.keys(moreMetadata).length === 0 ? {} : { metadata: moreMetadata }),
    ...(wire.tool_choice && choice === undefined ? { tool_choice: wire.tool_choice } : {}),
  };
  return {
    model: wire.model,
    stream: wire.stream ?? false,
    // Every answer of this dialect counts its tokens.
    includeUsage: true,
    messages: markEnd([...decodeSystem(wire.system), ...decodeMessages(wire.messages)], body),
    tools,
    candidates: 1,
    stop: wire.stop_sequences ?? [],
    ...choice,
    ...settings,
    ...present({
      maxOutputTokens: wire.max_tokens,
      temperature: wire.temperature,
      topP: wire.top_p,
      topK: wire.top_k,
      endUser,
      // In OpenAI's words, which all encoders know: without priority capacity.
      serviceTier: wire.service_tier === 'standard_only' ? 'default' : wire.service_tier,
    }),
    ...(nativeOnly.length === 0 ? {} : { nativeOnly }),
    extensions: Object.keys(extensions).length === 0 ? {} : { [DIALECT]: extensions },
  };
}
