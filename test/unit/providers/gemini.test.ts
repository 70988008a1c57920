import {
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  type GenerateContentResponse,
  type Part,
  ThinkingLevel,
} from '@google/genai';
import { beforeEach, describe, expect, test } from 'vitest';
import type { InvoiceLine } from '../../../local/providers/invoice.ts';
import { model, referring, result, user } from './gemini-contents.ts';
import { post, useProviders, WEATHER } from './support.ts';

const start = useProviders();
const thinker = 'gemini-3-pro-preview@fast';
const weather = { name: 'get_weather', parametersJsonSchema: WEATHER };
const clock = { name: 'get_time' };
const one = { tools: [{ functionDeclarations: [weather] }] };
const two = { tools: [{ functionDeclarations: [weather, clock] }] };

const REQUESTS: { readonly [name: string]: GenerateContentParameters } = {
  text: { model, contents: 'Hello' },
  'a set length': { model: `${model}+tokens-40`, contents: 'Hello' },
  maxOutputTokens: { model, contents: 'Hello', config: { maxOutputTokens: 5 } },
  'a stop sequence': { model, contents: 'Say one, two, three', config: { stopSequences: ['two'] } },
  'one tool': { model, contents: 'Weather?', config: one },
  'parallel tools': { model, contents: 'Weather and time?', config: two },
  'a tool without arguments': { model, contents: 'Time?', config: { tools: [{ functionDeclarations: [clock] }] } },
  'an allowed tool': {
    model,
    contents: 'Time?',
    config: {
      ...two,
      toolConfig: {
        functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['get_time'] },
      },
    },
  },
  'tools forbidden': {
    model,
    contents: 'Time?',
    config: { ...two, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.NONE } } },
  },
  'a call cut by maxOutputTokens': { model, contents: 'Weather?', config: { ...one, maxOutputTokens: 3 } },
  'tool results': {
    model,
    contents: [
      user({ text: 'Weather?' }),
      { role: 'model', parts: [{ functionCall: { name: 'get_weather', args: { city: 'Paris' } } }] },
      user(result),
    ],
    config: one,
  },
  'a JSON schema': {
    model,
    contents: 'Weather?',
    config: { responseMimeType: 'application/json', responseJsonSchema: referring },
  },
  "Google's own schema": {
    model,
    contents: 'Weather?',
    config: {
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { days: { type: 'INTEGER', maximum: 3 } }, required: ['days'] },
    },
  },
  'hidden thoughts': { model: thinker, contents: 'Think' },
  'shown thoughts': { model: thinker, contents: 'Think', config: { thinkingConfig: { includeThoughts: true } } },
  'thoughts before tools': {
    model: thinker,
    contents: 'Weather and time?',
    config: { ...two, thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } },
  },
  'thoughts before tools, of an older model': {
    model: 'gemini-2.5-flash@fast',
    contents: 'Weather?',
    config: { ...one, thinkingConfig: { thinkingBudget: 32 } },
  },
  'nothing but thoughts': { model: thinker, contents: 'Think', config: { maxOutputTokens: 10 } },
  'two candidates': { model, contents: 'Hello', config: { candidateCount: 2 } },
  'a blocked prompt': { model, contents: 'SIMULATE_REFUSAL' },
  'the content filter': { model: `${model}+content-filter-at-4`, contents: 'Hello' },
};

function whole(name: string): Promise<GenerateContentResponse> {
  return start().gemini.models.generateContent(REQUESTS[name] as GenerateContentParameters);
}

async function partsOf(name: string): Promise<readonly Part[]> {
  return (await whole(name)).candidates?.[0]?.content?.parts ?? [];
}

/** Texts that follow one another are one, and take the signature that comes on an empty one. */
function joinParts(parts: readonly Part[]): readonly Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.text !== undefined && part.text !== undefined && last.thought === part.thought) {
      joined[joined.length - 1] = { ...last, ...part, text: last.text + part.text };
    } else if (part.text !== '') joined.push(part);
  }
  return joined;
}

