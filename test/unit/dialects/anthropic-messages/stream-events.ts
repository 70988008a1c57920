/** The events of Anthropic's streams, short to write. */
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';

export const start = (usage: JsonObject = { input_tokens: 10, output_tokens: 1 }): JsonObject => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [], usage },
});
export const blockStart = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
});
export const delta = (index: number, change: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta: change,
});
export const blockStop = (index: number): JsonObject => ({ type: 'content_block_stop', index });
export const messageDelta = (
  stop_reason: string | null,
  usage: JsonObject | null = { output_tokens: 5 },
  more = {},
): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
});
export const stop: JsonObject = { type: 'message_stop' };
export const text = (index: number, ...pieces: readonly string[]): readonly JsonObject[] => [
  blockStart(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => delta(index, { type: 'text_delta', text: piece })),
  blockStop(index),
];
export const tool = (index: number, id: string, ...pieces: readonly string[]): readonly JsonObject[] => [
  blockStart(index, { type: 'tool_use', id, name: 'f', input: {} }),
  ...pieces.map((piece) => delta(index, { type: 'input_json_delta', partial_json: piece })),
  blockStop(index),
];
export const blocksOf = (events: readonly ChatEvent[]) => foldEvents(events).choices[0]?.blocks;
