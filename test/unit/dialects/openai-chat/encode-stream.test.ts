import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { Stream } from 'openai/streaming';
import { describe, expect, it } from 'vitest';
import type { ChatEvent, Signature } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { openaiChatClient } from '../../../../functions/dialects/openai-chat/index.ts';
import { CONTEXT, dataOf, encodeStream, request } from './support.ts';

const START: ChatEvent = { type: 'response-start', id: 'msg_01', model: 'claude-x', createdAt: 1_700_000_005 };
const FINISH: ChatEvent = { type: 'finish', choice: 0, reason: 'stop' };
const USAGE: ChatEvent = { type: 'usage', usage: { ...NO_USAGE, inputTokens: 3, outputTokens: 4 } };

const text = (index: number, ...pieces: readonly string[]): readonly ChatEvent[] => [
  { type: 'block-start', index, choice: 0, block: { type: 'text' } },
  ...pieces.map((piece): ChatEvent => ({ type: 'block-delta', index, text: piece })),
  { type: 'block-end', index },
];

const callStart = (index: number, id: string, kind: 'function' | 'custom' = 'function'): ChatEvent => ({
  type: 'block-start',
  index,
  choice: 0,
  block: { type: 'tool-call', id, name: 'f', kind },
});

async function readWithSdk(encoded: string): Promise<readonly ChatCompletionChunk[]> {
  const stream = Stream.fromSSEResponse<ChatCompletionChunk>(new Response(encoded), new AbortController());
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const deltasOf = (encoded: string) =>
  dataOf(encoded).flatMap((chunk) => (chunk.choices as readonly { delta: object }[]).map((choice) => choice.delta));

describe('the stream encoder', () => {
  it('writes the role, the deltas, the finish and [DONE]', () => {
    const head = {
      id: 'msg_01',
      object: 'chat.completion.chunk',
      created: 1_700_000_005,
      model: 'claude-x',
      system_fingerprint: null,
    };
    const choice = (delta: object, reason: string | null = null) => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    });
    const encoded = encodeStream([START, ...text(0, 'He', '', 'llo'), USAGE, FINISH]);
    expect(dataOf(encoded)).toEqual([
      choice({ role: 'assistant', content: '', refusal: null }),
      choice({ content: 'He' }),
      choice({ content: 'llo' }),
      choice({}, 'stop'),
    ]);
    expect(encoded.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  it('writes usage only where it was asked for, in a last chunk, and null before it', () => {
    const asked = request({ stream: true, stream_options: { include_usage: true } });
    const chunks = dataOf(
      encodeStream(
        [START, USAGE, ...text(0, 'x'), FINISH, { ...USAGE, usage: { ...USAGE.usage, outputTokens: 9 } }],
        asked,
      ),
    );
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 },
    });
    expect(dataOf(encodeStream([START, USAGE, FINISH])).some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('numbers calls in their own order, and says id, type and name first', () => {
    const encoded = encodeStream([
      START,
      ...text(0, 'x'),
      callStart(3, 'a'),
      callStart(5, 'b', 'custom'),
      { type: 'block-delta', index: 5, text: 'SELECT' },
      { type: 'block-delta', index: 3, text: '{"x"' },
      { type: 'block-delta', index: 3, text: ':1}' },
      { type: 'block-end', index: 3 },
      { type: 'block-end', index: 5 },
      { ...FINISH, reason: 'tool-calls' },
    ]);
    const calls = deltasOf(encoded).flatMap((delta) =>
      'tool_calls' in delta ? (delta.tool_calls as readonly object[]) : [],
    );
    expect(calls).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 1, id: 'b', type: 'custom', custom: { name: 'f', input: '' } },
      { index: 1, custom: { input: 'SELECT' } },
      { index: 0, function: { arguments: '{"x"' } },
      { index: 0, function: { arguments: ':1}' } },
    ]);
    expect(dataOf(encoded).at(-1)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] });
  });

  it("says a call's signature where it names the call, or with a function that clients expect there", () => {
    const signature: Signature = { origin: 'gemini', value: 'EioK' };
    const extra_content = { google: { thought_signature: 'tg1.gemini.EioK' } };
    const callsOf = (...events: readonly ChatEvent[]) =>
      deltasOf(encodeStream([START, callStart(0, 'a'), ...events, { type: 'block-end', index: 0 }, FINISH])).flatMap(
        (delta) => ('tool_calls' in delta ? (delta.tool_calls as readonly object[]) : []),
      );
    const signed: ChatEvent = { type: 'block-signature', index: 0, signature };
    const said: ChatEvent = { type: 'block-delta', index: 0, text: '{"x":1}' };
    expect(callsOf(signed, said)).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' }, extra_content },
      { index: 0, function: { arguments: '{"x":1}' } },
    ]);
    expect(callsOf(said, signed)).toEqual([
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } },
      { index: 0, function: { arguments: '{"x":1}' } },
      { index: 0, function: { arguments: '' }, extra_content },
    ]);
  });

  it('makes {} of a call without arguments, and never an empty id', () => {
    const encoded = encodeStream([
      START,
      callStart(0, ''),
      { type: 'block-delta', index: 0, text: '' },
      { type: 'block-end', index: 0 },
      FINISH,
    ]);
    const calls = deltasOf(encoded).flatMap((delta) =>
      'tool_calls' in delta ? (delta.tool_calls as readonly { id?: string; function: { arguments: string } }[]) : [],
    );
    expect(calls.map((call) => call.function.arguments).join('')).toBe('{}');
    expect(calls[0]?.id).toMatch(/\w+/);
  });

  it('writes reasoning as it comes, and what proves it in one piece', () => {
    const signature: Signature = { origin: 'anthropic-messages', value: 'sig+/=' };
    const encoded = encodeStream([
      START,
      { type: 'block-start', index: 0, choice: 0, block: { type: 'reasoning' } },
      { type: 'block-delta', index: 0, text: 'Let' },
      { type: 'block-delta', index: 0, text: ' me' },
      { type: 'block-signature', index: 0, signature },
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 1, choice: 0, block: { type: 'reasoning' } },
      { type: 'block-signature', index: 1, signature: { ...signature, value: 'blob' }, redacted: true },
      { type: 'block-end', index: 1 },
      ...text(2, 'x'),
      FINISH,
    ]);
    expect(deltasOf(encoded).slice(1, -2)).toEqual([
      { reasoning_content: 'Let' },
      { reasoning_content: ' me' },
      {
        reasoning_details: [
          {
            type: 'reasoning.text',
            text: 'Let me',
            signature: 'tg1.anthropic-messages.sig+/=',
            format: 'anthropic-claude-v1',
            index: 0,
          },
        ],
      },
      {
        reasoning_details: [
          { type: 'reasoning.encrypted', data: 'tg1.anthropic-messages.blob', format: 'anthropic-claude-v1', index: 1 },
        ],
      },
    ]);
  });

  it('begins every choice with its role', () => {
    const encoded = encodeStream([
      START,
      { type: 'block-start', index: 0, choice: 1, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'x' },
      { type: 'block-end', index: 0 },
      { ...FINISH, choice: 1 },
      FINISH,
    ]);
    const choices = dataOf(encoded).map((chunk) => (chunk.choices as readonly object[])[0]);
    expect(choices).toMatchObject([
      { index: 0, delta: { role: 'assistant' } },
      { index: 1, delta: { role: 'assistant' } },
      { index: 1, delta: { content: 'x' } },
      { index: 1, finish_reason: 'stop' },
      { index: 0, finish_reason: 'stop' },
    ]);
  });

  it.each<[ChatEvent & { type: 'finish' }, readonly ChatEvent[], string]>([
    [{ ...FINISH, type: 'finish', choice: 0, reason: 'length' }, [], 'length'],
    [{ ...FINISH, type: 'finish', choice: 0, reason: 'content-filter' }, [], 'content_filter'],
    [{ ...FINISH, type: 'finish', choice: 0, reason: 'refusal' }, [], 'content_filter'],
    [
      { ...FINISH, type: 'finish', choice: 0, reason: 'refusal' },
      [
        { type: 'block-start', index: 0, choice: 0, block: { type: 'refusal' } },
        { type: 'block-delta', index: 0, text: 'no' },
      ],
      'stop',
    ],
  ])('maps %j after %j', (finish, before, word) => {
    expect(dataOf(encodeStream([START, ...before, finish])).at(-1)).toMatchObject({
      choices: [{ finish_reason: word }],
    });
  });

  it('tells an error in the stream and does not close it as if it were complete', () => {
    const encoder = openaiChatClient.createEncoder(request({ stream: true }), CONTEXT);
    const begun = [START, ...text(0, 'x')].map((event) => encoder.push(event)).join('');
    const failed = encoder.fail(new GatewayError('upstream-truncated', 'The provider broke off.'));
    expect(dataOf(failed)).toEqual([
      {
        error: {
          message: 'The provider broke off.',
          type: 'server_error',
          param: null,
          code: 'provider_stream_truncated',
          request_id: 'req1',
        },
      },
    ]);
    expect(begun + failed).not.toContain('[DONE]');
  });

  it('hides what the provider says of our credentials', () => {
    const encoder = openaiChatClient.createEncoder(request({ stream: true }), CONTEXT);
    expect(encoder.fail(new GatewayError('upstream-unauthorized', 'sk-canary'))).not.toContain('canary');
  });

  it('makes up an id where the provider gave none that is fit', () => {
    expect(dataOf(encodeStream([{ ...START, id: '' }, FINISH]))[0]).toMatchObject({ id: 'chatcmpl-req1' });
    expect(dataOf(encodeStream([{ ...START, id: 'a"b\n' }, FINISH]))[0]).toMatchObject({ id: 'chatcmpl-req1' });
    expect(dataOf(encodeStream([{ type: 'response-start', id: '', model: '' }, FINISH]))[0]).toMatchObject({
      model: 'smart',
      created: CONTEXT.createdAt,
    });
  });

  it('is read by the OpenAI SDK', async () => {
    const asked = request({ stream: true, stream_options: { include_usage: true } });
    const chunks = await readWithSdk(
      encodeStream(
        [
          START,
          ...text(0, 'Grüße ', '🙂'),
          callStart(1, 'a'),
          { type: 'block-end', index: 1 },
          { ...FINISH, reason: 'tool-calls' },
          USAGE,
        ],
        asked,
      ),
    );
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Grüße 🙂');
    expect(chunks.at(-1)?.usage?.total_tokens).toBe(7);
    expect(chunks.findLast((chunk) => chunk.choices.length > 0)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('makes the OpenAI SDK throw where the stream failed', async () => {
    const encoder = openaiChatClient.createEncoder(request({ stream: true }), CONTEXT);
    const encoded =
      encoder.push(START) + encoder.fail(new GatewayError('upstream-truncated', 'The provider broke off.'));
    await expect(readWithSdk(encoded)).rejects.toThrow('The provider broke off.');
  });
});
