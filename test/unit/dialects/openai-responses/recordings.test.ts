/**
 * Real traffic of OpenAI and xAI, read a second time as naively as can be: strings joined, no state. What the decoder says
 * must hold all of it. Runs where TOLLGATE_RECORDINGS names the folder.
 */
import { describe, expect, it } from 'vitest';
import { type ChatReply, foldEvents } from '../../../../functions/core/fold.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../../functions/core/json.ts';
import { totalInputTokens, totalOutputTokens } from '../../../../functions/core/usage.ts';
import {
  openaiResponsesClient as client,
  openaiResponsesProvider as provider,
} from '../../../../functions/dialects/openai-responses/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { listRecordings, RECORDINGS } from '../../../support/recordings.ts';
import { CONTEXT, decodeBytes, decodeText, encodeStream, readFrames, sse } from './support.ts';

const all = listRecordings({ providers: ['openai', 'xai'], framing: 'named' });

/** The wire as its documentation shows it, without looking. */
interface NaiveItem {
  readonly type: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
  readonly encrypted_content?: string;
  readonly summary?: readonly { readonly text: string }[];
  readonly content?: readonly { readonly text: string }[];
}
interface NaiveResponse {
  readonly id: string;
  readonly model: string;
  readonly created_at: number;
  readonly output: readonly NaiveItem[];
  readonly usage: {
    readonly input_tokens: number;
    readonly input_tokens_details: { readonly cached_tokens: number };
    readonly output_tokens: number;
    readonly output_tokens_details: { readonly reasoning_tokens: number };
    readonly total_tokens: number;
  };
}
interface NaiveEvent {
  readonly type: string;
  readonly delta?: string;
  readonly item?: NaiveItem;
  readonly response?: NaiveResponse;
}

/** One file holds the four answers of an agent's run, one behind the other. */
const streams = all.flatMap((recording) => {
  const events = recording.values.filter(isJsonObject);
  if (!recording.streamed || !String(events[0]?.type).startsWith('response.')) return [];
  const starts = events.flatMap((event, index) => (event.type === 'response.created' ? [index] : []));
  return starts.map((start, index) => {
    const part = events.slice(start, starts[index + 1]);
    return [`${recording.name} ${index + 1}`, part, sse(part)] as const;
  });
});
const complete = streams.filter(([, events]) => events.at(-1)?.type === 'response.completed');
const whole = all.flatMap(({ name, streamed, values: [body] }) =>
  !streamed && isJsonObject(body) && body.object === 'response' ? [[name, body] as const] : [],
);

describe.runIf(RECORDINGS !== undefined)('recordings of the Responses API', () => {
  it('are there', () => {
    expect([complete.length, streams.length, whole.length]).toEqual([8, 9, 2]);
  });

  it.each(complete)('%s decodes without loss', (_, events, text) => {
    const reply = foldEvents(decodeText(text));
    expect(summaryOf(reply)).toEqual(naiveStream(events));
    expect(ciphered(summaryOf(reply))).toEqual(ciphered(naiveWhole(events.at(-1)?.response)));
  });

  it.each(complete)('%s says the same as the whole answer at its end', (_, events, text) => {
    const response = events.at(-1)?.response ?? null;
    expect(ciphered(foldEvents(provider.decodeResponse(response)))).toEqual(ciphered(foldEvents(decodeText(text))));
  });

  it.each(whole)('%s decodes without loss', (_, body) => {
    expect(summaryOf(foldEvents(provider.decodeResponse(body)))).toEqual(naiveWhole(body));
  });

  it.each(complete)('%s, cut at every byte, gives the same events', (_, _events, text) => {
    const bytes = new TextEncoder().encode(text);
    const frames = JSON.stringify(readFrames([bytes]));
    // Every byte of the short ones; of the long ones, where that would take minutes, a prime stride through all.
    const stride = bytes.length < 8_000 ? 1 : 997;
    for (let cut = 0; cut < bytes.length; cut += stride) {
      expect(JSON.stringify(readFrames([bytes.subarray(0, cut), bytes.subarray(cut)]))).toBe(frames);
    }
    const single = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
    expect(decodeBytes(single)).toEqual(decodeBytes([bytes]));
  });

  it.each(complete)('%s goes through a client and says the same, whole and streamed', (_, _events, text) => {
    const events = decodeText(text);
    const { id: _id, ...before } = foldEvents(events);
    const { id: _streamedId, ...streamed } = foldEvents(decodeText(encodeStream(events)));
    const { id: _wholeId, ...unstreamed } = foldEvents(provider.decodeResponse(client.encodeResponse(events, CONTEXT)));
    expect(streamed).toEqual(before);
    expect(unstreamed).toEqual(before);
  });

  it('of failures are failures', () => {
    const failed = streams.filter((stream) => !complete.includes(stream));
    expect(failed.map(([name, , text]) => [name, errorOf(() => decodeText(text)).kind])).toEqual([
      ['openai/openai-error.1.chunks.txt 1', 'upstream-quota'],
    ]);
    const error = all.find(({ name }) => name === 'openai/openai-error.1.json');
    expect(provider.decodeError({ status: 429, headers: {}, body: error?.text ?? '' })).toMatchObject({
      kind: 'upstream-quota',
      upstreamCode: 'insufficient_quota',
    });
  });

  it('of Chat Completions are never taken for a finished answer', () => {
    const foreign = all.filter(
      ({ streamed, values: [first] }) => streamed && isJsonObject(first) && 'choices' in first,
    );
    expect(foreign.length).toBeGreaterThan(0);
    for (const { text } of foreign) expect(errorOf(() => decodeText(text)).kind).toBe('upstream-truncated');
  });
});

