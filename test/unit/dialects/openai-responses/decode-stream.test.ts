import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { openaiResponsesProvider as provider } from '../../../../functions/dialects/openai-responses/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { decodeText, functionCall, message, response, sse, text, USAGE } from './support.ts';

const created = { type: 'response.created', response: response([], { status: 'in_progress', usage: null }) };
const completed = (output: readonly JsonObject[], fields: JsonObject = {}): JsonObject => ({
  type: 'response.completed',
  response: response(output, fields),
});
const added = (index: number, item: JsonObject): JsonObject => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
});
const done = (index: number, item: JsonObject): JsonObject => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
});
const on = (index: number, type: string, fields: JsonObject): JsonObject => ({
  type: `response.${type}`,
  output_index: index,
  item_id: 'i',
  ...fields,
});
const fold = (events: readonly ChatEvent[]) => foldEvents(events);
const blocksOf = (events: readonly ChatEvent[]) => fold(events).choices[0]?.blocks;

const reasoning = {
  type: 'reasoning',
  id: 'rs_1',
  encrypted_content: 'whole',
  summary: [
    { type: 'summary_text', text: 'one' },
    { type: 'summary_text', text: 'two' },
  ],
};
const citation = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 };
const said = message({ ...text('Hi you'), annotations: [citation] }, { type: 'refusal', refusal: 'not that' });
const output = [
  reasoning,
  said,
  functionCall('a', '{"x":1}'),
  functionCall('b', ''),
  { type: 'web_search_call', id: 'ws_1', status: 'completed' },
];

/** As OpenAI would stream this output, with the two calls interleaved. */
const streamed = [
  created,
  { ...created, type: 'response.in_progress' },
  added(0, { ...reasoning, encrypted_content: 'half', summary: [] }),
  on(0, 'reasoning_summary_part.added', { summary_index: 0, part: { type: 'summary_text', text: '' } }),
  on(0, 'reasoning_summary_text.delta', { summary_index: 0, delta: 'o' }),
  on(0, 'reasoning_summary_text.delta', { summary_index: 0, delta: 'ne' }),
  on(0, 'reasoning_summary_text.done', { summary_index: 0, text: 'one' }),
  on(0, 'reasoning_summary_text.delta', { summary_index: 1, delta: 'two' }),
  done(0, reasoning),
  added(1, message()),
  on(1, 'content_part.added', { content_index: 0, part: text('') }),
  on(1, 'output_text.delta', { content_index: 0, delta: 'Hi ', logprobs: [] }),
  on(1, 'output_text.annotation.added', { content_index: 0, annotation_index: 0, annotation: citation }),
  on(1, 'output_text.delta', { content_index: 0, delta: 'you' }),
  on(1, 'output_text.done', { content_index: 0, text: 'Hi you' }),
  on(1, 'content_part.done', { content_index: 0, part: text('Hi you') }),
  on(1, 'refusal.delta', { content_index: 1, delta: 'not ' }),
  on(1, 'refusal.done', { content_index: 1, refusal: 'not that' }),
  done(1, said),
  added(2, functionCall('a', '')),
  added(3, functionCall('b', '')),
  on(3, 'function_call_arguments.done', { arguments: '' }),
  on(2, 'function_call_arguments.delta', { delta: '{"x"' }),
  on(2, 'function_call_arguments.delta', { delta: ':1}' }),
  done(3, functionCall('b', '')),
  on(2, 'function_call_arguments.done', { arguments: '{"x":1}' }),
  done(2, functionCall('a', '{"x":1}')),
  added(4, { type: 'web_search_call', id: 'ws_1', status: 'in_progress' }),
  on(4, 'web_search_call.searching', {}),
  done(4, { type: 'web_search_call', id: 'ws_1', status: 'completed' }),
  completed(output),
];

