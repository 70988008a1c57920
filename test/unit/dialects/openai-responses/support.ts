import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import type { EncodeTarget, Frame } from '../../../../functions/core/codec.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_QUIRKS, type Quirks } from '../../../../functions/core/quirks.ts';
import {
  openaiResponsesClient as client,
  openaiResponsesProvider as provider,
} from '../../../../functions/dialects/openai-responses/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';

export const CONTEXT = { requestId: 'req1', createdAt: 1_700_000_000 };

export const HELLO: JsonObject = { model: 'smart', input: 'hi' };

export function request(fields: JsonObject = {}): ChatRequest {
  return client.decodeRequest({ ...HELLO, ...fields });
}

export function target(model = 'gpt-5.6-sol', quirks: Partial<Quirks> = {}): EncodeTarget {
  return { model, defaultMaxOutputTokens: 1_000, quirks: { ...NO_QUIRKS, ...quirks } };
}

export function readFrames(chunks: readonly Uint8Array[]): readonly Frame[] {
  const framer = createSseFramer();
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

/** Decodes a stream of bytes to its end. */
export function decodeBytes(chunks: readonly Uint8Array[]): readonly ChatEvent[] {
  const decoder = provider.createDecoder();
  return [...readFrames(chunks).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

export function decodeText(text: string): readonly ChatEvent[] {
  return decodeBytes([new TextEncoder().encode(text)]);
}

/** As OpenAI streams these events. */
export function sse(events: readonly JsonObject[]): string {
  return events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** The data of each event. */
export function dataOf(text: string): readonly JsonObject[] {
  return readFrames([new TextEncoder().encode(text)]).map((frame) => JSON.parse(frame.data) as JsonObject);
}

export function encodeStream(events: readonly ChatEvent[], asked: ChatRequest = request({ stream: true })): string {
  const encoder = client.createEncoder(asked, CONTEXT);
  return events.map((event) => encoder.push(event)).join('') + encoder.end();
}

export const USAGE: JsonObject = {
  input_tokens: 30,
  input_tokens_details: { cached_tokens: 10, cache_write_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 50,
};

export function response(output: readonly Json[], fields: JsonObject = {}): JsonObject {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_001,
    status: 'completed',
    error: null,
    incomplete_details: null,
    model: 'gpt-x-1',
    output,
    usage: USAGE,
    ...fields,
  };
}

export const message = (...content: readonly Json[]): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  status: 'completed',
  role: 'assistant',
  content,
});
export const text = (value: string): JsonObject => ({
  type: 'output_text',
  text: value,
  annotations: [],
  logprobs: [],
});
export const functionCall = (name: string, args: string, callId = `call_${name}`): JsonObject => ({
  type: 'function_call',
  id: `fc_${callId}`,
  call_id: callId,
  name,
  arguments: args,
  status: 'completed',
});

/** Neutral events of an answer with these blocks, one delta each. */
export function eventsOf(
  blocks: readonly (readonly [start: Extract<ChatEvent, { type: 'block-start' }>['block'], text: string])[],
  reason: Extract<ChatEvent, { type: 'finish' }>['reason'] = 'stop',
): readonly ChatEvent[] {
  return [
    { type: 'response-start', id: 'msg_9', model: 'claude-x' },
    ...blocks.flatMap(([block, delta], index): readonly ChatEvent[] => [
      { type: 'block-start', index, choice: 0, block },
      ...(delta === '' ? [] : [{ type: 'block-delta', index, text: delta } as const]),
      { type: 'block-end', index },
    ]),
    { type: 'finish', choice: 0, reason },
  ];
}
