import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiProvider as provider } from '../../../../functions/dialects/gemini/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { chunkOf, decodeBytes, decodeChunks, sse } from './support.ts';

const STOP = { finishReason: 'STOP' };
const finishes = (events: readonly ChatEvent[]) => events.filter((event) => event.type === 'finish');
const blocksOf = (...chunks: readonly JsonObject[]) => foldEvents(decodeChunks(chunks)).choices[0]?.blocks;

describe('an answer', () => {
  it('is the same whole, streamed, and cut at every byte, with comments, a mark and all line ends', () => {
    const parts: readonly JsonObject[] = [
      { text: 'Ich denke – 🌍', thought: true },
      { text: 'Zwei Städte.' },
      { functionCall: { id: 'c1', name: 'weather', args: { city: 'Zürich', days: [1, 2] } }, thoughtSignature: 'c2ln' },
      { functionCall: { id: 'c2', name: 'now' } },
      { text: 'Ende', thoughtSignature: 'ZW5k' },
      { executableCode: { code: '1' } },
    ];
    const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 5, thoughtsTokenCount: 3, totalTokenCount: 17 };
    const whole = { ...chunkOf(parts, STOP), usageMetadata };
    const split = (part: JsonObject): readonly JsonObject[] =>
      typeof part.text === 'string' && part.thoughtSignature === undefined
        ? [...part.text].map((letter) => ({ ...part, text: letter }))
        : [part];
    const chunks = [
      ...parts.flatMap(split).map((part) => chunkOf([part])),
      { ...chunkOf([{ text: '' }], STOP), usageMetadata },
    ];
    const expected = foldEvents(provider.decodeResponse(whole));
    expect(expected.choices[0]?.blocks).toEqual([
      { type: 'reasoning', text: 'Ich denke – 🌍' },
      { type: 'text', text: 'Zwei Städte.' },
      {
        type: 'tool-call',
        kind: 'function',
        id: 'c1',
        name: 'weather',
        arguments: '{"city":"Zürich","days":[1,2]}',
        signature: { origin: 'gemini', value: 'c2ln' },
      },
      { type: 'tool-call', kind: 'function', id: 'c2', name: 'now', arguments: '{}' },
      { type: 'text', text: 'Ende' },
      { type: 'reasoning', text: '', signature: { origin: 'gemini', value: 'ZW5k' } },
      { type: 'opaque', origin: 'gemini', data: { executableCode: { code: '1' } } },
    ]);
    expect(expected).toMatchObject({ id: 'rsp-1', model: 'gemini-3.8-flash', choices: [{ finish: 'tool-calls' }] });

    const plain = decodeChunks(chunks);
    expect(foldEvents(plain)).toEqual(expected);
    for (const lineEnd of ['\n', '\r', '\r\n']) {
      const text = `\uFEFF: hello${lineEnd}retry: 5${lineEnd}${sse(chunks).replaceAll('\r\n', lineEnd)}: bye${lineEnd}`;
      const bytes = new TextEncoder().encode(text);
      for (let cut = 0; cut < bytes.length; cut += 1) {
        expect(decodeBytes([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(plain);
      }
      expect(decodeBytes([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(plain);
    }
  });

  it('that says STOP after its calls, or with each of them, ends once, with tool-calls', () => {
    const call = (id: string) => ({ functionCall: { id, name: 'f', args: {} } });
    for (const chunks of [
      [chunkOf([call('a')]), chunkOf([{ text: '' }], STOP)],
      [chunkOf([call('a')], STOP), chunkOf([call('b')], STOP)],
      [chunkOf([call('a')], STOP), chunkOf([], STOP), chunkOf([], STOP)],
    ]) {
      expect(finishes(decodeChunks(chunks))).toEqual([
        { type: 'finish', choice: 0, reason: 'tool-calls', rawReason: 'STOP' },
      ]);
    }
    expect(blocksOf(chunkOf([call('a')], STOP), chunkOf([call('b')], STOP))).toHaveLength(2);
  });

  it('gives calls of one name without ids distinct ids, the same however it was cut', () => {
    const call = { functionCall: { name: 'f', args: {} } };
    const ids = (...chunks: readonly JsonObject[]) => blocksOf(...chunks)?.map((part) => 'id' in part && part.id);
    expect(ids(chunkOf([call]), chunkOf([call]), chunkOf([{ text: '' }], STOP))).toEqual(
      ids(chunkOf([call, call], STOP)),
    );
    expect(new Set(ids(chunkOf([call, call], STOP))).size).toBe(2);
  });

  it('may have several candidates', () => {
    const candidate = (index: number, text: string, fields: JsonObject = {}) => ({
      index,
      content: { role: 'model', parts: [{ text }] },
      ...fields,
    });
    const events = decodeChunks([
      { candidates: [candidate(0, 'a'), candidate(1, 'b')] },
      { candidates: [candidate(1, 'B', { finishReason: 'MAX_TOKENS' }), candidate(0, 'A', STOP)] },
    ]);
    expect(foldEvents(events).choices).toMatchObject([
      { index: 0, finish: 'stop', blocks: [{ text: 'aA' }] },
      { index: 1, finish: 'length', blocks: [{ text: 'bB' }] },
    ]);
    expect(errorOf(() => decodeChunks([{ candidates: [candidate(0, 'a', STOP), candidate(1, 'b')] }])).kind).toBe(
      'upstream-truncated',
    );
  });

  it('restores names, and the free text of custom tools', () => {
    const restore = { toolNames: new Map([['f_1', 'f 1']]), customTools: new Set(['shell']) };
    const events = decodeChunks(
      [
        chunkOf(
          [
            { functionCall: { id: 'a', name: 'f_1', args: { x: 1 } } },
            { functionCall: { id: 'b', name: 'shell', args: { input: 'ls -l' } } },
          ],
          STOP,
        ),
      ],
      restore,
    );
    expect(foldEvents(events).choices[0]?.blocks).toMatchObject([
      { name: 'f 1', kind: 'function', arguments: '{"x":1}' },
      { name: 'shell', kind: 'custom', arguments: 'ls -l' },
    ]);
  });

  it('holds probabilities and what Google found', () => {
    const [block] =
      blocksOf(
        chunkOf([{ text: 'Hi' }], {
          ...STOP,
          logprobsResult: {
            chosenCandidates: [{ token: 'Hi', logProbability: -0.5 }],
            topCandidates: [
              {
                candidates: [
                  { token: 'Hi', logProbability: -0.5 },
                  { token: 'Yo', logProbability: -2 },
                ],
              },
            ],
          },
          groundingMetadata: { webSearchQueries: ['x'] },
          citationMetadata: {},
        }),
      ) ?? [];
    expect(block?.extensions).toEqual({
      gemini: { annotations: [{ groundingMetadata: { webSearchQueries: ['x'] } }] },
    });
    const events = decodeChunks([
      chunkOf([{ text: 'Hi' }], {
        ...STOP,
        logprobsResult: { chosenCandidates: [{ token: 'Hi', logProbability: -0.5 }] },
      }),
    ]);
    expect(foldEvents(events).choices[0]?.logprobs.text).toEqual([
      { token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [] },
    ]);
  });
});

describe('arguments in pieces', () => {
  const pieces = (...partialArgs: readonly JsonObject[]) =>
    chunkOf([{ functionCall: { partialArgs, willContinue: true } }]);
  const start = chunkOf([{ functionCall: { name: 'f', willContinue: true }, thoughtSignature: 'c2ln' }]);
  const end = chunkOf([{ functionCall: {} }], STOP);

  it('become the object that they are of', () => {
    expect(
      blocksOf(
        start,
        pieces({ jsonPath: '$.city', stringValue: 'Bos', willContinue: true }),
        pieces({ jsonPath: '$.city', stringValue: 'ton' }, { jsonPath: '$.days[0].n', numberValue: 1 }),
        pieces({ jsonPath: '$.days[1].n', numberValue: 2 }, { jsonPath: "$['a.b']", boolValue: false }),
        pieces({ jsonPath: '$.none', nullValue: 'NULL_VALUE' }, { jsonPath: '$.__proto__.x', stringValue: 'y' }),
        end,
      ),
    ).toEqual([
      {
        type: 'tool-call',
        kind: 'function',
        id: expect.stringMatching(/^call_rsp1/),
        name: 'f',
        arguments: '{"city":"Boston","days":[{"n":1},{"n":2}],"a.b":false,"none":null,"__proto__":{"x":"y"}}',
        signature: { origin: 'gemini', value: 'c2ln' },
      },
    ]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('are refused where their paths make no sense, or have no end', () => {
    for (const jsonPath of ['', '$', '$.a[*]', '$..a', '$.a[999999999]', 'a']) {
      const error = errorOf(() => decodeChunks([start, pieces({ jsonPath, stringValue: 'x' }), end]));
      expect(error.kind).toBe('upstream-malformed');
    }
    expect(errorOf(() => decodeChunks([start, chunkOf([{ text: '' }], STOP)])).kind).toBe('upstream-malformed');
    expect(errorOf(() => decodeChunks([end])).kind).toBe('upstream-malformed');
  });
});

describe('an end', () => {
  it.each([
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content-filter'],
    ['RECITATION', 'content-filter'],
    ['PROHIBITED_CONTENT', 'content-filter'],
    ['BLOCKLIST', 'content-filter'],
    ['SPII', 'content-filter'],
    ['SOMETHING_NEW', 'error'],
  ])('%s is %s, with or without content', (finishReason, reason) => {
    for (const chunk of [chunkOf([{ text: 'x' }], { finishReason }), { candidates: [{ content: {}, finishReason }] }]) {
      expect(finishes(decodeChunks([chunk]))).toEqual([{ type: 'finish', choice: 0, reason, rawReason: finishReason }]);
    }
  });

  it.each([
    ['MALFORMED_FUNCTION_CALL', 'upstream-malformed'],
    ['UNEXPECTED_TOOL_CALL', 'upstream-malformed'],
    ['OTHER', 'upstream-error'],
  ])('%s is an error', (finishReason, kind) => {
    const chunk = { candidates: [{ content: {}, finishReason, finishMessage: 'f(' }] };
    expect(errorOf(() => decodeChunks([chunk]))).toMatchObject({ kind, upstreamCode: finishReason });
    expect(errorOf(() => provider.decodeResponse(chunk)).message).toContain('f(');
  });

  it('of nothing is an error, never an empty answer', () => {
    for (const candidate of [
      STOP,
      { ...STOP, content: {} },
      { ...STOP, content: { role: 'model' } },
      { ...STOP, content: { parts: [] } },
    ]) {
      expect(errorOf(() => provider.decodeResponse({ candidates: [candidate] })).kind).toBe('upstream-malformed');
      expect(errorOf(() => decodeChunks([{ candidates: [candidate] }])).kind).toBe('upstream-malformed');
    }
    // An answer may be empty, if it is there.
    expect(finishes(decodeChunks([chunkOf([{ text: '' }], STOP)]))).toMatchObject([{ reason: 'stop' }]);
  });

  it('that does not come is an error', () => {
    const chunk = chunkOf([{ text: 'Hel' }]);
    expect(errorOf(() => decodeChunks([chunk])).kind).toBe('upstream-truncated');
    expect(errorOf(() => decodeChunks([])).kind).toBe('upstream-truncated');
    expect(errorOf(() => provider.decodeResponse(chunk)).kind).toBe('upstream-truncated');
    expect(errorOf(() => decodeBytes([new TextEncoder().encode(sse([chunk]).slice(0, 40))])).kind).toBe(
      'upstream-truncated',
    );
    expect(errorOf(() => decodeBytes([new TextEncoder().encode('data: {nope}\n\n')])).kind).toBe('upstream-malformed');
    for (const body of [null, [], 'x', {}, { candidates: 1 }]) {
      expect(errorOf(() => provider.decodeResponse(body)).status).toBe(502);
    }
  });

  it('of a blocked prompt is a filter', () => {
    const blocked = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
      modelVersion: 'm',
      responseId: 'r',
    };
    const expected = {
      id: 'r',
      choices: [{ finish: 'content-filter', rawReason: 'PROHIBITED_CONTENT', blocks: [] }],
      usage: { inputTokens: 7, outputTokens: 0 },
    };
    expect(foldEvents(provider.decodeResponse(blocked))).toMatchObject(expected);
    expect(foldEvents(decodeChunks([blocked]))).toMatchObject(expected);
  });

  it('may be an error in the stream', () => {
    const error = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    for (const text of [sse([chunkOf([{ text: 'x' }]), error]), `data: [${JSON.stringify(error)}]\n\n`]) {
      expect(errorOf(() => decodeBytes([new TextEncoder().encode(text)]))).toMatchObject({
        kind: 'upstream-overloaded',
        upstreamStatus: 503,
      });
    }
  });
});

describe('usage', () => {
  const usageOf = (usageMetadata: JsonObject) =>
    foldEvents(decodeChunks([{ ...chunkOf([{ text: 'x' }], STOP), usageMetadata }])).usage;

  it('has each token in one class', () => {
    expect(
      usageOf({
        promptTokenCount: 100,
        cachedContentTokenCount: 40,
        candidatesTokenCount: 20,
        thoughtsTokenCount: 30,
        toolUsePromptTokenCount: 8,
        totalTokenCount: 158,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 75 },
          { modality: 'AUDIO', tokenCount: 25 },
        ],
        cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 10 }],
        candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }],
        toolUsePromptTokensDetails: [{ modality: 'AUDIO', tokenCount: 2 }],
      }),
    ).toEqual({
      inputTokens: 100 - 40 - 15 + 6,
      cacheReadTokens: 40,
      cacheReadAudioTokens: 10,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 20 - 5 + 30,
      reasoningTokens: 30,
      audioInputTokens: 15 + 2,
      audioOutputTokens: 5,
    });
  });

  it('is none where nothing is counted, and the last of a stream', () => {
    expect(usageOf({ trafficType: 'ON_DEMAND' })).toBeUndefined();
    const count = (candidatesTokenCount: number) => ({ promptTokenCount: 5, candidatesTokenCount });
    const events = decodeChunks([
      { ...chunkOf([{ text: 'a' }]), usageMetadata: count(1) },
      { ...chunkOf([{ text: 'b' }], STOP), usageMetadata: count(2) },
    ]);
    expect(foldEvents(events).usage).toMatchObject({ inputTokens: 5, outputTokens: 2 });
  });
});