const expected = [
  { type: 'reasoning', text: 'one\n\ntwo', redacted: { origin: 'openai-responses', value: 'whole' } },
  { type: 'text', text: 'Hi you', extensions: { 'openai-responses': { annotations: [citation] } } },
  { type: 'refusal', text: 'not that' },
  { type: 'tool-call', kind: 'function', id: 'call_a', name: 'a', arguments: '{"x":1}' },
  { type: 'tool-call', kind: 'function', id: 'call_b', name: 'b', arguments: '{}' },
  { type: 'opaque', origin: 'openai-responses', data: { type: 'web_search_call', id: 'ws_1', status: 'completed' } },
];

describe('an answer', () => {
  it('is the same streamed and whole, with all its items', () => {
    const stream = fold(decodeText(sse(streamed)));
    expect(stream.choices[0]?.blocks).toEqual(expected);
    expect(stream).toMatchObject({ id: 'resp_1', model: 'gpt-x-1', createdAt: 1_700_000_001 });
    expect(stream.choices[0]).toMatchObject({ finish: 'tool-calls', rawReason: 'completed' });
    expect(stream.usage).toEqual({
      inputTokens: 20,
      cacheReadTokens: 10,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 20,
      reasoningTokens: 5,
      audioInputTokens: 0,
      audioOutputTokens: 0,
    });
    expect(fold(provider.decodeResponse(response(output)))).toEqual(stream);
  });

  it('streams the pieces as they come, each to its own block', () => {
    const pieces = decodeText(sse(streamed)).flatMap((event) =>
      event.type === 'block-delta' ? [[event.index, event.text]] : [],
    );
    expect(pieces).toEqual([
      [0, 'o'],
      [0, 'ne'],
      [0, '\n\ntwo'],
      [1, 'Hi '],
      [1, 'you'],
      [2, 'not '],
      [2, 'that'],
      [3, '{"x"'],
      [3, ':1}'],
    ]);
  });

  it.each([
    ['only its end', [created, completed(output)]],
    ['no announcements', streamed.filter((event) => event.type !== 'response.output_item.added')],
    ['no items at their ends', streamed.filter((event) => event.type !== 'response.output_item.done')],
    ['no pieces', streamed.filter((event) => !String(event.type).endsWith('.delta'))],
    ['no ends of parts', streamed.filter((event) => !/_(text|arguments)\.done|refusal\.done/.test(String(event.type)))],
    ['an end without its output', [...streamed.slice(0, -1), completed([])]],
  ])('of a server that sends %s is the same', (_, events) => {
    const blocks = blocksOf(decodeText(sse(events)));
    // In the order in which they became known.
    expect(blocks).toHaveLength(expected.length);
    expect(blocks).toEqual(expect.arrayContaining(expected));
  });

  it('carries the logprobs of its text, streamed and whole', () => {
    const logprob = { token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] };
    const part = { ...text('Hi'), logprobs: [logprob] };
    const events = [
      created,
      added(0, message()),
      on(0, 'output_text.delta', { content_index: 0, delta: 'Hi', logprobs: [logprob] }),
      done(0, message(part)),
      completed([message(part)]),
    ];
    const stream = fold(decodeText(sse(events)));
    expect(stream.choices[0]?.logprobs.text).toEqual([logprob]);
    expect(fold(provider.decodeResponse(response([message(part)])))).toEqual(stream);
  });

  it('keeps raw reasoning, free-text calls, and parts and events that are not known', () => {
    const items = [
      { type: 'reasoning', id: 'r', summary: [], content: [{ type: 'reasoning_text', text: 'raw' }] },
      { type: 'custom_tool_call', id: 'ct', call_id: 'c', name: 'sql', input: 'SELECT' },
      message({ type: 'output_hologram', depth: 3 }),
    ];
    const known = [
      { type: 'reasoning', text: 'raw' },
      { type: 'tool-call', kind: 'custom', id: 'c', name: 'sql', arguments: 'SELECT' },
      {
        type: 'opaque',
        origin: 'openai-responses',
        data: { type: 'message', role: 'assistant', content: [{ type: 'output_hologram', depth: 3 }] },
      },
    ];
    expect(blocksOf(provider.decodeResponse(response(items)))).toEqual(known);
    const audio = { type: 'response.audio.delta', delta: 'AAAA' };
    expect(blocksOf(decodeText(sse([created, audio, completed(items)])))).toEqual([
      { type: 'opaque', origin: 'openai-responses', data: audio },
      ...known,
    ]);
  });

  it('has no block for a reasoning item that says nothing', () => {
    const items = [{ type: 'reasoning', id: 'r', summary: [] }, message(text('x'))];
    expect(blocksOf(provider.decodeResponse(response(items)))).toEqual([{ type: 'text', text: 'x' }]);
  });
});

