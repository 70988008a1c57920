import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { bedrockConverseProvider as provider } from '../../../../functions/dialects/bedrock-converse/index.ts';
import {
  decodeBytes,
  decodeEvents,
  delta,
  eventBytes,
  exceptionBytes,
  joinBytes,
  METADATA,
  START,
  STOP,
  start,
  stop,
  streamBytes,
} from './support.ts';

const NO_OTHERS = { audioInputTokens: 0, audioOutputTokens: 0, reasoningTokens: 0 };
const partsOf = (events: readonly JsonObject[]) => foldEvents(decodeEvents(events)).choices[0]?.blocks;

describe('a stream', () => {
  it('becomes events, in order', () => {
    const events = [START, delta(0, { text: 'Hel' }), delta(0, { text: 'lo' }), stop(0), STOP, METADATA];
    expect(decodeEvents(events)).toEqual([
      { type: 'response-start', id: '', model: '' },
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'Hel' },
      { type: 'block-delta', index: 0, text: 'lo' },
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'stop', rawReason: 'end_turn' },
      {
        type: 'usage',
        usage: {
          inputTokens: 5,
          cacheReadTokens: 0,
          cacheWrite5mTokens: 0,
          cacheWrite1hTokens: 0,
          outputTokens: 7,
          ...NO_OTHERS,
        },
      },
    ]);
  });

  it('is done with its usage, which may also come before the stop reason', () => {
    const decoder = provider.createDecoder();
    const push = (event: JsonObject) => decoder.push({ data: JSON.stringify(event), raw: '' });
    for (const event of [START, delta(0, { text: 'a' }), METADATA]) push(event);
    expect(decoder.done).toBe(false);
    push(STOP);
    expect(decoder.done).toBe(true);
    expect(push(delta(0, { text: 'late' }))).toEqual([]);
  });

  it('says whatever is missing at its end', () => {
    const truncated = expect.objectContaining({ kind: 'upstream-truncated' });
    expect(() => decodeEvents([])).toThrow(truncated);
    expect(() => decodeEvents([START, delta(0, { text: 'a' }), stop(0)])).toThrow(truncated);
    // Usage is not the answer.
    expect(() => decodeEvents([START, delta(0, { text: 'a' }), METADATA])).toThrow(truncated);
    expect(foldEvents(decodeEvents([START, delta(0, { text: 'a' }), STOP]))).toMatchObject({
      choices: [{ finish: 'stop' }],
      usage: undefined,
    });
  });

  it('of events that are not known, or not JSON', () => {
    expect(decodeEvents([START, { newEvent: { a: 1 } }, STOP])).toHaveLength(2);
    expect(() => decodeBytes([new Uint8Array(eventBytes('messageStart', {})), eventBytes('x', {})])).toThrow(
      /ended before/,
    );
    const decoder = provider.createDecoder();
    expect(() => decoder.push({ event: 'contentBlockDelta', data: '{"a', raw: '' })).toThrow(
      expect.objectContaining({ kind: 'upstream-malformed' }),
    );
    expect(() => decoder.push({ event: 'contentBlockDelta', data: '7', raw: '' })).toThrow(
      expect.objectContaining({ kind: 'upstream-malformed' }),
    );
  });

  it('gives the same, however its bytes are cut', () => {
    const events = [
      START,
      delta(0, { reasoningContent: { text: 'hm, 通行料 🚧' } }),
      delta(0, { reasoningContent: { signature: 'c2ln' } }),
      stop(0),
      start(1, { toolUse: { toolUseId: 'x', name: 'f' } }),
      delta(1, { toolUse: { input: '{"a":"é"}' } }),
      stop(1),
      { messageStop: { stopReason: 'tool_use' } },
      METADATA,
    ];
    const bytes = streamBytes(events);
    const whole = decodeBytes([bytes]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(decodeBytes([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    }
    expect(decodeBytes([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(decodeBytes(chunks)).toEqual(whole);
      }),
    );
  });
});

describe('blocks', () => {
  it('of text begin with their first delta, or with a start that says nothing', () => {
    const events = [START, start(0, {}), delta(0, { text: 'a' }), stop(0), delta(1, { text: 'b' }), STOP];
    expect(partsOf(events)).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
  });

  it('may interleave', () => {
    const events = [
      START,
      start(1, { toolUse: { toolUseId: 'x', name: 'f' } }),
      start(2, { toolUse: { toolUseId: 'y', name: 'g' } }),
      delta(2, { toolUse: { input: '{"b":' } }),
      delta(1, { toolUse: { input: '{"a":1}' } }),
      delta(2, { toolUse: { input: '2}' } }),
      { messageStop: { stopReason: 'tool_use' } },
    ];
    expect(partsOf(events)).toEqual([
      { type: 'tool-call', id: 'x', name: 'f', kind: 'function', arguments: '{"a":1}' },
      { type: 'tool-call', id: 'y', name: 'g', kind: 'function', arguments: '{"b":2}' },
    ]);
  });

  it('of calls without arguments hold an empty object', () => {
    const call = start(0, { toolUse: { toolUseId: 'x', name: 'f' } });
    for (const deltas of [[], [delta(0, { toolUse: { input: '' } })], [delta(0, { toolUse: {} })]]) {
      const events = decodeEvents([START, call, ...deltas, stop(0), STOP]);
      expect(events).toContainEqual({ type: 'block-delta', index: 0, text: '{}' });
    }
  });

  it('of calls with arguments as JSON are read, too', () => {
    const events = [
      START,
      start(0, { toolUse: { toolUseId: 'x', name: 'f' } }),
      delta(0, { toolUse: { input: { a: 1 } } }),
      stop(0),
      STOP,
    ];
    expect(partsOf(events)).toMatchObject([{ arguments: '{"a":1}' }]);
  });

  it('of calls without a name or a start are no calls', () => {
    const malformed = expect.objectContaining({ kind: 'upstream-malformed' });
    expect(() => decodeEvents([START, start(0, { toolUse: { toolUseId: 'x' } })])).toThrow(malformed);
    expect(() => decodeEvents([START, delta(0, { toolUse: { input: '{}' } })])).toThrow(malformed);
  });

  it('of tools give the client its own names and its free text', () => {
    const restore = { toolNames: new Map([['run_1', 'shell.run']]), customTools: new Set(['shell.run']) };
    const events = [
      START,
      start(0, { toolUse: { toolUseId: 'x', name: 'run_1' } }),
      delta(0, { toolUse: { input: '{"input":"ls' } }),
      delta(0, { toolUse: { input: ' -l"}' } }),
      stop(0),
      STOP,
    ];
    expect(foldEvents(decodeEvents(events, restore)).choices[0]?.blocks).toEqual([
      { type: 'tool-call', id: 'x', name: 'shell.run', kind: 'custom', arguments: 'ls -l' },
    ]);
    const cut = [...events.slice(0, 3), { messageStop: { stopReason: 'max_tokens' } }];
    expect(foldEvents(decodeEvents(cut, restore)).choices[0]?.blocks).toMatchObject([{ arguments: '{"input":"ls' }]);
  });

  it('of reasoning carry signature and redacted content, byte for byte', () => {
    const reasoning = (piece: JsonObject, index = 0) => delta(index, { reasoningContent: piece });
    const events = [
      START,
      reasoning({ text: 'a' }),
      reasoning({ text: 'b' }),
      reasoning({ signature: 'c2' }),
      reasoning({ signature: 'ln' }),
      stop(0),
      reasoning({ redactedContent: 'AAE=' }, 1),
      reasoning({ redactedContent: 'Ag==' }, 1),
      stop(1),
      STOP,
    ];
    expect(partsOf(events)).toEqual([
      { type: 'reasoning', text: 'ab', signature: { origin: 'bedrock-converse', value: 'c2ln' } },
      { type: 'reasoning', text: '', redacted: { origin: 'bedrock-converse', value: 'AAEC' } },
    ]);
  });

  it('of text carry their citations', () => {
    const citation = { title: 'Report', sourceContent: [{ text: 'so' }] };
    expect(partsOf([START, delta(0, { text: 'a' }), delta(0, { citation }), stop(0), STOP])).toEqual([
      { type: 'text', text: 'a', extensions: { 'bedrock-converse': { annotations: [citation] } } },
    ]);
  });

  it('of tools that the provider runs are no calls to the client', () => {
    const search = { toolUseId: 's', name: 'nova_grounding', type: 'server_tool_use' };
    const events = [
      START,
      start(0, { toolUse: search }),
      delta(0, { toolUse: { input: '{"q":' } }),
      delta(0, { toolUse: { input: '"x"}' } }),
      stop(0),
      start(1, { toolResult: { toolUseId: 's', status: 'success' } }),
      delta(1, { toolResult: [{ text: 'found' }] }),
      stop(1),
      delta(2, { text: 'It is so.' }),
      STOP,
    ];
    const opaque = (data: JsonObject) => ({ type: 'opaque', origin: 'bedrock-converse', data });
    expect(partsOf(events)).toEqual([
      opaque({ toolUse: { ...search, input: { q: 'x' } } }),
      opaque({ toolResult: { toolUseId: 's', status: 'success', content: [{ text: 'found' }] } }),
      { type: 'text', text: 'It is so.' },
    ]);
  });

  it('of kinds that are not known survive', () => {
    const events = [START, start(0, { hologram: { format: 'x' } }), delta(0, { hologram: { a: 1 } }), stop(0), STOP];
    expect(partsOf(events)).toEqual([
      { type: 'opaque', origin: 'bedrock-converse', data: { hologram: { format: 'x', deltas: [{ a: 1 }] } } },
    ]);
  });
});

describe('the reason to stop', () => {
  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['tool_use', 'tool-calls'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['content_filtered', 'content-filter'],
    ['guardrail_intervened', 'content-filter'],
    ['refusal', 'refusal'],
    ['malformed_model_output', 'error'],
    ['malformed_tool_use', 'error'],
    ['something_new', 'stop'],
  ])('%s is %s', (stopReason, reason) => {
    expect(decodeEvents([START, { messageStop: { stopReason } }])).toContainEqual({
      type: 'finish',
      choice: 0,
      reason,
      rawReason: stopReason,
    });
  });

  it('names the stop sequence where Claude was asked for it', () => {
    const fields = { delta: { stop_sequence: 'END' } };
    const messageStop = { stopReason: 'stop_sequence', additionalModelResponseFields: fields };
    expect(decodeEvents([START, { messageStop }])).toContainEqual(expect.objectContaining({ stopSequence: 'END' }));
    const whole = {
      output: { message: { content: [] } },
      stopReason: 'stop_sequence',
      additionalModelResponseFields: { stop_sequence: 'END' },
    };
    expect(provider.decodeResponse(whole)).toContainEqual(expect.objectContaining({ stopSequence: 'END' }));
  });
});

