import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssistantPart, ChatEvent, Dialect, FinishReason } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { readList, readObject } from '../../../../functions/core/read.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { openaiChatClient, openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { CONTEXT, dataOf, decodeText, encodeStream, request } from './support.ts';

/** The events of a whole answer with these blocks. */
function eventsOf(blocks: readonly AssistantPart[], reason: FinishReason = 'stop'): readonly ChatEvent[] {
  const events = blocks.flatMap((block, index): readonly ChatEvent[] => {
    const start = (part: Extract<ChatEvent, { type: 'block-start' }>['block']): ChatEvent => ({
      type: 'block-start',
      index,
      choice: 0,
      block: part,
    });
    const delta = (text: string): ChatEvent => ({ type: 'block-delta', index, text });
    const end: ChatEvent = { type: 'block-end', index };
    switch (block.type) {
      case 'text':
      case 'refusal':
        return [start({ type: block.type }), delta(block.text), end];
      case 'reasoning':
        return [
          start({ type: 'reasoning', ...(block.id === undefined ? {} : { id: block.id }) }),
          ...(block.text === '' ? [] : [delta(block.text)]),
          ...(block.signature === undefined
            ? []
            : [{ type: 'block-signature', index, signature: block.signature } as const]),
          ...(block.redacted === undefined
            ? []
            : [{ type: 'block-signature', index, signature: block.redacted, redacted: true } as const]),
          end,
        ];
      case 'tool-call':
        return [
          start({ type: 'tool-call', id: block.id, name: block.name, kind: block.kind }),
          delta(block.arguments),
          ...(block.signature === undefined
            ? []
            : [{ type: 'block-signature', index, signature: block.signature } as const]),
          end,
        ];
      default:
        return [];
    }
  });
  return [
    { type: 'response-start', id: 'msg_01', model: 'm' },
    ...events,
    { type: 'finish', choice: 0, reason },
    { type: 'usage', usage: { ...NO_USAGE, inputTokens: 3, outputTokens: 4 } },
  ];
}

const message = (events: readonly ChatEvent[]) =>
  (openaiChatClient.encodeResponse(events, CONTEXT).choices as readonly { readonly message: JsonObject }[])[0]?.message;

