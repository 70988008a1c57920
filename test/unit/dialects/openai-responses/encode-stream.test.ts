/** What clients get of neutral events: the grammar of the stream, and the whole answer that it ends with. */
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { readList, readObject } from '../../../../functions/core/read.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { openaiResponsesClient as client } from '../../../../functions/dialects/openai-responses/index.ts';
import { CONTEXT, dataOf, decodeText, encodeStream, eventsOf, request } from './support.ts';

const ASKED = request({
  stream: true,
  instructions: 'Be brief.',
  tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: true }],
  tool_choice: { type: 'function', name: 'f' },
  max_output_tokens: 50,
  reasoning: { effort: 'low' },
  text: { format: { type: 'json_object' } },
  metadata: { a: 'b' },
});

const typesOf = (text: string): readonly string[] =>
  dataOf(text).map((event) => String(event.type).replace('response.', ''));
const last = (text: string): JsonObject => readObject(dataOf(text).at(-1)?.response);
const outputOf = (text: string): readonly JsonObject[] => readList(last(text).output).map(readObject);

/** Reasoning, two parts of a message, then two calls whose pieces interleave. */
const EVENTS: readonly ChatEvent[] = [
  { type: 'response-start', id: 'msg_9', model: 'claude-x', createdAt: 1_700_000_005 },
  { type: 'block-start', index: 0, choice: 0, block: { type: 'reasoning' } },
  { type: 'block-delta', index: 0, text: 'hm' },
  { type: 'block-delta', index: 0, text: 'm' },
  { type: 'block-signature', index: 0, signature: { origin: 'anthropic-messages', value: 'c2ln' } },
  { type: 'block-end', index: 0 },
  { type: 'block-start', index: 1, choice: 0, block: { type: 'text' } },
  { type: 'block-delta', index: 1, text: 'Hi' },
  { type: 'block-end', index: 1 },
  { type: 'block-start', index: 2, choice: 0, block: { type: 'refusal' } },
  { type: 'block-delta', index: 2, text: 'no' },
  { type: 'block-end', index: 2 },
  { type: 'block-start', index: 3, choice: 0, block: { type: 'tool-call', id: 'c1', name: 'f', kind: 'function' } },
  { type: 'block-delta', index: 3, text: '{"a"' },
  { type: 'block-start', index: 4, choice: 0, block: { type: 'tool-call', id: 'c2', name: 'g', kind: 'custom' } },
  { type: 'block-delta', index: 4, text: 'x' },
  { type: 'block-delta', index: 3, text: ':1}' },
  { type: 'block-end', index: 4 },
  { type: 'block-end', index: 3 },
  { type: 'finish', choice: 0, reason: 'tool-calls' },
  {
    type: 'usage',
    usage: {
      ...NO_USAGE,
      inputTokens: 5,
      cacheReadTokens: 3,
      cacheWrite5mTokens: 2,
      outputTokens: 7,
      reasoningTokens: 4,
    },
  },
];

const OUTPUT = [
  {
    id: 'rs_tg_req1_0',
    type: 'reasoning',
    encrypted_content: 'tg1.anthropic-messages.c2ln',
    summary: [{ type: 'summary_text', text: 'hmm' }],
  },
  {
    id: 'msg_tg_req1_1',
    type: 'message',
    status: 'completed',
    content: [
      { type: 'output_text', annotations: [], logprobs: [], text: 'Hi' },
      { type: 'refusal', refusal: 'no' },
    ],
    role: 'assistant',
  },
  {
    id: 'fc_tg_req1_2',
    type: 'function_call',
    status: 'completed',
    arguments: '{"a":1}',
    call_id: 'c1',
    name: 'f',
  },
  { id: 'ctc_tg_req1_3', type: 'custom_tool_call', status: 'completed', input: 'x', call_id: 'c2', name: 'g' },
];

describe('a stream', () => {
  const text = encodeStream(EVENTS, ASKED);

  it('says each thing in its own event, in the order of the grammar', () => {
    expect(typesOf(text)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'output_item.added',
      'custom_tool_call_input.delta',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'custom_tool_call_input.done',
      'output_item.done',
      'completed',
    ]);
  });

  it('numbers its events, names them, and says which item they are about', () => {
    const events = dataOf(text);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect([...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1])).toEqual(events.map((event) => event.type));
    for (const event of events.filter((one) => 'item_id' in one)) {
      expect(OUTPUT[event.output_index as number]?.id).toBe(event.item_id);
    }
    const begun = events.filter((event) => event.type === 'response.output_item.added');
    expect(begun.map((event) => event.output_index)).toEqual([0, 1, 2, 3]);
  });

  it('ends with the whole answer, settings repeated, and that is the unstreamed one', () => {
    expect(last(text)).toEqual(client.encodeResponse(EVENTS, { ...CONTEXT, request: ASKED }));
    expect(last(text)).toEqual({
      id: 'resp_req1',
      object: 'response',
      created_at: 1_700_000_005,
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      max_output_tokens: 50,
      max_tool_calls: null,
      model: 'claude-x',
      output: OUTPUT,
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: 'low', summary: null },
      safety_identifier: null,
      service_tier: 'auto',
      store: false,
      temperature: 1,
      text: { format: { type: 'json_object' } },
      tool_choice: { type: 'function', name: 'f' },
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: true }],
      top_logprobs: 0,
      top_p: 1,
      truncation: 'disabled',
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 3, cache_write_tokens: 2 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 17,
      },
      user: null,
      metadata: { a: 'b' },
    });
  });

  it('begins with an answer in progress that holds nothing', () => {
    const [created, inProgress] = dataOf(text);
    expect(readObject(created?.response)).toMatchObject({
      id: 'resp_req1',
      status: 'in_progress',
      output: [],
      usage: null,
    });
    expect(inProgress?.response).toEqual(created?.response);
  });
});

