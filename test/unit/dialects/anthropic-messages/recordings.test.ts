/**
 * Real traffic, read a second time as naively as can be: joined strings by index, no state. What the decoder says must
 * hold all of it. Runs where TOLLGATE_RECORDINGS names the folder.
 */
import { describe, expect, it } from 'vitest';
import type { AssistantPart } from '../../../../functions/core/chat.ts';
import { type ChatReply, foldEvents } from '../../../../functions/core/fold.ts';
import type { Json } from '../../../../functions/core/json.ts';
import { totalInputTokens } from '../../../../functions/core/usage.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { listRecordings, RECORDINGS, type Recording } from '../../../support/recordings.ts';
import { decodeBytes } from './support.ts';

const recordings = listRecordings({ providers: ['anthropic'], framing: 'named' });
const named = (streamed: boolean) =>
  recordings
    .filter((recording) => recording.streamed === streamed)
    .map((recording) => [recording.name, recording] as const);
const bytesOf = (recording: Recording) => new TextEncoder().encode(recording.text);

/** The wire as its documentation shows it, without looking. */
interface NaiveBlock {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: Json;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly citations?: readonly Json[] | null;
}
interface NaiveMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly NaiveBlock[];
  readonly stop_reason: string;
  readonly usage: { readonly [name: string]: number };
}
interface NaiveEvent {
  readonly type: string;
  readonly index: number;
  readonly message: NaiveMessage;
  readonly content_block: NaiveBlock;
  readonly delta: {
    readonly text?: string;
    readonly thinking?: string;
    readonly signature?: string;
    readonly partial_json?: string;
    readonly citation?: Json;
    readonly stop_reason: string;
  };
  readonly usage: { readonly [name: string]: number };
}

describe.runIf(RECORDINGS !== undefined)('recordings of the Messages API', { timeout: 30_000 }, () => {
  it('are there', () => {
    expect(named(true).length).toBeGreaterThanOrEqual(9);
    expect(named(false).length).toBeGreaterThanOrEqual(7);
  });

  it.each(named(true))('%s decodes without loss', (_, recording) => {
    const reply = foldEvents(decodeBytes([bytesOf(recording)]));
    expect(summaryOf(reply)).toEqual(naiveStream(recording.values as unknown as readonly NaiveEvent[]));
  });

  it.each(named(false))('%s decodes without loss', (_, recording) => {
    const [message] = recording.values as unknown as readonly [Json & NaiveMessage];
    expect(summaryOf(foldEvents(provider.decodeResponse(message)))).toEqual(naiveMessage(message));
  });

  it.each(named(true))('%s, cut at every byte, gives the same events', (_, recording) => {
    const bytes = bytesOf(recording);
    const whole = JSON.stringify(framesOf([bytes]));
    // Every byte of the short ones; of the long ones, where that would take minutes, a prime stride through all.
    const stride = bytes.length < 8_000 ? 1 : 97;
    for (let cut = 0; cut < bytes.length; cut += stride) {
      expect(JSON.stringify(framesOf([bytes.subarray(0, cut), bytes.subarray(cut)]))).toBe(whole);
    }
    expect(decodeBytes([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(decodeBytes([bytes]));
  });

  // Claude by way of an OpenAI-compatible server: chunks of another dialect, behind the same names of models.
  it('of another dialect are never taken for an answer', () => {
    const foreign = listRecordings({ providers: ['openai-compatible'], framing: 'done' }).find((recording) =>
      recording.name.endsWith('anthropic-fallback-tool-call.sse'),
    );
    expect(foreign).toBeDefined();
    expect(() => decodeBytes([new TextEncoder().encode(foreign?.text)])).toThrow(
      expect.objectContaining({ kind: 'upstream-truncated' }),
    );
  });
});

function framesOf(chunks: readonly Uint8Array[]): Json {
  const framer = createSseFramer();
  const frames = [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
  return frames.map(({ event, data, raw }) => [event ?? null, data, raw]);
}

interface Summary {
  readonly id: unknown;
  readonly model: unknown;
  readonly reason: unknown;
  readonly text: string;
  readonly thinking: string;
  readonly signatures: string;
  readonly calls: readonly unknown[];
  readonly citations: readonly unknown[];
  /** Ids of everything that goes through as it came. */
  readonly opaque: readonly unknown[];
  readonly input: number;
  readonly output: number;
}

function summaryOf(reply: ChatReply): Summary {
  const [choice] = reply.choices;
  const parts = choice?.blocks ?? [];
  const pick = <T extends AssistantPart['type']>(type: T) =>
    parts.filter((part): part is Extract<AssistantPart, { type: T }> => part.type === type);
  return {
    id: reply.id,
    model: reply.model,
    reason: choice?.rawReason,
    text: pick('text')
      .map((part) => part.text)
      .join('|'),
    thinking: pick('reasoning')
      .map((part) => part.text)
      .join('|'),
    signatures: pick('reasoning')
      .map((part) => part.signature?.value)
      .join('|'),
    calls: pick('tool-call').map((part) => [part.id, part.name, JSON.parse(part.arguments)]),
    citations: pick('text').flatMap((part) => part.extensions?.['anthropic-messages']?.annotations ?? []),
    opaque: pick('opaque').map((part) => part.data),
    input: reply.usage === undefined ? 0 : totalInputTokens(reply.usage),
    output: reply.usage?.outputTokens ?? 0,
  };
}

/** The blocks of a stream by joining what has the same index, as if it were a whole message. */
function naiveStream(events: readonly NaiveEvent[]): Summary {
  const [start] = events.filter((event) => event.type === 'message_start');
  const end = events.findLast((event) => event.type === 'message_delta');
  if (start === undefined || end === undefined) throw new Error('The recording has no start or no end');
  const content = events
    .filter((event) => event.type === 'content_block_start')
    .map(({ index, content_block: block }): NaiveBlock => {
      const deltas = events
        .filter((event) => event.type === 'content_block_delta' && event.index === index)
        .map((event) => event.delta);
      const join = (key: 'text' | 'thinking' | 'signature' | 'partial_json') =>
        deltas.map((delta) => delta[key] ?? '').join('');
      const input = join('partial_json');
      return {
        ...block,
        ...(block.type === 'text'
          ? { text: join('text'), citations: deltas.flatMap((delta) => delta.citation ?? []) }
          : {}),
        ...(block.type === 'thinking' ? { thinking: join('thinking'), signature: join('signature') } : {}),
        ...(input === '' ? {} : { input: JSON.parse(input) }),
      };
    });
  const usage = { ...start.message.usage, ...end.usage };
  return naiveMessage({ ...start.message, content, stop_reason: end.delta.stop_reason, usage });
}

function naiveMessage(message: NaiveMessage): Summary {
  const of = (type: string) => message.content.filter((block) => block.type === type);
  const known = ['text', 'thinking', 'tool_use', 'redacted_thinking'];
  const { usage } = message;
  return {
    id: message.id,
    model: message.model,
    reason: message.stop_reason,
    text: of('text')
      .map((block) => block.text)
      .join('|'),
    thinking: of('thinking')
      .map((block) => block.thinking)
      .join('|'),
    signatures: of('thinking')
      .map((block) => block.signature)
      .join('|'),
    calls: of('tool_use').map((block) => [block.id, block.name, block.input]),
    citations: of('text').flatMap((block) => block.citations ?? []),
    opaque: message.content.filter((block) => !known.includes(block.type)),
    input: (usage.input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    output: usage.output_tokens ?? 0,
  };
}