describe('the end', () => {
  const end = (fields: JsonObject, output_: readonly JsonObject[] = [message(text('x'))]) => {
    const whole = fold(provider.decodeResponse(response(output_, fields))).choices[0];
    const type = fields.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
    const stream = fold(decodeText(sse([created, { type, response: response(output_, fields) }]))).choices[0];
    expect(stream).toEqual(whole);
    return [whole?.finish, whole?.rawReason];
  };

  it.each([
    [{ status: 'completed' }, 'stop', 'completed'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length', 'max_output_tokens'],
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'content-filter', 'content_filter'],
    [{ status: 'incomplete', incomplete_details: { reason: 'steered' } }, 'length', 'steered'],
    [{ status: 'incomplete', incomplete_details: null }, 'length', 'incomplete'],
  ])('%j is %s', (fields, finish, raw) => {
    expect(end(fields)).toEqual([finish, raw]);
  });

  it('is told by what the answer holds', () => {
    expect(end({}, [functionCall('f', '{}')])).toEqual(['tool-calls', 'completed']);
    expect(end({}, [message({ type: 'refusal', refusal: 'no' })])).toEqual(['refusal', 'completed']);
    expect(
      end({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, [functionCall('f', '{"a')]),
    ).toEqual(['length', 'max_output_tokens']);
  });

  it('that is missing is no answer, wherever the stream was cut', () => {
    const bytes = sse(streamed);
    for (let frames = 0; frames < streamed.length - 1; frames += 1) {
      expect(errorOf(() => decodeText(sse(streamed.slice(0, frames)))).kind).toBe('upstream-truncated');
    }
    for (const cut of [bytes.length - 3, bytes.length - 200]) {
      expect(errorOf(() => decodeText(bytes.slice(0, cut))).kind).toBe('upstream-truncated');
    }
    // Cut behind the last brace, it is all there.
    expect(blocksOf(decodeText(bytes.slice(0, -2)))).toEqual(expected);
  });

  it('is over with the terminal event, whatever follows', () => {
    expect(blocksOf(decodeText(`${sse(streamed)}data: [DONE]\n\ndata: garbage\n\n`))).toEqual(expected);
  });

  it('of a background answer may be yet to come; of any other it may not', () => {
    expect(provider.decodeResponse(response([], { status: 'queued', background: true, usage: null }))).toEqual([
      { type: 'response-start', id: 'resp_1', model: 'gpt-x-1', createdAt: 1_700_000_001 },
      { type: 'finish', choice: 0, reason: 'stop', rawReason: 'queued' },
    ]);
    expect(errorOf(() => provider.decodeResponse(response([], { status: 'in_progress' }))).kind).toBe(
      'upstream-truncated',
    );
  });
});

describe('failures', () => {
  const failedWith = (error: JsonObject | null, status = 'failed') => response([], { status, error });

  it.each([
    [{ code: 'server_error', message: 'boom' }, 'upstream-error'],
    [{ code: 'rate_limit_exceeded', message: 'slow down' }, 'upstream-throttled'],
    [{ code: 'insufficient_quota', message: 'pay' }, 'upstream-quota'],
    [{ code: 'invalid_prompt', message: 'no' }, 'content-refused'],
    [{ code: 'bio_policy', message: 'no' }, 'content-refused'],
    [{ code: 'image_content_policy_violation', message: 'no' }, 'content-refused'],
    [{ code: 'invalid_base64_image', message: 'what' }, 'invalid-request'],
    [{ code: 'image_too_large', message: 'what' }, 'invalid-request'],
    [{ code: 'image_generation_server_error', message: 'boom' }, 'upstream-error'],
    [{ code: 'vector_store_timeout', message: 'late' }, 'upstream-timeout'],
    [{ code: 'context_length_exceeded', message: 'long' }, 'context-length'],
    [null, 'upstream-error'],
  ])('%j is %s, in every way it can come', (error, kind) => {
    expect(errorOf(() => provider.decodeResponse(failedWith(error))).kind).toBe(kind);
    const events = [created, added(0, message())];
    const failure = { type: 'response.failed', response: failedWith(error) };
    expect(errorOf(() => decodeText(sse([...events, failure]))).kind).toBe(kind);
    if (error === null) return;
    for (const event of [
      { type: 'error', ...error, param: null },
      { type: 'error', error: { ...error, type: 'x' } },
      { error },
    ]) {
      const thrown = errorOf(() => decodeText(sse([...events, event])));
      expect([thrown.kind, thrown.message, thrown.upstreamCode]).toEqual([kind, error.message, error.code]);
    }
  });

  it('a cancelled answer is none', () => {
    expect(errorOf(() => provider.decodeResponse(failedWith(null, 'cancelled'))).message).toContain('cancelled');
    const event = { type: 'response.cancelled', response: failedWith(null, 'cancelled') };
    expect(errorOf(() => decodeText(sse([event]))).kind).toBe('upstream-error');
  });

  it.each([
    ['no JSON', 'data: {"type"\n\n', 'upstream-malformed'],
    ['no object', 'data: 7\n\n', 'upstream-malformed'],
    ['a call without a name', sse([added(0, { type: 'function_call', call_id: 'c' })]), 'upstream-malformed'],
    ['another dialect', 'data: {"choices":[{"delta":{"content":"x"}}]}\n\ndata: [DONE]\n\n', 'upstream-truncated'],
  ])('%s is none', (_, body, kind) => {
    expect(errorOf(() => decodeText(body)).kind).toBe(kind);
  });

  it.each([
    [null, 'upstream-malformed'],
    [{ choices: [] }, 'upstream-malformed'],
    [{ error: { message: 'x', code: 'rate_limit_exceeded' } }, 'upstream-throttled'],
  ])('%j is no whole answer', (body, kind) => {
    expect(errorOf(() => provider.decodeResponse(body)).kind).toBe(kind);
  });

  it("with a status are OpenAI's", () => {
    const body =
      '{"error":{"message":"No tool output found","type":"invalid_request_error","param":"input","code":null}}';
    const error = provider.decodeError({ status: 400, headers: {}, body });
    expect([error.kind, error.param, error.upstreamStatus]).toEqual(['invalid-request', 'input', 400]);
  });
});

describe('usage', () => {
  it.each([
    [USAGE, [20, 10, 0, 0, 20, 5]],
    [
      {
        input_tokens: 100,
        input_tokens_details: {
          cached_tokens: 20,
          cache_write_tokens: 30,
          cache_write_tokens_details: { ttl_12h_tokens: 10, ttl_30m_tokens: 20 },
        },
        output_tokens: 1,
      },
      [50, 20, 20, 10, 1, 0],
    ],
    [
      {
        input_tokens: 5,
        input_tokens_details: { cached_tokens: 9 },
        output_tokens: 2,
        output_tokens_details: { reasoning_tokens: 7 },
      },
      [0, 5, 0, 0, 2, 2],
    ],
    [{ input_tokens: 5, output_tokens: null }, [5, 0, 0, 0, 0, 0]],
  ])('%j', (wire, classes) => {
    const { usage } = fold(provider.decodeResponse(response([], { usage: wire })));
    expect(
      usage && [
        usage.inputTokens,
        usage.cacheReadTokens,
        usage.cacheWrite5mTokens,
        usage.cacheWrite1hTokens,
        usage.outputTokens,
        usage.reasoningTokens,
      ],
    ).toEqual(classes);
  });

  it.each([[null], [{}], ['5']])('%j counts nothing', (usage) => {
    expect(fold(provider.decodeResponse(response([], { usage }))).usage).toBeUndefined();
  });
});