describe('an answer', () => {
  it('has {} for a call without arguments, streamed and at its end', () => {
    const text = encodeStream(
      eventsOf([[{ type: 'tool-call', id: 'c', name: 'f', kind: 'function' }, '']], 'tool-calls'),
    );
    const deltas = dataOf(text).filter((event) => event.type === 'response.function_call_arguments.delta');
    expect(deltas.map((event) => event.delta)).toEqual(['{}']);
    expect(outputOf(text)[0]?.arguments).toBe('{}');
  });

  it('gives a call without an id one of its own', () => {
    const text = encodeStream(eventsOf([[{ type: 'tool-call', id: '', name: 'f', kind: 'function' }, '']]));
    expect(outputOf(text)[0]?.call_id).toBe('call_req1_0');
  });

  it('keeps messages apart that something lies between', () => {
    const text = encodeStream(
      eventsOf([
        [{ type: 'text' }, 'a'],
        [{ type: 'opaque', origin: 'anthropic-messages', data: { type: 'server_tool_use' } }, ''],
        [{ type: 'text' }, 'b'],
        [{ type: 'reasoning' }, 'r'],
        [{ type: 'text' }, 'c'],
      ]),
    );
    const shape = outputOf(text).map((item) => [item.type, readList(item.content).length]);
    expect(shape).toEqual([
      ['message', 2],
      ['reasoning', 0],
      ['message', 1],
    ]);
  });

  it('shows the citations and logprobs of its text', () => {
    const citation = { start_index: 0, end_index: 2, url: 'https://a.example', title: 'A' };
    const logprob = { token: 'Hi', logprob: -0.1, bytes: null, top_logprobs: [] };
    const events: readonly ChatEvent[] = [
      { type: 'response-start', id: 'x', model: 'm' },
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'Hi', logprobs: [logprob] },
      {
        type: 'block-annotation',
        index: 0,
        origin: 'openai-chat',
        data: { type: 'url_citation', url_citation: citation },
      },
      { type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: { type: 'char_location' } },
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'stop' },
    ];
    const text = encodeStream(events);
    expect(readList(outputOf(text)[0]?.content)[0]).toEqual({
      type: 'output_text',
      annotations: [{ type: 'url_citation', ...citation }],
      logprobs: [logprob],
      text: 'Hi',
    });
    expect(dataOf(text).find((event) => event.type === 'response.output_text.annotation.added')).toMatchObject({
      annotation_index: 0,
      content_index: 0,
    });
  });

  it.each([
    ['stop', 'completed', null, 'completed'],
    ['tool-calls', 'completed', null, 'completed'],
    ['length', 'incomplete', { reason: 'max_output_tokens' }, 'incomplete'],
    ['content-filter', 'incomplete', { reason: 'content_filter' }, 'incomplete'],
    ['refusal', 'incomplete', { reason: 'content_filter' }, 'completed'],
    ['error', 'failed', null, 'incomplete'],
  ] as const)('that ends with %s is %s', (reason, status, details, itemStatus) => {
    const text = encodeStream(
      eventsOf(
        [
          [{ type: 'tool-call', id: 'a', name: 'f', kind: 'function' }, '{}'],
          [{ type: 'text' }, 'x'],
        ],
        reason,
      ),
    );
    expect(last(text)).toMatchObject({ status, incomplete_details: details });
    expect(dataOf(text).at(-1)?.type).toBe(`response.${status}`);
    expect(outputOf(text).map((item) => item.status)).toEqual(['completed', itemStatus]);
  });

  it('that refuses in words is complete', () => {
    expect(last(encodeStream(eventsOf([[{ type: 'refusal' }, 'no']], 'refusal'))).status).toBe('completed');
  });

  it('without a request known has the settings that are usual', () => {
    expect(client.encodeResponse(eventsOf([[{ type: 'text' }, 'x']]), CONTEXT)).toMatchObject({
      tools: [],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      store: false,
      usage: null,
      created_at: CONTEXT.createdAt,
    });
  });
});

describe('an error', () => {
  const error = new GatewayError('upstream-truncated', 'It broke off.');

  it('ends a stream for every kind of client, and is never followed by a finished answer', () => {
    const encoder = client.createEncoder(ASKED, CONTEXT);
    const before = EVENTS.slice(0, 12)
      .map((event) => encoder.push(event))
      .join('');
    const events = dataOf(before + encoder.fail(error));
    const [flat, failed] = events.slice(-2);
    const wire = { message: 'It broke off.', code: 'provider_stream_truncated', param: null };
    expect(flat).toEqual({
      type: 'error',
      sequence_number: events.length - 2,
      ...wire,
      error: { ...wire, type: 'server_error', request_id: 'req1' },
    });
    expect(failed).toMatchObject({
      type: 'response.failed',
      sequence_number: events.length - 1,
      response: {
        id: 'resp_req1',
        status: 'failed',
        error: { code: 'provider_stream_truncated', message: 'It broke off.' },
        output: [OUTPUT[0]],
      },
    });
    expect(events.some((event) => event.type === 'response.completed')).toBe(false);
  });

  it('is told where nothing was before', () => {
    const text = client.createEncoder(ASKED, CONTEXT).fail(error);
    expect(typesOf(text)).toEqual(['error', 'failed']);
    expect(() => decodeText(text)).toThrow('It broke off.');
  });

  it("with a status has the shape of OpenAI's", () => {
    expect(client.encodeError(new GatewayError('invalid-request', 'No.', { param: 'input' }), 'r')).toEqual({
      status: 400,
      body: { error: { message: 'No.', type: 'invalid_request_error', param: 'input', code: null, request_id: 'r' } },
    });
  });
});
