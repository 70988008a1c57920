/**
 * Real traffic of six providers, read a second time as naively as can be: strings joined by index, no state. What the
 * decoder says must hold all of it. Runs where TOLLGATE_RECORDINGS names the folder.
 */
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { type ChatReply, foldEvents } from '../../../../functions/core/fold.ts';
import { isJsonObject, type Json } from '../../../../functions/core/json.ts';
import { totalInputTokens, totalOutputTokens } from '../../../../functions/core/usage.ts';
import { openaiChatClient, openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { listRecordings, RECORDINGS, type Recording } from '../../../support/recordings.ts';
import { CONTEXT, decodeChunks, decodeText, encodeStream, readFrames, request } from './support.ts';

const all = listRecordings({
  providers: ['openai', 'deepseek', 'groq', 'mistral', 'openai-compatible', 'xai'],
  framing: 'done',
});
/** The same folders hold the Responses API, embeddings and errors: only content tells. */
const isChat = ({ values }: Recording): boolean =>
  values.every((value) => isJsonObject(value) && Array.isArray(value.choices));
const named = (streamed: boolean) =>
  all.filter((one) => isChat(one) && one.streamed === streamed).map((one) => [one.name, one] as const);
const bytesOf = (recording: Recording): Uint8Array => new TextEncoder().encode(recording.text);

/** The wire as its documentation shows it, without looking. */
interface NaiveCall {
  readonly index?: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}
interface NaivePart {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: readonly { readonly text: string }[];
}
interface NaiveMessage {
  readonly content?: string | readonly NaivePart[] | null;
  readonly reasoning_content?: string | null;
  readonly tool_calls?: readonly NaiveCall[];
}
interface NaiveUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}
interface NaiveChunk {
  readonly id: string;
  readonly model: string;
  readonly choices: readonly {
    readonly delta?: NaiveMessage;
    readonly message?: NaiveMessage;
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: NaiveUsage | null;
}

describe.runIf(RECORDINGS !== undefined)('recordings of Chat Completions', () => {
  it('are there', () => {
    expect(named(true).length).toBeGreaterThanOrEqual(14);
    expect(named(false).length).toBeGreaterThanOrEqual(11);
  });

  it.each(named(true))('%s decodes without loss', (_, recording) => {
    expect(summaryOf(foldEvents(decodeChunks([bytesOf(recording)])))).toEqual(naive(recording.values));
  });

  it.each(named(false))('%s decodes without loss', (_, recording) => {
    const [body = null] = recording.values;
    expect(summaryOf(foldEvents(openaiChatProvider.decodeResponse(body)))).toEqual(naive(recording.values));
  });

  it.each(named(true))('%s, cut at every byte, gives the same events', (_, recording) => {
    const bytes = bytesOf(recording);
    const frames = JSON.stringify(readFrames(bytes));
    // Every byte of the short ones; of the long ones, where that would take minutes, a prime stride through all.
    const stride = bytes.length < 8_000 ? 1 : 997;
    for (let cut = 0; cut < bytes.length; cut += stride) {
      expect(JSON.stringify(readFrames(bytes.subarray(0, cut), bytes.subarray(cut)))).toBe(frames);
    }
    const single = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
    expect(decodeChunks(single)).toEqual(decodeChunks([bytes]));
  });

  it.each(named(true))('%s goes through a client and says the same, whole and streamed', (_, recording) => {
    const events = decodeChunks([bytesOf(recording)]);
    const asked = request({ stream: true, stream_options: { include_usage: true } });
    const before = comparable(events);
    expect(comparable(decodeText(encodeStream(events, asked)))).toEqual(before);
    expect(comparable(openaiChatProvider.decodeResponse(openaiChatClient.encodeResponse(events, CONTEXT)))).toEqual(
      before,
    );
  });

  it('of errors are errors', () => {
    const errors = all.filter(
      ({ streamed, values }) => !streamed && isJsonObject(values[0]) && isJsonObject(values[0].error),
    );
    const kinds = errors
      .filter(({ values }) => isJsonObject(values[0]) && values[0].object === undefined)
      .map(({ name, text }) => [name, openaiChatProvider.decodeError({ status: 400, headers: {}, body: text }).kind]);
    expect(Object.fromEntries(kinds)).toEqual({
      'openai/openai-error.1.json': 'upstream-quota',
      'openai/reasoning-model-legacy-parameter-error.json': 'unsupported-parameter',
    });
  });

  it('of the Responses API are never taken for a finished answer', () => {
    const foreign = all.filter((one) => one.streamed && !isChat(one));
    expect(foreign.length).toBeGreaterThan(0);
    for (const recording of foreign)
      expect(() => decodeChunks([bytesOf(recording)])).toThrow(expect.objectContaining({ name: 'GatewayError' }));
  });
});

/** What must survive a client: blocks, finish, usage. Ids may differ. */
function comparable(events: readonly ChatEvent[]) {
  const { model, choices, usage } = foldEvents(events);
  return { model, usage, choices: choices.map(({ blocks, finish }) => ({ blocks, finish })) };
}

interface Summary {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly unknown[];
  readonly rawReason: string | undefined;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoningTokens: number;
}

function summaryOf(reply: ChatReply): Summary {
  const [choice, ...others] = reply.choices;
  expect(others).toEqual([]);
  const blocks = choice?.blocks ?? [];
  const { usage } = reply;
  return {
    id: reply.id,
    model: reply.model,
    text: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: blocks.map((block) => (block.type === 'reasoning' ? block.text : '')).join(''),
    calls: blocks.flatMap((block) =>
      block.type === 'tool-call' ? [{ id: block.id, name: block.name, arguments: JSON.parse(block.arguments) }] : [],
    ),
    rawReason: choice?.rawReason,
    input: usage === undefined ? 0 : totalInputTokens(usage),
    cached: usage?.cacheReadTokens ?? 0,
    output: usage === undefined ? 0 : totalOutputTokens(usage),
    reasoningTokens: usage?.reasoningTokens ?? 0,
  };
}

function naive(values: readonly Json[]): Summary {
  const chunks = values as unknown as readonly NaiveChunk[];
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const messages = choices.flatMap((choice) => choice.message ?? choice.delta ?? []);
  const parts = messages.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []),
  );
  const calls: { id: string; name: string; arguments: string }[] = [];
  for (const [position, call] of messages.flatMap((message) =>
    (message.tool_calls ?? []).map((one, at) => [at, one] as const),
  )) {
    const at = call.index ?? position;
    const known = calls[at] ?? { id: '', name: '', arguments: '' };
    calls[at] = {
      id: known.id + (call.id ?? ''),
      name: known.name + (call.function.name ?? ''),
      arguments: known.arguments + call.function.arguments,
    };
  }
  const usage = chunks.findLast((chunk) => chunk.usage)?.usage;
  return {
    id: chunks.map((chunk) => chunk.id).find((id) => id !== '') ?? '',
    model: chunks.map((chunk) => chunk.model).find((model) => model !== '') ?? '',
    text: parts.map((part) => part.text ?? '').join(''),
    reasoning:
      messages.map((message) => message.reasoning_content ?? '').join('') +
      parts.flatMap((part) => (part.thinking ?? []).map((thought) => thought.text)).join(''),
    calls: calls.flatMap((call) => [{ ...call, arguments: JSON.parse(call.arguments) }]),
    rawReason: choices.findLast((choice) => choice.finish_reason)?.finish_reason ?? undefined,
    input: usage?.prompt_tokens ?? 0,
    cached: usage?.prompt_tokens_details?.cached_tokens ?? 0,
    // What a call cost is in the total, whatever a provider counts as completion.
    output: usage ? usage.total_tokens - usage.prompt_tokens : 0,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}