function essence(answers: readonly GenerateContentResponse[]) {
  const last = answers.at(-1);
  const indexes = [...new Set(answers.flatMap((answer) => (answer.candidates ?? []).map(({ index }) => index)))];
  return {
    candidates: indexes.toSorted().map((index) => {
      const pieces = answers.flatMap((answer) => (answer.candidates ?? []).filter((item) => item.index === index));
      return {
        index,
        parts: joinParts(pieces.flatMap((piece) => piece.content?.parts ?? [])),
        finishReason: pieces.findLast((piece) => piece.finishReason !== undefined)?.finishReason,
      };
    }),
    promptFeedback: last?.promptFeedback,
    usage: last?.usageMetadata,
    modelVersion: last?.modelVersion,
  };
}

test.each(Object.keys(REQUESTS))('streamed and whole are the same answer: %s', async (name) => {
  const chunks: GenerateContentResponse[] = [];
  const stream = await start().gemini.models.generateContentStream(REQUESTS[name] as GenerateContentParameters);
  for await (const chunk of stream) chunks.push(chunk);
  expect(essence(chunks)).toEqual(essence([await whole(name)]));
});

test('without alt=sse a stream is one JSON array', async () => {
  const url = `${start().providers.geminiBaseUrl}/models/${thinker}:streamGenerateContent`;
  const body = { contents: [user({ text: 'Think' })] };
  const response = await post(url, body);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  const chunks = (await response.json()) as GenerateContentResponse[];
  const whole = await post(`${start().providers.geminiBaseUrl}/models/${thinker}:generateContent`, body);
  expect(essence(chunks)).toEqual(essence([(await whole.json()) as GenerateContentResponse]));
  const blocked = await post(url, { contents: [user({ text: 'SIMULATE_REFUSAL' })] });
  expect(await blocked.json()).toHaveLength(1);
});

describe('what is asked is what comes', () => {
  test('a length, a cap, a stop sequence', async () => {
    expect((await whole('a set length')).usageMetadata?.candidatesTokenCount).toBe(40);
    const cut = await whole('maxOutputTokens');
    expect([cut.candidates?.[0]?.finishReason, cut.usageMetadata?.candidatesTokenCount]).toEqual(['MAX_TOKENS', 5]);
    expect((await whole('a stop sequence')).text).toMatch(/one, $/);
  });

  test.each([
    ['one tool', ['get_weather']],
    ['parallel tools', ['get_weather', 'get_time']],
    ['an allowed tool', ['get_time']],
    ['tools forbidden', []],
    ['a call cut by maxOutputTokens', []],
  ])('%s: calls %j', async (name, names) => {
    const calls = (await whole(name)).functionCalls ?? [];
    expect(calls.map((call) => call.name)).toEqual(names);
    for (const call of calls) {
      expect(call.args).toEqual(
        call.name === 'get_time'
          ? undefined
          : { city: expect.any(String), days: expect.toSatisfy((days) => days <= 5) },
      );
    }
  });

  test('schemas of both kinds are kept, references in them too', async () => {
    expect(JSON.parse((await whole('a JSON schema')).text ?? '')).toEqual({ city: expect.any(String) });
    expect(JSON.parse((await whole("Google's own schema")).text ?? '')).toEqual({
      days: expect.toSatisfy((days) => Number.isInteger(days) && days <= 3),
    });
  });

  test('tool results and media are mentioned', async () => {
    expect((await whole('tool results')).text).toContain('21 degrees');
    const image: Part = { inlineData: { mimeType: 'image/png', data: 'AAAA' } };
    const pdf: Part = { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' } };
    const audio: Part = { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } };
    const contents = [user({ text: 'What?' }, image, pdf, audio)];
    const seen = await start().gemini.models.generateContent({ model, contents });
    expect(seen.text).toContain('I can see one image and one file and one recording.');
    expect(seen.usageMetadata?.promptTokenCount).toBeGreaterThan(3 * 258);
    expect(seen.usageMetadata?.promptTokensDetails).toContainEqual({ modality: 'IMAGE', tokenCount: 3 * 258 });
  });

  test('a blocked prompt has no candidates and no output, a filtered answer has its beginning', async () => {
    const blocked = await whole('a blocked prompt');
    expect(blocked.candidates).toBeUndefined();
    expect(blocked.promptFeedback).toEqual({ blockReason: 'PROHIBITED_CONTENT' });
    expect(blocked.usageMetadata?.candidatesTokenCount).toBeUndefined();
    const filtered = await whole('the content filter');
    expect(filtered.candidates?.[0]).toMatchObject({ finishReason: 'SAFETY', content: { parts: [{}] } });
  });
});

