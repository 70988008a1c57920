/**
 * Real answers of the Messages API, written again from the neutral model: as a stream and whole, nothing of them may be
 * missing. Runs where TOLLGATE_RECORDINGS names the folder.
 */
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import {
  anthropicMessagesClient as client,
  anthropicMessagesProvider as provider,
} from '../../../../functions/dialects/anthropic-messages/index.ts';
import { openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { listRecordings, RECORDINGS, type Recording } from '../../../support/recordings.ts';
import { CONTEXT, contentOf, streamText, wireEvents } from './client-support.ts';
import { decodeBytes } from './support.ts';

const table = (recordings: readonly Recording[]) => recordings.map((recording) => [recording.name, recording] as const);
const own = listRecordings({ providers: ['anthropic'], framing: 'named' });
const others = listRecordings({ providers: ['deepseek', 'groq', 'mistral'], framing: 'done' });

function eventsOf(recording: Recording): readonly ChatEvent[] {
  const [value] = recording.values;
  if (!recording.streamed) return provider.decodeResponse(value as Json);
  return decodeBytes([new TextEncoder().encode(recording.text)]);
}

function chatEventsOf(recording: Recording): readonly ChatEvent[] {
  const [value] = recording.values;
  if (!recording.streamed) return openaiChatProvider.decodeResponse(value as Json);
  const framer = createSseFramer();
  const decoder = openaiChatProvider.createDecoder();
  const frames = [...framer.push(new TextEncoder().encode(recording.text)), ...framer.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Refusals have no block here, their words are text; and a whole answer has arguments as a value, without their spaces. */
const comparable = (events: readonly ChatEvent[]) => {
  const { id, model, choices, usage } = foldEvents(events);
  const [choice] = choices;
  const blocks = choice?.blocks.map((block) => {
    if (block.type === 'refusal') return { ...block, type: 'text' };
    return block.type === 'tool-call' ? { ...block, arguments: JSON.parse(block.arguments) } : block;
  });
  const said = blocks?.filter((block) => !('text' in block) || block.type !== 'text' || block.text !== '');
  return { id, model, usage, blocks: said, finish: choice?.finish };
};

describe.runIf(RECORDINGS !== undefined)('recordings', { timeout: 30_000 }, () => {
  it('are there', () => {
    expect(own.length).toBeGreaterThanOrEqual(16);
    expect(others.length).toBeGreaterThanOrEqual(10);
  });

  it.each(table(own))('%s survives being written again', (_, recording) => {
    const events = eventsOf(recording);
    const text = streamText(events);
    expect(comparable(decodeBytes([new TextEncoder().encode(text)]))).toEqual(comparable(events));
    const whole = client.encodeResponse(events, CONTEXT);
    expect(comparable(provider.decodeResponse(whole))).toEqual(comparable(events));
    expect(contentOf(wireEvents(text))).toEqual(whole.content);
  });

  it.each(table(others))('%s reads as a message', (_, recording) => {
    const events = chatEventsOf(recording);
    const whole = client.encodeResponse(events, CONTEXT);
    const content = contentOf(wireEvents(streamText(events)));
    expect(content).toEqual(whole.content);
    const said = (blocks: readonly JsonObject[]) => blocks.map((block) => block.text ?? '').join('');
    const told = foldEvents(events).choices[0]?.blocks ?? [];
    expect(said(content)).toBe(told.map((block) => (block.type === 'text' ? block.text : '')).join(''));
    expect(content.filter((block) => block.type === 'tool_use').map((block) => [block.id, block.input])).toEqual(
      told.flatMap((block) => (block.type === 'tool-call' ? [[block.id, JSON.parse(block.arguments)]] : [])),
    );
  });
});
