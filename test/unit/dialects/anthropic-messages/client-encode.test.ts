import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesClient as client } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { CASES, GEMINI } from './client-cases.ts';
import {
  begin,
  block,
  CONTEXT,
  call,
  contentOf,
  end,
  finish,
  say,
  sign,
  start,
  streamText,
  usage,
  whole,
  wireEvents,
} from './client-support.ts';

const text = { type: 'text' } as const;

describe('an answer has', () => {
  it.each(CASES)('%s', (_, blocks, content) => {
    const events = [start, ...blocks, finish('stop')];
    expect(whole(events).content).toEqual(content);
    expect(contentOf(wireEvents(streamText(events)))).toEqual(content);
  });

  it('only one choice', () => {
    const events = [start, ...block(0, text, 'x'), begin(1, call('b', 'g'), 1), end(1), finish('stop')];
    expect(whole(events)).toMatchObject({ content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn' });
    expect(wireEvents(streamText(events)).at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  });
});

describe('how an answer ends', () => {
  it.each<[string, readonly ChatEvent[], object]>([
    ['stop', [...block(0, text, 'x'), finish('stop', { rawReason: 'stop' })], { stop_reason: 'end_turn' }],
    ['length', [finish('length', { rawReason: 'MAX_TOKENS' })], { stop_reason: 'max_tokens' }],
    ['tool calls', [...block(0, call('a', 'f')), finish('tool-calls')], { stop_reason: 'tool_use' }],
    ['a forced call', [...block(0, call('a', 'f')), finish('stop')], { stop_reason: 'tool_use' }],
    [
      'a call that was cut off',
      [...block(0, call('a', 'f'), '{"x":[1,2'), finish('length')],
      { stop_reason: 'max_tokens' },
    ],
    ['a filter', [finish('content-filter')], { stop_reason: 'refusal', stop_details: { type: 'refusal' } }],
    ['a refusal', [...block(0, { type: 'refusal' }, 'No.'), finish('stop')], { stop_reason: 'refusal' }],
    [
      'a stop sequence',
      [finish('stop', { rawReason: 'stop_sequence', stopSequence: 'END' })],
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    [
      "a stop sequence of another's",
      [finish('stop', { rawReason: 'STOP', stopSequence: 'END' })],
      { stop_reason: 'stop_sequence', stop_sequence: 'END' },
    ],
    ['a pause', [finish('length', { rawReason: 'pause_turn' })], { stop_reason: 'pause_turn', stop_sequence: null }],
    [
      'a full window',
      [finish('length', { rawReason: 'model_context_window_exceeded' })],
      { stop_reason: 'model_context_window_exceeded' },
    ],
    ['a word that means another thing', [finish('length', { rawReason: 'end_turn' })], { stop_reason: 'max_tokens' }],
  ])('%s', (_, blocks, expected) => {
    const events = [start, ...blocks];
    expect(whole(events)).toMatchObject(expected);
    const [delta, stop] = wireEvents(streamText(events)).slice(-2);
    expect(delta).toMatchObject({ type: 'message_delta', delta: expected });
    expect(stop).toEqual({ type: 'message_stop' });
  });

  it('in an error where the provider broke off', () => {
    const events = [start, ...block(0, text, 'x'), finish('error', { rawReason: 'MALFORMED_FUNCTION_CALL' })];
    const broken = expect.objectContaining({ kind: 'upstream-error', upstreamCode: 'MALFORMED_FUNCTION_CALL' });
    expect(() => whole(events)).toThrow(broken);
    expect(() => streamText(events)).toThrow(broken);
  });
});

describe('usage', () => {
  const counted = usage({
    inputTokens: 10,
    cacheReadTokens: 5,
    cacheWrite5mTokens: 3,
    cacheWrite1hTokens: 2,
    outputTokens: 7,
    reasoningTokens: 4,
    audioInputTokens: 1,
    audioOutputTokens: 1,
  });
  const wire = {
    input_tokens: 11,
    cache_creation_input_tokens: 5,
    cache_read_input_tokens: 5,
    cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
    output_tokens: 8,
    output_tokens_details: { thinking_tokens: 4 },
  };

  it('is in its classes', () => {
    expect(whole([start, counted, finish('stop')]).usage).toEqual(wire);
  });

  it('that comes before the answer is in its beginning, and at the end in full', () => {
    const early = usage({ inputTokens: 10, outputTokens: 1 });
    const events = wireEvents(streamText([start, early, ...block(0, text, 'x'), finish('stop'), counted]));
    expect(events[0]).toMatchObject({ message: { usage: { input_tokens: 10, output_tokens: 1 } } });
    expect(events.at(-2)).toMatchObject({ type: 'message_delta', usage: wire });
  });

  it('is 0 where there is none', () => {
    const nothing = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_creation: null };
    expect(whole([start, finish('stop')]).usage).toMatchObject(nothing);
    expect(wireEvents(streamText([start, finish('stop')])).at(-2)).toMatchObject({ usage: nothing });
  });
});

describe('a stream', () => {
  it('follows the grammar', () => {
    const events = [start, ...block(0, text, 'Hi'), ...block(1, call('a', 'f'), '{', '}'), finish('tool-calls')];
    expect(streamText(events)).toMatchInlineSnapshot(`
      "event: message_start
      data: {"type":"message_start","message":{"id":"resp_1","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":null,"output_tokens":0,"output_tokens_details":null}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: content_block_start
      data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":1}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null,"stop_details":null},"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":null,"output_tokens":0,"output_tokens_details":null}}

      event: message_stop
      data: {"type":"message_stop"}

      "
    `);
  });

  it('says each piece when it comes', () => {
    const encoder = client.createEncoder(chatRequest({ stream: true }), CONTEXT);
    const said = (event: ChatEvent) => wireEvents(encoder.push(event)).map((wire) => wire.type);
    expect(said(start)).toEqual([]);
    expect(said(begin(0, text))).toEqual(['message_start']);
    expect(said(say(0, 'a'))).toEqual(['content_block_start', 'content_block_delta']);
    expect(said(say(0, 'b'))).toEqual(['content_block_delta']);
    expect(said(begin(1, call('a', 'f')))).toEqual([]);
    expect(said(end(0))).toEqual(['content_block_stop']);
    expect(said(say(1, '{'))).toEqual([]);
    expect(said(say(1, '"x"'))).toEqual(['content_block_start', 'content_block_delta', 'content_block_delta']);
    expect(said(say(1, ':1}'))).toEqual(['content_block_delta']);
    expect(said(end(1))).toEqual(['content_block_stop']);
    expect(said(finish('tool-calls'))).toEqual([]);
  });

  it('puts a late signature behind a call that has begun', () => {
    const late = [begin(0, call('a', 'f')), say(0, '{'), say(0, '}'), sign(0, GEMINI), end(0)];
    expect(contentOf(wireEvents(streamText([start, ...late, finish('tool-calls')])))).toEqual([
      { type: 'tool_use', id: 'a', name: 'f', input: {} },
      { type: 'redacted_thinking', data: 'tg1.gemini.call.a.Z2VtaW5p' },
    ]);
  });

  it('holds what is interleaved within a bound', () => {
    const encoder = client.createEncoder(chatRequest({ stream: true }), CONTEXT);
    for (const event of [start, begin(0, text), begin(1, text)]) encoder.push(event);
    const piece = 'x'.repeat(1_000_000);
    for (let count = 0; count < 8; count += 1) encoder.push(say(1, piece));
    expect(() => encoder.push(say(1, piece))).toThrow(expect.objectContaining({ kind: 'upstream-malformed' }));
  });

  it('names itself where the provider does not', () => {
    const nameless: ChatEvent = { type: 'response-start', id: '', model: '' };
    expect(whole([nameless, finish('stop')]).id).toBe('msg_req7');
    const events = wireEvents(streamText([nameless, finish('stop')], { model: 'smart' }));
    expect(events[0]).toMatchObject({ message: { id: 'msg_req7', model: 'smart' } });
    const request = chatRequest({ model: 'smart' });
    expect(client.encodeResponse([nameless, finish('stop')], { ...CONTEXT, request }).model).toBe('smart');
  });

  it('ends in an error event and nothing after it', () => {
    const encoder = client.createEncoder(chatRequest({ stream: true }), CONTEXT);
    for (const event of [start, begin(0, text), say(0, 'x')]) encoder.push(event);
    expect(wireEvents(encoder.fail(new GatewayError('upstream-overloaded', 'Too much.')))).toEqual([
      {
        type: 'error',
        error: { type: 'overloaded_error', message: 'Too much.', details: { error_code: 'provider_overloaded' } },
        request_id: 'req7',
      },
    ]);
  });
});

describe('calls that were cut off', () => {
  it.each<[string, JsonObject]>([
    ['{', {}],
    ['{"a', {}],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a":1', {}],
    ['{"a":1,', { a: 1 }],
    ['{"a":true', { a: true }],
    ['{"a":tru', {}],
    ['{"a":"x', {}],
    ['{"a":"x\\', {}],
    ['{"a":"x\\"","b', { a: 'x"' }],
    ['{"a":"x","b":[1,2', { a: 'x', b: [1] }],
    ['{"a":{"b":["c"', { a: { b: ['c'] } }],
    ['{"a":{"b":1}', { a: { b: 1 } }],
    ['{"a":null,"b":{', { a: null, b: {} }],
    ['no JSON at all', {}],
    ['{"a":1]', {}],
  ])('%s', (json, input) => {
    expect(whole([start, ...block(0, call('a', 'f'), json), finish('length')]).content).toEqual([
      { type: 'tool_use', id: 'a', name: 'f', input },
    ]);
  });
});

describe('encodeError', () => {
  it.each<[GatewayError, number, JsonObject]>([
    [
      new GatewayError('invalid-request', 'max_tokens is missing.', { param: 'max_tokens' }),
      400,
      { type: 'invalid_request_error', message: 'max_tokens is missing.' },
    ],
    [
      new GatewayError('unsupported-parameter', 'The target cannot take it', { param: 'messages[0]' }),
      400,
      {
        type: 'invalid_request_error',
        message: 'messages[0]: The target cannot take it',
        details: { error_code: 'unsupported_parameter' },
      },
    ],
    [
      new GatewayError('budget-exhausted', 'The budget is used up.'),
      429,
      {
        type: 'rate_limit_error',
        message: 'The budget is used up.',
        details: { error_code: 'insufficient_quota' },
      },
    ],
    [
      new GatewayError('internal', 'secret'),
      500,
      {
        type: 'api_error',
        message: 'The gateway failed. Retry, and quote the request id if it stays.',
        details: { error_code: 'internal_error' },
      },
    ],
  ])('%s', (error, status, expected) => {
    expect(client.encodeError(error, 'req7')).toEqual({
      status,
      body: { type: 'error', error: expected, request_id: 'req7' },
    });
  });
});

it('lets every frame through', () => {
  expect(client.keepFrame({ data: '{}', raw: 'data: {}\n\n' }, chatRequest())).toBe(true);
});
