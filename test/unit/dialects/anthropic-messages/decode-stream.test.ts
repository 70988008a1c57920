import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { messageDelta, start, stop, text } from './stream-events.ts';
import { decodeBytes, decodeEvents, sse, streamOf } from './support.ts';

const usage = (fields: object) => ({ ...NO_USAGE, ...fields });

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