describe('usage', () => {
  it.each<readonly [string, JsonObject, object]>([
    [
      'of a cache, split by lifetime',
      {
        inputTokens: 1,
        outputTokens: 2,
        cacheReadInputTokens: 3,
        cacheWriteInputTokens: 9,
        cacheDetails: [
          { ttl: '1h', inputTokens: 4 },
          { ttl: '5m', inputTokens: 5 },
        ],
      },
      { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWrite5mTokens: 5, cacheWrite1hTokens: 4 },
    ],
    [
      'without the split is of five minutes',
      { inputTokens: 1, outputTokens: 2, cacheWriteInputTokens: 9 },
      { cacheWrite5mTokens: 9, cacheWrite1hTokens: 0 },
    ],
    [
      'of an hour only, what is not explained included',
      { cacheWriteInputTokens: 9, cacheDetails: [{ ttl: '1h', inputTokens: 4 }] },
      { cacheWrite5mTokens: 0, cacheWrite1hTokens: 9 },
    ],
    [
      'in the old names',
      { cacheReadInputTokenCount: 3, cacheWriteInputTokenCount: 4 },
      { cacheReadTokens: 3, cacheWrite5mTokens: 4 },
    ],
    [
      'of nonsense is nothing',
      { inputTokens: 'many', outputTokens: null, cacheReadInputTokens: -1 },
      { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0 },
    ],
  ])('%s', (_, usage, expected) => {
    expect(foldEvents(decodeEvents([START, STOP, { metadata: { usage } }])).usage).toMatchObject(expected);
  });
});

