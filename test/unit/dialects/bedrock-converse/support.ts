import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import type { EncodedRequest, EncodeTarget, Frame, Restore } from '../../../../functions/core/codec.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_QUIRKS } from '../../../../functions/core/quirks.ts';
import { bedrockConverseProvider as provider } from '../../../../functions/dialects/bedrock-converse/index.ts';
import { createEventStreamFramer } from '../../../../functions/framing/aws-event-stream.ts';
import { chatRequest } from '../../../support/chat-request.ts';

export const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const NOVA = 'us.amazon.nova-2-lite-v1:0';
export const MISTRAL = 'mistral.mistral-large-2407-v1:0';
export const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';
export const GPT = 'global.openai.gpt-6-astra';

export function encodeTarget(model: string = CLAUDE, unsupported: readonly string[] = []): EncodeTarget {
  return { model, defaultMaxOutputTokens: 8_192, quirks: { ...NO_QUIRKS, unsupported } };
}

export function encode(fields: Partial<ChatRequest>, model?: string): EncodedRequest {
  return provider.encodeRequest(chatRequest(fields), encodeTarget(model));
}

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** Bytes of one message, by AWS's own codec. */
export function message(headers: { readonly [name: string]: string }, payload: string): Uint8Array {
  const entries = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }] as const);
  return codec.encode({ headers: Object.fromEntries(entries), body: fromUtf8(payload) });
}

export function eventBytes(name: string, body: Json): Uint8Array {
  const headers = { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' };
  return message(headers, JSON.stringify(body));
}

export function exceptionBytes(name: string, body: Json): Uint8Array {
  const headers = { ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' };
  return message(headers, JSON.stringify(body));
}

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** Events as recordings have them: `{"messageStart": {…}}`. */
export function streamBytes(events: readonly JsonObject[]): Uint8Array {
  return joinBytes(
    events.flatMap((event) => Object.entries(event).map(([name, body]) => eventBytes(name, body ?? null))),
  );
}

export function framesOf(chunks: readonly Uint8Array[]): readonly Frame[] {
  const framer = createEventStreamFramer();
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

export function decodeBytes(chunks: readonly Uint8Array[], restore?: Restore): readonly ChatEvent[] {
  const decoder = provider.createDecoder(restore);
  return [...framesOf(chunks).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

export function decodeEvents(events: readonly JsonObject[], restore?: Restore): readonly ChatEvent[] {
  return decodeBytes([streamBytes(events)], restore);
}

export const START: JsonObject = { messageStart: { role: 'assistant' } };
export const STOP: JsonObject = { messageStop: { stopReason: 'end_turn' } };
export const METADATA: JsonObject = {
  metadata: { usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 }, metrics: { latencyMs: 9 } },
};
export const delta = (contentBlockIndex: number, value: JsonObject): JsonObject => ({
  contentBlockDelta: { contentBlockIndex, delta: value },
});
export const start = (contentBlockIndex: number, value: JsonObject): JsonObject => ({
  contentBlockStart: { contentBlockIndex, start: value },
});
export const stop = (contentBlockIndex: number): JsonObject => ({ contentBlockStop: { contentBlockIndex } });
