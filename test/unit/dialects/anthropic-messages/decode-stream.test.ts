import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import type { Restore } from '../../../../functions/core/codec.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { decodeBytes, decodeEvents, sse, streamOf } from './support.ts';

const start = (usage: JsonObject = { input_tokens: 10, output_tokens: 1 }): JsonObject => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [], usage },
});
const blockStart = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, change: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta: change,
});
const blockStop = (index: number): JsonObject => ({ type: 'content_block_stop', index });
const messageDelta = (
  stop_reason: string | null,
  usage: JsonObject | null = { output_tokens: 5 },
  more = {},
): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null, ...more },
  usage,
});
const stop: JsonObject = { type: 'message_stop' };
const text = (index: number, ...pieces: readonly string[]): readonly JsonObject[] => [
  blockStart(index, { type: 'text', text: '' }),
  ...pieces.map((piece) => delta(index, { type: 'text_delta', text: piece })),
  blockStop(index),
];
const tool = (index: number, id: string, ...pieces: readonly string[]): readonly JsonObject[] => [
  blockStart(index, { type: 'tool_use', id, name: 'f', input: {} }),
  ...pieces.map((piece) => delta(index, { type: 'input_json_delta', partial_json: piece })),
  blockStop(index),
];
const usage = (fields: object) => ({ ...NO_USAGE, ...fields });
const blocksOf = (events: readonly ChatEvent[]) => foldEvents(events).choices[0]?.blocks;

describe('a stream', () => {
  it('is its events', () => {
    expect(decodeEvents([start(), ...text(0, 'Hel', '', 'lo'), messageDelta('end_turn'), stop])).toEqual([
      { type: 'response-start', id: 'msg_1', model: 'claude-sonnet-5' },
      { type: 'usage', usage: usage({ inputTokens: 10, outputTokens: 1 }) },
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'Hel' },
      { type: 'block-delta', index: 0, text: 'lo' },
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'stop', rawReason: 'end_turn' },
      { type: 'usage', usage: usage({ inputTokens: 10, outputTokens: 5 }) },
    ]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_use', 'tool-calls'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'length'],
    ['compaction', 'length'],
    ['refusal', 'refusal'],
    ['a_reason_of_tomorrow', 'stop'],
  ])('that stops for %s finishes for %s', (rawReason, reason) => {
    expect(decodeEvents([start(), messageDelta(rawReason), stop])).toContainEqual({
      type: 'finish',
      choice: 0,
      reason,
      rawReason,
    });
  });

  it('tells the stop sequence', () => {
    const events = decodeEvents([start(), messageDelta('stop_sequence', null, { stop_sequence: 'END' }), stop]);
    expect(foldEvents(events).choices[0]).toMatchObject({ finish: 'stop', stopSequence: 'END' });
  });

  it('tells why it refused, in a block of its own', () => {
    const details = { stop_details: { type: 'refusal', category: 'cyber', explanation: 'Not this.' } };
    const events = decodeEvents([start(), ...text(0, 'Well'), messageDelta('refusal', null, details), stop]);
    expect(foldEvents(events).choices[0]).toMatchObject({
      finish: 'refusal',
      blocks: [
        { type: 'text', text: 'Well' },
        { type: 'refusal', text: 'Not this.' },
      ],
    });
  });

  it('is done with its last event', () => {
    const decoder = provider.createDecoder();
    const push = (event: JsonObject) => decoder.push({ data: JSON.stringify(event), raw: '' });
    push(start());
    push(messageDelta('end_turn'));
    expect(decoder.done).toBe(false);
    push(stop);
    expect(decoder.done).toBe(true);
    expect(push(start())).toEqual([]);
  });
});