describe('exceptions inside of a stream', () => {
  it.each([
    ['throttlingException', 'upstream-throttled'],
    ['internalServerException', 'upstream-error'],
    ['modelStreamErrorException', 'upstream-error'],
    ['serviceUnavailableException', 'upstream-overloaded'],
    ['modelTimeoutException', 'upstream-timeout'],
    ['validationException', 'invalid-request'],
    ['somethingNewException', 'upstream-error'],
  ])('%s is %s', (name, kind) => {
    const bytes = joinBytes([
      streamBytes([START, delta(0, { text: 'a' })]),
      exceptionBytes(name, { message: 'Because.' }),
    ]);
    expect(() => decodeBytes([bytes])).toThrow(
      expect.objectContaining({ kind, message: 'Because.', upstreamCode: name }),
    );
  });

  it('of a prompt that is too long say so', () => {
    const bytes = exceptionBytes('validationException', { message: 'Input is too long for requested model.' });
    expect(() => decodeBytes([bytes])).toThrow(expect.objectContaining({ kind: 'context-length' }));
  });
});

describe('a whole answer', () => {
  it('is the stream that it could have been', () => {
    const content = [
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'AAEC' } },
      { text: 'Hello' },
      { citationsContent: { content: [{ text: 'It is ' }, { text: 'so.' }], citations: [{ title: 'Report' }] } },
      { toolUse: { toolUseId: 'x', name: 'f', input: { a: [1, 'é'] } } },
      { toolUse: { toolUseId: 'y', name: 'g', input: {} } },
    ];
    const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 12 };
    const whole = provider.decodeResponse({
      output: { message: { role: 'assistant', content } },
      stopReason: 'tool_use',
      usage,
      metrics: { latencyMs: 9 },
    });
    const streamed = decodeEvents([
      START,
      delta(0, { reasoningContent: { text: 'h' } }),
      delta(0, { reasoningContent: { text: 'm' } }),
      delta(0, { reasoningContent: { signature: 'c2ln' } }),
      stop(0),
      delta(1, { reasoningContent: { redactedContent: 'AAEC' } }),
      stop(1),
      delta(2, { text: 'Hello' }),
      stop(2),
      delta(3, { text: 'It is ' }),
      delta(3, { text: 'so.' }),
      delta(3, { citation: { title: 'Report' } }),
      stop(3),
      start(4, { toolUse: { toolUseId: 'x', name: 'f' } }),
      delta(4, { toolUse: { input: '{"a":[1,' } }),
      delta(4, { toolUse: { input: '"é"]}' } }),
      stop(4),
      start(5, { toolUse: { toolUseId: 'y', name: 'g' } }),
      delta(5, { toolUse: { input: '' } }),
      stop(5),
      { messageStop: { stopReason: 'tool_use' } },
      { metadata: { usage } },
    ]);
    expect(foldEvents(whole)).toEqual(foldEvents(streamed));
    expect(foldEvents(whole).choices[0]?.blocks).toHaveLength(6);
  });

  it('with blocks that are not known keeps them', () => {
    const block = { hologram: { a: 1 } };
    const events = provider.decodeResponse({ output: { message: { content: [block] } }, stopReason: 'end_turn' });
    expect(foldEvents(events).choices[0]?.blocks).toEqual([
      { type: 'opaque', origin: 'bedrock-converse', data: block },
    ]);
  });

  it('that is none is refused', () => {
    for (const body of [null, [], 'x', {}, { output: {} }, { output: { message: {} } }]) {
      expect(() => provider.decodeResponse(body)).toThrow(expect.objectContaining({ kind: 'upstream-malformed' }));
    }
    expect(() => provider.decodeResponse({ output: { message: { content: [] } } })).toThrow(
      expect.objectContaining({ kind: 'upstream-truncated' }),
    );
  });
});
