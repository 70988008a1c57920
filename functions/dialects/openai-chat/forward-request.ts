import type { ChatRequest } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { withStream } from '../../core/with-stream.ts';
import { createRequest } from './encode-request.ts';
import { withoutForeignProofs } from './reasoning-details.ts';

const CAPS: readonly string[] = ['max_tokens', 'max_completion_tokens'];

/**
 * The client's own body. Five things change: the model; `stream_options`, because usage is always asked for; the output
 * cap, whose name depends on the provider and whose value the gateway may have set; former calls with an empty text for
 * arguments, which clients keep of a call without any, and which providers refuse in every later turn; and proofs of
 * reasoning that another dialect's provider gave. All else, and the order of the keys, stays: fields that nobody here
 * knows, and prompt caches that begin at the first byte, survive.
 */
export function forwardRequest(body: JsonObject, request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const { quirks, model } = target;
  const dropped: string[] = [];
  const entries: [string, Json | undefined][] = [];
  let capped = false;
  for (const [field, value] of Object.entries(withStream(body, request))) {
    if (field === 'model') {
      entries.push([field, model]);
    } else if (CAPS.includes(field)) {
      // Both names at once, or a null: one cap is enough, and it stands where the first one stood.
      if (!capped && request.maxOutputTokens !== undefined)
        entries.push([quirks.maxTokensField, request.maxOutputTokens]);
      capped = true;
    } else if (field === 'messages') {
      entries.push([field, Array.isArray(value) ? value.map(repairMessage) : value]);
    } else if (field !== 'stream_options') {
      entries.push([field, value]);
    } else if (quirks.streamUsage || !isJsonObject(value)) {
      entries.push([field, request.stream && quirks.streamUsage ? withUsage(value) : value]);
    } else {
      dropped.push(field);
    }
  }
  if (!capped && request.maxOutputTokens !== undefined) entries.push([quirks.maxTokensField, request.maxOutputTokens]);
  if (request.stream && quirks.streamUsage && !('stream_options' in body))
    entries.push(['stream_options', withUsage(null)]);
  return createRequest(Object.fromEntries(entries), target, dropped);
}

function withUsage(options: Json | undefined): JsonObject {
  return { ...(isJsonObject(options) ? options : {}), include_usage: true };
}

function repairMessage(message: Json): Json {
  return isJsonObject(message) ? repairCalls(withoutForeignProofs(message)) : message;
}

function repairCalls(message: JsonObject): JsonObject {
  if (!Array.isArray(message.tool_calls) || !message.tool_calls.some(isEmptyCall)) return message;
  return {
    ...message,
    tool_calls: message.tool_calls.map((call: Json) => (isEmptyCall(call) ? fillCall(call) : call)),
  };
}

function isEmptyCall(call: Json): call is JsonObject {
  return isJsonObject(call) && isJsonObject(call.function) && call.function.arguments === '';
}

function fillCall(call: JsonObject): JsonObject {
  return { ...call, function: { ...(isJsonObject(call.function) ? call.function : {}), arguments: '{}' } };
}