describe('blocks', () => {
  it('may interleave', () => {
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      blockStart(1, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
      blockStart(2, { type: 'text', text: '' }),
      delta(1, { type: 'input_json_delta', partial_json: '{"y":' }),
      delta(0, { type: 'input_json_delta', partial_json: '{"x":' }),
      delta(2, { type: 'text_delta', text: 'hi' }),
      delta(0, { type: 'input_json_delta', partial_json: '1}' }),
      blockStop(2),
      delta(1, { type: 'input_json_delta', partial_json: '2}' }),
      blockStop(0),
      blockStop(1),
      messageDelta('tool_use'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'tool-call', id: 'a', name: 'f', kind: 'function', arguments: '{"x":1}' },
      { type: 'tool-call', id: 'b', name: 'g', kind: 'function', arguments: '{"y":2}' },
      { type: 'text', text: 'hi' },
    ]);
  });

  it.each([
    ['no piece', []],
    ['one empty piece', ['']],
    ['an empty object', ['{', '}']],
  ])('of a call without arguments, from %s, say exactly {}', (_, pieces) => {
    const events = decodeEvents([start(), ...tool(0, 'a', ...pieces), messageDelta('tool_use'), stop]);
    const args = events.flatMap((event) => (event.type === 'block-delta' ? [event.text] : [])).join('');
    expect(args).toBe('{}');
  });

  it('of a call may bring the arguments in their start', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } };
    const events = decodeEvents([start(), blockStart(0, block), blockStop(0), messageDelta('tool_use'), stop]);
    expect(blocksOf(events)).toMatchObject([{ arguments: '{"x":1}' }]);
  });

  it('of a cut call keep what there is', () => {
    const events = decodeEvents([start(), ...tool(0, 'a', '{"x": "lo'), messageDelta('max_tokens'), stop]);
    expect(foldEvents(events).choices[0]).toMatchObject({ finish: 'length', blocks: [{ arguments: '{"x": "lo' }] });
  });

  it('tell who called, where it was not the model', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const caller = { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' };
    const direct = decodeEvents([
      start(),
      blockStart(0, { ...block, caller: { type: 'direct' } }),
      messageDelta('tool_use'),
      stop,
    ]);
    expect(direct.filter((event) => event.type === 'block-annotation')).toEqual([]);
    const code = decodeEvents([start(), blockStart(0, { ...block, caller }), messageDelta('tool_use'), stop]);
    expect(code).toContainEqual({ type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: { caller } });
  });

  it('of thoughts are signed with all pieces of the signature', () => {
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
      delta(0, { type: 'thinking_delta', thinking: 'see' }),
      delta(0, { type: 'signature_delta', signature: 'abc' }),
      delta(0, { type: 'signature_delta', signature: '/+==' }),
      blockStop(0),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'reasoning', text: 'Let me see', signature: { origin: 'anthropic-messages', value: 'abc/+==' } },
    ]);
  });

  it('of redacted thoughts keep their data', () => {
    const block = { type: 'redacted_thinking', data: 'RW5j/+8=' };
    const events = decodeEvents([start(), blockStart(0, block), blockStop(0), messageDelta('end_turn'), stop]);
    expect(blocksOf(events)).toEqual([
      { type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value: 'RW5j/+8=' } },
    ]);
  });

  it('carry citations', () => {
    const citation = { type: 'page_location', cited_text: 'x', document_index: 0 };
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'text', text: '', citations: [] }),
      delta(0, { type: 'text_delta', text: 'said' }),
      delta(0, { type: 'citations_delta', citation }),
      blockStop(0),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'text', text: 'said', extensions: { 'anthropic-messages': { annotations: [citation] } } },
    ]);
  });

  it('of server tools go through whole', () => {
    const result = {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: [{ type: 'web_search_result', url: 'u' }],
    };
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"query":' }),
      delta(0, { type: 'input_json_delta', partial_json: '"news"}' }),
      blockStop(0),
      blockStart(1, result),
      blockStop(1),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      {
        type: 'opaque',
        origin: 'anthropic-messages',
        data: { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'news' } },
      },
      { type: 'opaque', origin: 'anthropic-messages', data: result },
    ]);
  });

  it('of kinds that are not known yet go through, with their deltas', () => {
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'compaction', content: null }),
      delta(0, { type: 'compaction_delta', content: 'So far: ' }),
      delta(0, { type: 'compaction_delta', content: 'nothing.' }),
      blockStop(0),
      { type: 'an_event_of_tomorrow', index: 0 },
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'opaque', origin: 'anthropic-messages', data: { type: 'compaction', content: 'So far: nothing.' } },
    ]);
  });

  it('carry deltas that are not known yet', () => {
    const change = { type: 'a_delta_of_tomorrow', x: 1 };
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'text', text: '' }),
      delta(0, change),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(events).toContainEqual({ type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: change });
  });

  it('that are left open are closed before the end', () => {
    const events = decodeEvents([start(), ...text(0, 'a').slice(0, -1), messageDelta('end_turn'), stop]);
    expect(events.filter((event) => event.type !== 'usage').slice(-2)).toMatchObject([
      { type: 'block-end', index: 0 },
      { type: 'finish' },
    ]);
  });
});