/** OpenAI encrypts reasoning anew each time that it tells it: both forms are good, and they differ. */
function ciphered<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replace(/gAAAA[\w=-]{100,}/g, 'encrypted')) as T;
}

interface Summary {
  readonly id: string;
  readonly model: string;
  readonly createdAt: number | undefined;
  readonly text: string;
  readonly reasoning: string;
  readonly encrypted: readonly string[];
  readonly calls: readonly unknown[];
  readonly usage: readonly number[];
}

function summaryOf({ id, model, createdAt, choices, usage }: ChatReply): Summary {
  const blocks = choices[0]?.blocks ?? [];
  return {
    id,
    model,
    createdAt,
    text: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: blocks.map((block) => (block.type === 'reasoning' ? block.text : '')).join(''),
    encrypted: blocks.flatMap((block) => (block.type === 'reasoning' && block.redacted ? [block.redacted.value] : [])),
    calls: blocks.flatMap((block) => (block.type === 'tool-call' ? [[block.id, block.name, block.arguments]] : [])),
    usage:
      usage === undefined
        ? []
        : [totalInputTokens(usage), usage.cacheReadTokens, totalOutputTokens(usage), usage.reasoningTokens],
  };
}

/** From the pieces alone, and from the ends of items what has no pieces. */
function naiveStream(values: readonly JsonObject[]): Summary {
  const events = values as unknown as readonly NaiveEvent[];
  const joined = (type: string): string =>
    events.map((event) => (event.type === type ? (event.delta ?? '') : '')).join('');
  const items = events.flatMap((event) =>
    event.type === 'response.output_item.done' && event.item !== undefined ? [event.item] : [],
  );
  return {
    ...naiveEnd(events.at(-1)?.response, items),
    text: joined('response.output_text.delta'),
    reasoning: joined('response.reasoning_summary_text.delta'),
  };
}

function naiveWhole(value: Json | undefined): Summary {
  const response = value as unknown as NaiveResponse;
  const { output } = response;
  return {
    ...naiveEnd(response, output),
    text: output.flatMap((item) => (item.content ?? []).map((part) => part.text)).join(''),
    reasoning: output.flatMap((item) => (item.summary ?? []).map((part) => part.text)).join(''),
  };
}

function naiveEnd(
  response: NaiveResponse | undefined,
  items: readonly NaiveItem[],
): Omit<Summary, 'text' | 'reasoning'> {
  if (response === undefined) throw new Error('The recording has no end.');
  const { usage } = response;
  expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
  return {
    id: response.id,
    model: response.model,
    createdAt: response.created_at,
    encrypted: items.flatMap((item) => item.encrypted_content ?? []),
    calls: items.flatMap((item) =>
      item.call_id === undefined ? [] : [[item.call_id, item.name, item.arguments ?? item.input]],
    ),
    usage: [
      usage.input_tokens,
      usage.input_tokens_details.cached_tokens,
      usage.output_tokens,
      usage.output_tokens_details.reasoning_tokens,
    ],
  };
}
