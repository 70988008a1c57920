import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import type { EncodedRequest, EncodeTarget, Frame, Restore } from '../../../../functions/core/codec.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_QUIRKS } from '../../../../functions/core/quirks.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { chatRequest } from '../../../support/chat-request.ts';

/** A model that takes sampling parameters and budgets, unless a test says otherwise. */
export function encodeTarget(model = 'claude-sonnet-4-5', unsupported: readonly string[] = []): EncodeTarget {
  return { model, defaultMaxOutputTokens: 8_192, quirks: { ...NO_QUIRKS, unsupported } };
}

export function encode(fields: Partial<ChatRequest>, target: EncodeTarget = encodeTarget()): EncodedRequest {
  return provider.encodeRequest(chatRequest(fields), target);
}

export function sse(events: readonly JsonObject[]): string {
  return events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

export function decodeBytes(chunks: readonly Uint8Array[], restore?: Restore): readonly ChatEvent[] {
  const framer = createSseFramer();
  const decoder = provider.createDecoder(restore);
  const frames: Frame[] = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

export function decodeEvents(events: readonly JsonObject[], restore?: Restore): readonly ChatEvent[] {
  return decodeBytes([new TextEncoder().encode(sse(events))], restore);
}

/** The events that the API would have streamed for a message, in pieces as small as asked. */
export function streamOf(message: JsonObject, pieceLength = 3): readonly JsonObject[] {
  const { content, stop_reason, stop_sequence, stop_details, usage, ...rest } = message;
  const blocks = content as readonly JsonObject[];
  const total = usage as { readonly [key: string]: Json };
  return [
    {
      type: 'message_start',
      message: { ...rest, content: [], stop_reason: null, usage: { ...total, output_tokens: 1 } },
    },
    ...blocks.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: emptied(block) },
      { type: 'ping' },
      ...deltasOf(block, pieceLength).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence, stop_details },
      usage: { output_tokens: total.output_tokens },
    },
    { type: 'message_stop' },
  ];
}

function emptied(block: JsonObject): JsonObject {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool_use':
    case 'server_tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf(block: JsonObject, pieceLength: number): readonly JsonObject[] {
  const pieces = (text: unknown): readonly string[] =>
    String(text).match(new RegExp(`[^]{1,${pieceLength}}`, 'gu')) ?? [];
  switch (block.type) {
    case 'text': {
      const citations = Array.isArray(block.citations) ? (block.citations as readonly JsonObject[]) : [];
      return [
        ...pieces(block.text).map((text) => ({ type: 'text_delta', text })),
        ...citations.map((citation) => ({ type: 'citations_delta', citation })),
      ];
    }
    case 'thinking':
      return [
        ...pieces(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block.signature },
      ];
    case 'tool_use':
    case 'server_tool_use': {
      const json = JSON.stringify(block.input);
      return (json === '{}' ? [''] : pieces(json)).map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
    }
    default:
      return [];
  }
}