/** What a client sends back of a streamed answer: texts put together, lists end to end, calls by their index. */
function collectStream(encoded: string): JsonObject {
  const { blocks } = foldEvents(decodeText(encoded)).choices[0] ?? { blocks: [] };
  const details: Json[] = [];
  const extras = new Map<number, JsonObject>();
  for (const chunk of dataOf(encoded)) {
    const delta = readObject(readObject(readList(chunk.choices)[0]).delta);
    details.push(...readList(delta.reasoning_details));
    for (const call of readList(delta.tool_calls).map(readObject)) {
      const { extra_content: extra, index } = call;
      if (extra !== undefined) extras.set(Number(index), { extra_content: extra });
    }
  }
  const calls = blocks.flatMap((block) => (block.type === 'tool-call' ? [block] : []));
  return {
    role: 'assistant',
    content: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning_content: blocks.map((block) => (block.type === 'reasoning' ? block.text : '')).join(''),
    reasoning_details: details,
    tool_calls: calls.map((call, index) => ({
      ...extras.get(index),
      id: call.id,
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

const historyOf = (answer: JsonObject | undefined) =>
  request({ messages: [{ role: 'user', content: 'x' }, answer ?? {}] }).messages[1]?.content;

describe('encodeResponse', () => {
  it('writes a chat completion', () => {
    const events = eventsOf(
      [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'a' },
        { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '' },
        { type: 'tool-call', kind: 'custom', id: 'd', name: 'sql', arguments: 'SELECT' },
      ],
      'tool-calls',
    );
    expect(openaiChatClient.encodeResponse(events, CONTEXT)).toEqual({
      id: 'msg_01',
      object: 'chat.completion',
      created: CONTEXT.createdAt,
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'a',
            refusal: null,
            reasoning_content: 'hm',
            tool_calls: [
              { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } },
              { id: 'd', type: 'custom', custom: { name: 'sql', input: 'SELECT' } },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: expect.objectContaining({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }),
      system_fingerprint: null,
    });
  });

  it('has null for the text of a refusal and of mere calls', () => {
    expect(message(eventsOf([{ type: 'refusal', text: 'no' }], 'refusal'))).toMatchObject({
      content: null,
      refusal: 'no',
    });
    expect(message(eventsOf([]))).toMatchObject({ content: '', refusal: null });
  });

  it('says in both ways the same that it was told', () => {
    const origin = fc.constantFrom<Dialect>('anthropic-messages', 'gemini', 'openai-responses', 'bedrock-converse');
    const value = fc.base64String({ minLength: 4, maxLength: 40 });
    const signature = fc.record({ origin, value });
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const reasoning = fc.oneof(
      fc.record({ type: fc.constant('reasoning' as const), text, signature }),
      fc.record({ type: fc.constant('reasoning' as const), text: fc.constant(''), redacted: signature }),
      fc.record({
        type: fc.constant('reasoning' as const),
        text,
        redacted: signature,
        id: fc.constantFrom('rs_1', 'rs_2'),
      }),
    );
    const call = fc.record(
      {
        type: fc.constant('tool-call' as const),
        kind: fc.constant('function' as const),
        id: fc.uuid(),
        name: fc.constantFrom('f', 'g'),
        arguments: fc.jsonValue().map((one) => JSON.stringify({ x: one })),
        signature: fc.record({ origin: fc.constant('gemini' as const), value }),
      },
      { requiredKeys: ['type', 'kind', 'id', 'name', 'arguments'] },
    );
    fc.assert(
      fc.property(
        fc.array(reasoning, { maxLength: 3 }),
        text,
        fc.array(call, { maxLength: 3 }),
        (thoughts, said, calls) => {
          const blocks: readonly AssistantPart[] = [...thoughts, { type: 'text', text: said }, ...calls];
          const events = eventsOf(blocks, calls.length > 0 ? 'tool-calls' : 'stop');
          // Byte for byte, in a whole answer and in a streamed one, through a client that sends back what it got.
          expect(historyOf(message(events))).toEqual(blocks);
          expect(historyOf(collectStream(encodeStream(events)))).toEqual(blocks);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is decoded by the provider side into the same fold, whole and streamed', () => {
    const events = eventsOf(
      [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'a' },
        { type: 'tool-call', kind: 'function', id: 'c', name: 'f', arguments: '{"x":1}' },
      ],
      'tool-calls',
    );
    const asked = request({ stream: true, stream_options: { include_usage: true } });
    const { createdAt, ...expected } = foldEvents(events);
    expect(createdAt).toBeUndefined();
    const rawReason = { choices: [{ ...expected.choices[0], rawReason: 'tool_calls' }] };
    expect(
      foldEvents(openaiChatProvider.decodeResponse(openaiChatClient.encodeResponse(events, CONTEXT))),
    ).toMatchObject({ ...expected, ...rawReason });
    expect(foldEvents(decodeText(encodeStream(events, asked)))).toMatchObject({ ...expected, ...rawReason });
  });
});

describe('encodeError', () => {
  it("has OpenAI's shape, and the request id", () => {
    const error = new GatewayError('invalid-request', 'messages is empty.', { param: 'messages' });
    expect(openaiChatClient.encodeError(error, 'req1')).toEqual({
      status: 400,
      body: {
        error: {
          message: 'messages is empty.',
          type: 'invalid_request_error',
          param: 'messages',
          code: null,
          request_id: 'req1',
        },
      },
    });
    expect(openaiChatClient.encodeError(new GatewayError('budget-exhausted', 'x'), 'r')).toMatchObject({
      status: 429,
      body: { error: { code: 'insufficient_quota' } },
    });
    expect(openaiChatClient.encodeError(new GatewayError('internal', 'secret detail'), 'r').body).not.toMatchObject({
      error: { message: 'secret detail' },
    });
  });
});

describe('keepFrame', () => {
  const frame = (data: unknown) => ({ data: typeof data === 'string' ? data : JSON.stringify(data), raw: '' });
  const usage = { prompt_tokens: 1, completion_tokens: 2 };
  const silent = request({ stream: true });
  const asked = request({ stream: true, stream_options: { include_usage: true } });

  it.each<[unknown, boolean]>([
    [{ choices: [], usage }, false],
    [{ choices: [], usage: null }, true],
    [{ choices: [], prompt_filter_results: [] }, true],
    [{ choices: [{ delta: {}, finish_reason: 'stop' }], usage }, true],
    [{ choices: [{ delta: { content: '"choices":[] "usage"' } }] }, true],
    ['[DONE]', true],
    ['{"choices":[],"usage":{', true],
  ])('%j without having asked: %s', (data, kept) => {
    expect(openaiChatClient.keepFrame(frame(data), silent)).toBe(kept);
    expect(openaiChatClient.keepFrame(frame(data), asked)).toBe(true);
  });
});