describe('thoughts', () => {
  test('are counted beside the candidates, shown or not', async () => {
    for (const name of ['hidden thoughts', 'shown thoughts']) {
      const { usageMetadata: usage } = await whole(name);
      expect(usage?.thoughtsTokenCount).toBe(64);
      expect(usage?.totalTokenCount).toBe((usage?.promptTokenCount ?? 0) + (usage?.candidatesTokenCount ?? 0) + 64);
    }
    expect((await partsOf('hidden thoughts')).map((part) => part.thought)).toEqual([undefined]);
    expect((await partsOf('shown thoughts')).map((part) => part.thought)).toEqual([true, undefined]);
  });

  test('can use up all there is', async () => {
    const { candidates, usageMetadata } = await whole('nothing but thoughts');
    expect(candidates?.[0]).toMatchObject({ finishReason: 'MAX_TOKENS', content: { role: 'model' } });
    expect(usageMetadata).toMatchObject({ thoughtsTokenCount: 10 });
    expect(usageMetadata?.candidatesTokenCount).toBeUndefined();
  });

  test('are signed on the first call, or at the end of a text', async () => {
    const calls = (await partsOf('thoughts before tools')).filter((part) => part.functionCall !== undefined);
    expect(calls.map((part) => typeof part.thoughtSignature)).toEqual(['string', 'undefined']);
    expect((await partsOf('thoughts before tools, of an older model'))[0]?.thoughtSignature).toBeTypeOf('string');
    expect((await partsOf('hidden thoughts'))[0]?.thoughtSignature).toBeTypeOf('string');
    expect((await partsOf('one tool'))[0]?.thoughtSignature).toBeUndefined();
  });

  const first = REQUESTS['thoughts before tools'] as GenerateContentParameters;
  const back = (parts: readonly Part[]) =>
    start().gemini.models.generateContent({
      ...first,
      contents: [
        user({ text: 'Weather and time?' }),
        { role: 'model', parts: [...parts] },
        user(result, { functionResponse: { name: 'get_time', response: { output: 'noon' } } }),
      ],
    });

  test('have to come back as they were', async () => {
    const parts = await partsOf('thoughts before tools');
    expect((await back(parts)).text).toContain('21 degrees; noon');
    const unsigned = parts.map(({ thoughtSignature: _, ...part }) => part);
    await expect(back(unsigned)).rejects.toThrow(/missing a thought_signature.*`default_api:get_weather` , position 2/);
    const signed = (value: string) =>
      unsigned.map((part) => (part.functionCall?.name === 'get_weather' ? { ...part, thoughtSignature: value } : part));
    await expect(back(signed('QUJDRA=='))).rejects.toThrow(/Corrupted thought signature/);
    await expect(back(signed('not base64!'))).rejects.toThrow(/Base64 decoding failed/);
    expect((await back(signed('skip_thought_signature_validator'))).text).toContain('noon');
  });

  test('of finished turns, and of models that check none, may be missing', async () => {
    const unsigned = (await partsOf('thoughts before tools')).map(({ thoughtSignature: _, ...part }) => part);
    const turn = [
      user({ text: 'Weather and time?' }),
      { role: 'model', parts: unsigned },
      user(result, { functionResponse: { name: 'get_time', response: { output: 'noon' } } }),
    ];
    const next = [...turn, { role: 'model', parts: [{ text: 'Fine.' }] }, user({ text: 'And tomorrow?' })];
    const { gemini } = start();
    await expect(gemini.models.generateContent({ model: thinker, contents: next })).resolves.toBeDefined();
    await expect(gemini.models.generateContent({ model, contents: turn })).resolves.toBeDefined();
  });
});

