import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import type { EncodeTarget, Frame } from '../../../../functions/core/codec.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_QUIRKS, type Quirks } from '../../../../functions/core/quirks.ts';
import { openaiChatClient, openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';

export const CONTEXT = { requestId: 'req1', createdAt: 1_700_000_000 };

export const HELLO: JsonObject = { model: 'smart', messages: [{ role: 'user', content: 'hi' }] };

export function request(fields: JsonObject = {}): ChatRequest {
  return openaiChatClient.decodeRequest({ ...HELLO, ...fields });
}

export function target(quirks: Partial<Quirks> = {}): EncodeTarget {
  return { model: 'gpt-x', defaultMaxOutputTokens: 1_000, quirks: { ...NO_QUIRKS, ...quirks } };
}

export function readFrames(...chunks: readonly Uint8Array[]): readonly Frame[] {
  const framer = createSseFramer();
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

/** Decodes a stream to its end, its bytes in these chunks: as a list, for there may be one chunk a byte. */
export function decodeChunks(chunks: readonly Uint8Array[]): readonly ChatEvent[] {
  const framer = createSseFramer();
  const decoder = openaiChatProvider.createDecoder();
  const frames = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

export function decodeText(text: string): readonly ChatEvent[] {
  return decodeChunks([new TextEncoder().encode(text)]);
}

/** As a provider streams these chunks. */
export function sse(chunks: readonly Json[], end = 'data: [DONE]\n\n'): string {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + end;
}

/** Chunks of one choice with these deltas, then the finish. */
export function deltas(list: readonly JsonObject[], finish: string | null = 'stop'): readonly Json[] {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_001, model: 'gpt-x-1' };
  return [
    ...list.map((delta) => ({ ...head, choices: [{ index: 0, delta, finish_reason: null }] })),
    ...(finish === null ? [] : [{ ...head, choices: [{ index: 0, delta: {}, finish_reason: finish }] }]),
  ];
}

export function whole(message: JsonObject, fields: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_001,
    model: 'gpt-x-1',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    ...fields,
  };
}

export function encodeStream(events: readonly ChatEvent[], asked: ChatRequest = request({ stream: true })): string {
  const encoder = openaiChatClient.createEncoder(asked, CONTEXT);
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

/** The data of each frame, parsed; `[DONE]` as it is. */
export function dataOf(text: string): readonly JsonObject[] {
  return readFrames(new TextEncoder().encode(text))
    .filter((frame) => frame.data !== '[DONE]')
    .map((frame) => JSON.parse(frame.data));
}