describe('what compatible servers get wrong', () => {
  it.each<[string, readonly JsonObject[]]>([
    ['message_start twice', [start(), start(), ...text(0, 'a'), messageDelta('end_turn'), stop]],
    ['no message_stop', [start(), ...text(0, 'a'), messageDelta('end_turn')]],
    ['two stop reasons', [start(), ...text(0, 'a'), messageDelta('end_turn'), messageDelta('end_turn'), stop]],
    ['no start of a text', [start(), ...text(0, 'a').slice(1), messageDelta('end_turn'), stop]],
  ])('%s', (_, events) => {
    const reply = foldEvents(decodeEvents(events));
    expect(reply).toMatchObject({ id: 'msg_1', choices: [{ finish: 'stop', blocks: [{ type: 'text', text: 'a' }] }] });
    expect(reply.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
  });

  it('no message_start', () => {
    const reply = foldEvents(decodeEvents([...text(0, 'a'), messageDelta('end_turn'), stop]));
    expect(reply).toMatchObject({ id: '', choices: [{ finish: 'stop', blocks: [{ text: 'a' }] }] });
  });

  it('blocks that repeat an index do not mix', () => {
    const events = decodeEvents([
      start(),
      ...tool(0, 'a', '{"x":1}'),
      ...tool(0, 'b', '{"y":2}'),
      messageDelta('tool_use'),
      stop,
    ]);
    expect(blocksOf(events)).toMatchObject([
      { id: 'a', arguments: '{"x":1}' },
      { id: 'b', arguments: '{"y":2}' },
    ]);
  });

  it("OpenAI's [DONE] and names of events without types", () => {
    const body = `${sse([start(), ...text(0, 'a'), messageDelta('end_turn')])}event: message_stop\ndata: {}\n\ndata: [DONE]\n\n`;
    expect(blocksOf(decodeBytes([new TextEncoder().encode(body)]))).toEqual([{ type: 'text', text: 'a' }]);
  });
});

describe('usage', () => {
  const last = (events: readonly JsonObject[]) => foldEvents(decodeEvents(events)).usage;
  const full = {
    input_tokens: 6,
    cache_creation_input_tokens: 300,
    cache_read_input_tokens: 700,
    cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
    output_tokens: 1,
  };

  it('is in disjoint classes', () => {
    const end = { output_tokens: 50, output_tokens_details: { thinking_tokens: 30 } };
    expect(last([start(full), messageDelta('end_turn', end), stop])).toEqual(
      usage({
        inputTokens: 6,
        cacheReadTokens: 700,
        cacheWrite5mTokens: 100,
        cacheWrite1hTokens: 200,
        outputTokens: 50,
        reasoningTokens: 30,
      }),
    );
  });

  it.each<[string, JsonObject | null]>([
    ['missing', null],
    ['empty', {}],
    ['null', { input_tokens: null, cache_read_input_tokens: null, cache_creation: null, output_tokens: null }],
    ['zero', { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }],
  ])('that is %s at the end takes nothing back', (_, end) => {
    const began = { ...full, output_tokens: 4 };
    const expected = {
      inputTokens: 6,
      cacheReadTokens: 700,
      cacheWrite5mTokens: 100,
      cacheWrite1hTokens: 200,
      outputTokens: 4,
    };
    expect(last([start(began), messageDelta('end_turn', end), stop])).toEqual(usage(expected));
  });

  it('may come with the end only', () => {
    const end = { input_tokens: 61, output_tokens: 2 };
    expect(last([start({ input_tokens: 43, output_tokens: 1 }), messageDelta('end_turn', end), stop])).toEqual(
      usage({ inputTokens: 61, outputTokens: 2 }),
    );
    expect(last([start({}), messageDelta('end_turn', end), stop])).toEqual(usage({ inputTokens: 61, outputTokens: 2 }));
  });

  it.each<[string, JsonObject, number, number]>([
    ['5 minutes where there is no split', { cache_creation_input_tokens: 9 }, 9, 0],
    ['5 minutes where both were used', { ...full, cache_creation_input_tokens: 310 }, 110, 200],
    [
      'the hour where nothing else was used',
      { cache_creation_input_tokens: 9, cache_creation: { ephemeral_1h_input_tokens: 7 } },
      0,
      9,
    ],
  ])('counts cache writes that no split explains to %s', (_, began, fiveMinutes, oneHour) => {
    expect(last([start(began), messageDelta('end_turn', null), stop])).toMatchObject({
      cacheWrite5mTokens: fiveMinutes,
      cacheWrite1hTokens: oneHour,
    });
  });

  it('has the tokens of a compaction, which are billed on top', () => {
    const end = {
      output_tokens: 5,
      iterations: [
        { type: 'compaction', input_tokens: 1_000, output_tokens: 40, cache_read_input_tokens: 3 },
        { type: 'message', input_tokens: 10, output_tokens: 5 },
      ],
    };
    expect(last([start(), messageDelta('end_turn', end), stop])).toEqual(
      usage({ inputTokens: 1_010, cacheReadTokens: 3, outputTokens: 45 }),
    );
  });
});

describe('a broken stream never looks finished', () => {
  const whole = [start(), ...text(0, 'Hello'), ...tool(1, 'a', '{"x":1}'), messageDelta('tool_use'), stop];

  it.each(whole.slice(0, -2).map((_, count) => count))('cut after %i events', (count) => {
    expect(() => decodeEvents(whole.slice(0, count))).toThrow(expect.objectContaining({ kind: 'upstream-truncated' }));
  });

  it('closed without a stop reason', () => {
    expect(() => decodeEvents([start(), ...text(0, 'a'), stop])).toThrow(
      expect.objectContaining({ kind: 'upstream-truncated' }),
    );
  });

  it('cut at any byte: an error, or all of the answer', () => {
    const bytes = new TextEncoder().encode(sse(whole));
    const complete = foldEvents(decodeBytes([bytes]));
    let finished = 0;
    for (let cut = 0; cut < bytes.length; cut += 1) {
      try {
        const reply = foldEvents(decodeBytes([bytes.subarray(0, cut)]));
        // The last usage comes with the stop reason: what is read as finished is complete.
        expect(reply).toEqual(complete);
        finished += 1;
      } catch (error) {
        expect(error).toMatchObject({ kind: 'upstream-truncated' });
      }
    }
    // Only what is after the stop reason may be missing.
    expect(finished).toBeLessThanOrEqual(sse([stop]).length + 2);
  });

  it.each([
    ['overloaded_error', 'Overloaded', 'upstream-overloaded'],
    ['api_error', 'Internal server error', 'upstream-error'],
    ['rate_limit_error', 'Slow down', 'upstream-throttled'],
    ['timeout_error', 'Took too long', 'upstream-timeout'],
    ['an_error_of_tomorrow', 'Oh', 'upstream-error'],
  ])('that says %s', (type, message, kind) => {
    const error = { type: 'error', error: { type, message }, request_id: 'req_1' };
    expect(() => decodeEvents([start(), ...text(0, 'a'), error])).toThrow(
      expect.objectContaining({ kind, message, upstreamCode: type }),
    );
  });

  it.each<[string, string]>([
    ['not JSON', 'event: content_block_delta\ndata: {"type":\n\n'],
    ['a delta of the wrong type', sse([delta(0, 'x' as unknown as JsonObject)])],
    ['arguments of no call', sse([delta(4, { type: 'input_json_delta', partial_json: '{}' })])],
    ['a call without a name', sse([blockStart(0, { type: 'tool_use', id: 'a', input: {} })])],
    ['tokens that are no number', sse([messageDelta('end_turn', { output_tokens: 'many' })])],
  ])('that sends %s', (_, bad) => {
    const body = sse([start()]) + bad + sse([messageDelta('end_turn'), stop]);
    expect(() => decodeBytes([new TextEncoder().encode(body)])).toThrow(
      expect.objectContaining({ kind: 'upstream-malformed' }),
    );
  });
});

describe('what the encoder renamed', () => {
  const restore: Restore = {
    toolNames: new Map([['f', 'functions.f']]),
    customTools: new Set(['py']),
  };
  const custom = (...pieces: readonly string[]) => [
    blockStart(0, { type: 'tool_use', id: 'a', name: 'py', input: {} }),
    ...pieces.map((piece) => delta(0, { type: 'input_json_delta', partial_json: piece })),
    blockStop(0),
  ];
  const callOf = (blocks: readonly JsonObject[], reason = 'tool_use') =>
    blocksOf(decodeEvents([start(), ...blocks, messageDelta(reason), stop], restore))?.[0];

  it('has its name again', () => {
    expect(callOf(tool(0, 'a', '{}'))).toMatchObject({ name: 'functions.f', kind: 'function' });
  });

  it('is free text again', () => {
    expect(callOf(custom('{"inp', 'ut": "print(\\"', 'ü\\")"}'))).toEqual({
      type: 'tool-call',
      id: 'a',
      name: 'py',
      kind: 'custom',
      arguments: 'print("ü")',
    });
  });

  it('keeps free text that was cut, and arguments that nobody asked for', () => {
    expect(callOf(custom('{"input": "pri'), 'max_tokens')).toMatchObject({ arguments: '{"input": "pri' });
    expect(callOf(custom('{"code":"x"}'))).toMatchObject({ arguments: '{"code":"x"}' });
  });
});

describe('a stream and the whole answer', { timeout: 30_000 }, () => {
  // As a parser gives it: written as JSON, -0 is 0.
  const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as never);
  const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
  const block: fc.Arbitrary<JsonObject> = fc.oneof(
    fc.record({ type: fc.constant('text'), text: anyText }),
    fc.record({
      type: fc.constant('text'),
      text: anyText,
      citations: fc.array(fc.record({ type: fc.constant('char_location'), cited_text: anyText }), { maxLength: 2 }),
    }),
    fc.record({ type: fc.constant('thinking'), thinking: anyText, signature: fc.base64String({ minLength: 4 }) }),
    fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String({ minLength: 4 }) }),
    fc.record({
      type: fc.constant('tool_use'),
      id: fc.uuid(),
      name: fc.constant('f'),
      input: fc.dictionary(anyText, json),
    }),
    fc.record({
      type: fc.constant('server_tool_use'),
      id: fc.uuid(),
      name: fc.constant('web_search'),
      input: fc.dictionary(anyText, json),
    }),
    fc.record({ type: fc.constant('web_search_tool_result'), tool_use_id: fc.uuid(), content: fc.array(json) }),
  ) as fc.Arbitrary<JsonObject>;
  const message: fc.Arbitrary<JsonObject> = fc.record({
    id: fc.uuid(),
    type: fc.constant('message'),
    role: fc.constant('assistant'),
    model: fc.constant('claude-sonnet-5'),
    content: fc.array(block, { maxLength: 5 }),
    stop_reason: fc.constantFrom('end_turn', 'tool_use', 'max_tokens', 'stop_sequence', 'refusal'),
    stop_sequence: fc.option(anyText),
    stop_details: fc.option(fc.record({ type: fc.constant('refusal'), explanation: fc.option(anyText) })),
    usage: fc.record({
      input_tokens: fc.nat(1_000_000),
      cache_read_input_tokens: fc.nat(1_000_000),
      cache_creation: fc.record({ ephemeral_5m_input_tokens: fc.nat(9_999), ephemeral_1h_input_tokens: fc.nat(9_999) }),
      output_tokens: fc.integer({ min: 1, max: 100_000 }),
    }),
  }) as fc.Arbitrary<JsonObject>;

  it('say the same', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 9 }), (whole, pieceLength) => {
        const events = provider.decodeResponse(whole);
        expect(foldEvents(decodeEvents(streamOf(whole, pieceLength)))).toEqual(foldEvents(events));
      }),
    );
  });

  it('say the same however the bytes are cut', () => {
    fc.assert(
      fc.property(message, fc.array(fc.nat(), { maxLength: 20 }), (whole, cuts) => {
        const bytes = new TextEncoder().encode(sse(streamOf(whole)));
        const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
        const chunks = [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
        expect(decodeBytes(chunks)).toEqual(decodeBytes([bytes]));
      }),
    );
  });
});