test('a long prompt that was sent before is cached, inside the prompt', async () => {
  const systemInstruction = Array.from({ length: 900 }, (_, index) => `Rule ${index}: pay.`).join(' ');
  const ask = async (contents: string) =>
    (await start().gemini.models.generateContent({ model, contents, config: { systemInstruction } })).usageMetadata;
  expect((await ask('One?'))?.cachedContentTokenCount).toBeUndefined();
  const second = await ask('Two?');
  expect(second?.cachedContentTokenCount).toBeGreaterThan(1024);
  expect(second?.cachedContentTokenCount).toBeLessThan(second?.promptTokenCount ?? 0);
});

test('lists its models', async () => {
  const names: (string | undefined)[] = [];
  for await (const item of await start().gemini.models.list()) names.push(item.name);
  expect(names).toContain('models/gemini-3-pro-preview');
});

describe('what is computed', () => {
  beforeEach(() => fetch(`${start().providers.url}/invoice`, { method: 'DELETE' }));
  const invoice = async () =>
    ((await (await fetch(`${start().providers.url}/invoice`)).json()) as { lines: InvoiceLine[] }).lines;

  test('tokens are counted as they are charged, and for nothing', async () => {
    const { models } = start().gemini;
    const counted = await models.countTokens({ model, contents: 'How many tokens are these?' });
    expect(await invoice()).toEqual([]);
    const answered = await models.generateContent({ model, contents: 'How many tokens are these?' });
    expect(counted.totalTokens).toBe(answered.usageMetadata?.promptTokenCount);

    const url = `${start().providers.geminiBaseUrl}/models/${model}:countTokens`;
    const request = { model: `models/${model}`, contents: [user({ text: 'Hi' })], ...two };
    const whole = await post(url, { generateContentRequest: request });
    expect(((await whole.json()) as { totalTokens: number }).totalTokens).toBeGreaterThan(30);
    expect((await post(url, { generateContentRequest: { ...request, model: 'x' } })).status).toBe(400);
    expect((await post(url, { contents: [] })).status).toBe(400);
    expect((await post(url, { contents: [], tools: [] })).status).toBe(400);
  });

  test('texts are embedded, one or several, in any length', async () => {
    const { models } = start().gemini;
    const embedding = 'gemini-embedding-001';
    const config = { outputDimensionality: 8 };
    const several = await models.embedContent({ model: embedding, contents: ['one text', 'another'], config });
    expect(several.embeddings?.map((item) => item.values?.length)).toEqual([8, 8]);
    for (const { values } of several.embeddings ?? []) expect(Math.hypot(...(values ?? []))).toBeCloseTo(1, 5);
    const [full] = (await models.embedContent({ model: embedding, contents: 'one text' })).embeddings ?? [];
    expect(full?.values).toHaveLength(3072);
    expect(await invoice()).toEqual([expect.objectContaining({ model: embedding, requests: 2, inputTokens: 5 })]);
  });

  test('a batch names its model everywhere, and has texts', async () => {
    const url = `${start().providers.geminiBaseUrl}/models/e:batchEmbedContents`;
    const request = { model: 'models/e', content: { parts: [{ text: 'x' }] } };
    expect((await post(url, { requests: [request] })).status).toBe(200);
    for (const bad of [[], [{ ...request, model: 'models/f' }], [{ ...request, content: { parts: [] } }]]) {
      expect((await post(url, { requests: bad })).status).toBe(400);
    }
  });
});
