/** The official SDK, as a client of ours: what it reads of our answers, and what we read of its requests. */
import { ApiError, FunctionCallingConfigMode, type GenerateContentResponse, GoogleGenAI, Type } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import {
  geminiClient as client,
  decodeCountRequest,
  encodeCountResponse,
  geminiProvider as provider,
} from '../../../../functions/dialects/gemini/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { answer } from './answer.ts';
import { type Answer, type Backend, CONTEXT, encodeStream, startBackend } from './support.ts';

describe('the official SDK', () => {
  let backend: Backend;
  let sdk: GoogleGenAI;
  let next: (url: string) => Answer;

  beforeAll(async () => {
    backend = await startBackend(({ url }) => next(url));
    sdk = new GoogleGenAI({ apiKey: 'test', httpOptions: { baseUrl: backend.url } });
  });
  afterAll(() => backend.close());

  const serve = (events: readonly ChatEvent[]): void => {
    next = (url) => ({
      text: url.includes('alt=sse') ? encodeStream(events) : JSON.stringify(client.encodeResponse(events, CONTEXT)),
    });
  };
  const ask = () => sdk.models.generateContent({ model: 'smart', contents: 'hi' });
  async function stream(): Promise<readonly GenerateContentResponse[]> {
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await sdk.models.generateContentStream({ model: 'smart', contents: 'hi' }))
      chunks.push(chunk);
    return chunks;
  }

  it('reads the same of an answer, streamed and whole', async () => {
    serve(answer);
    const whole = await ask();
    const chunks = await stream();
    const usage = {
      promptTokenCount: 42,
      cachedContentTokenCount: 10,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 5,
      totalTokenCount: 67,
    };
    const parts = (responses: readonly GenerateContentResponse[]) =>
      responses.flatMap((response) => response.candidates?.[0]?.content?.parts ?? []);
    for (const responses of [[whole], chunks]) {
      const all = parts(responses);
      const text = (thought: boolean) =>
        all.map((part) => ((part.thought ?? false) === thought ? part.text : '') ?? '');
      expect(text(false).join('')).toBe('Ich sehe nach 東京.');
      expect(text(true).join('')).toBe('Zwei Städte, zwei Aufrufe. 🌍');
      const calls = responses.flatMap((response) => response.functionCalls ?? []);
      expect([...calls].sort((one, other) => String(one.id).localeCompare(String(other.id)))).toEqual([
        { id: 'a', name: 'weather', args: { city: 'Zürich' } },
        { id: 'b', name: 'now', args: {} },
      ]);
      expect(all.flatMap((part) => part.thoughtSignature ?? [])).toHaveLength(1);
      const last = responses.at(-1);
      expect(last?.usageMetadata).toMatchObject(usage);
      expect(responses.flatMap((response) => response.candidates?.[0]?.finishReason ?? [])).toEqual(['STOP']);
      expect(last).toMatchObject({ modelVersion: 'claude-opus-5', responseId: 'msg_1' });
    }
    expect(parts([whole]).find((part) => part.thoughtSignature)?.thoughtSignature).toBe(
      parts(chunks).find((part) => part.thoughtSignature)?.thoughtSignature,
    );
  });

  it('gives back what it got, byte for byte, in the next turn', async () => {
    serve(answer);
    const chat = sdk.chats.create({ model: 'smart' });
    for (const turn of [
      () => chat.sendMessage({ message: 'hi' }),
      async () => drain(await chat.sendMessageStream({ message: 'hi' })),
    ]) {
      await turn();
      const results = ['b', 'a'].map((id) => ({
        functionResponse: { id, name: id === 'a' ? 'weather' : 'now', response: { output: id } },
      }));
      await chat.sendMessage({ message: results });
      const request = decodeLast(backend);
      const last = request.messages.findLastIndex((message) => message.role === 'assistant');
      const content = [...(request.messages[last]?.content ?? [])];
      expect(content.slice(0, 2)).toEqual([
        {
          type: 'reasoning',
          text: 'Zwei Städte, zwei Aufrufe. 🌍',
          signature: { origin: 'anthropic-messages', value: 'EqQB+/=' },
        },
        { type: 'text', text: 'Ich sehe nach 東京.' },
      ]);
      expect(
        content
          .slice(2)
          .map((part) => 'id' in part && [part.id, 'arguments' in part && part.arguments])
          .sort(),
      ).toEqual([
        ['a', '{"city":"Zürich"}'],
        ['b', '{}'],
      ]);
      expect(request.messages[last + 1]).toMatchObject({
        role: 'tool',
        content: [
          { callId: 'b', content: [{ text: 'b' }] },
          { callId: 'a', content: [{ text: 'a' }] },
        ],
      });
    }
  });

  it('reads ends of all kinds', async () => {
    const start = answer.slice(0, 1);
    for (const [reason, word] of [
      ['length', 'MAX_TOKENS'],
      ['content-filter', 'SAFETY'],
      ['refusal', 'SAFETY'],
      ['stop', 'STOP'],
    ] as const) {
      serve([...start, { type: 'finish', choice: 0, reason }]);
      expect((await ask()).candidates?.[0]?.finishReason).toBe(word);
      const chunks = await stream();
      expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe(word);
    }
    serve([
      ...start,
      { type: 'block-start', index: 0, choice: 0, block: { type: 'refusal' } },
      { type: 'block-delta', index: 0, text: 'No.' },
      { type: 'block-end', index: 0 },
      { type: 'finish', choice: 0, reason: 'refusal' },
    ]);
    expect((await ask()).text).toBe('No.');
    expect((await stream()).map((chunk) => chunk.text ?? '').join('')).toBe('No.');
  });

  it('is told no half call', async () => {
    for (const [reason, word] of [
      ['length', 'MAX_TOKENS'],
      ['tool-calls', 'MALFORMED_FUNCTION_CALL'],
    ] as const) {
      serve([
        ...answer.slice(0, 1),
        {
          type: 'block-start',
          index: 0,
          choice: 0,
          block: { type: 'tool-call', id: 'a', name: 'rm', kind: 'function' },
        },
        { type: 'block-delta', index: 0, text: '{"path":"/tm' },
        { type: 'block-end', index: 0 },
        { type: 'finish', choice: 0, reason },
      ]);
      for (const responses of [[await ask()], await stream()]) {
        expect(responses.flatMap((response) => response.functionCalls ?? [])).toEqual([]);
        expect(responses.at(-1)?.candidates?.[0]?.finishReason).toBe(word);
      }
    }
  });

  it('reads several candidates and probabilities', async () => {
    const logprobs = [{ token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -3 }] }];
    serve([
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-start', index: 1, choice: 1, block: { type: 'text' } },
      { type: 'block-delta', index: 1, text: 'b' },
      { type: 'block-delta', index: 0, text: 'a', logprobs },
      { type: 'block-end', index: 0 },
      { type: 'block-end', index: 1 },
      { type: 'finish', choice: 1, reason: 'length' },
      { type: 'finish', choice: 0, reason: 'stop' },
    ]);
    const { candidates } = await ask();
    expect(candidates).toMatchObject([
      {
        index: 0,
        content: { parts: [{ text: 'a' }] },
        finishReason: 'STOP',
        logprobsResult: {
          chosenCandidates: [{ token: 'a', logProbability: -0.1 }],
          topCandidates: [{ candidates: [{ token: 'b', logProbability: -3 }] }],
        },
      },
      { index: 1, content: { parts: [{ text: 'b' }] }, finishReason: 'MAX_TOKENS' },
    ]);
    const chunks = (await stream()).flatMap((chunk) => chunk.candidates ?? []);
    for (const candidate of candidates ?? []) {
      const own = chunks.filter(({ index }) => index === candidate.index);
      // The last chunk says nothing, in a part: without one the SDK's chats forget the answer.
      expect(own.flatMap(({ content }) => content?.parts ?? [])).toEqual([
        ...(candidate.content?.parts ?? []),
        { text: '' },
      ]);
      expect(own.at(-1)?.finishReason).toBe(candidate.finishReason);
      expect(own.find(({ logprobsResult }) => logprobsResult)?.logprobsResult).toEqual(candidate.logprobsResult);
    }
  });

  it('remembers what it streamed, citations included', async () => {
    serve([
      ...answer.slice(0, -2),
      {
        type: 'block-annotation',
        index: 1,
        origin: 'gemini',
        data: { groundingMetadata: { webSearchQueries: ['a'] } },
      },
      ...answer.slice(-2),
    ]);
    const chat = sdk.chats.create({ model: 'smart' });
    await drain(await chat.sendMessageStream({ message: 'hi' }));
    const said = chat.getHistory().flatMap(({ role, parts }) => (role === 'model' ? (parts ?? []) : []));
    expect(said.map(({ text }) => text ?? '').join('')).toBe('Zwei Städte, zwei Aufrufe. 🌍Ich sehe nach 東京.');
    expect(said.flatMap(({ functionCall }) => functionCall?.name ?? []).sort()).toEqual(['now', 'weather']);
  });

  it('throws our errors as its own, before and inside of a stream', async () => {
    const error = new GatewayError('rate-limited', 'Too many requests.', { retryAfterMs: 1_500, param: 'contents[0]' });
    const { status, body } = client.encodeError(error, 'req1');
    expect(body).toEqual({
      error: {
        code: 429,
        message: 'Too many requests.',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'RATE_LIMIT_EXCEEDED', domain: 'tollgate' },
          { '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'req1' },
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field: 'contents[0]', description: 'Too many requests.' }],
          },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' },
        ],
      },
    });
    next = () => ({ status, type: 'application/json', text: JSON.stringify(body) });
    await expect(ask()).rejects.toMatchObject({ name: 'ApiError', status: 429 });
    await expect(stream()).rejects.toBeInstanceOf(ApiError);
    // Whoever speaks both sides reads back what was meant.
    expect(provider.decodeError({ status, headers: {}, body: JSON.stringify(body) })).toMatchObject({
      kind: 'upstream-throttled',
      retryAfterMs: 1_500,
    });

    const encoder = client.createEncoder(chatRequest(), CONTEXT);
    const text = answer
      .slice(0, 8)
      .map((event) => encoder.push(event))
      .join('');
    next = () => ({ text: text + encoder.fail(new GatewayError('upstream-truncated', 'The stream broke.')) });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const chunk of await sdk.models.generateContentStream({ model: 'smart', contents: 'hi' })) {
        seen.push(chunk.text ?? '');
      }
    })();
    await expect(reading).rejects.toMatchObject({ status: 502, message: expect.stringContaining('The stream broke.') });
    expect(seen.join('')).toBe('Ich sehe ');
  });

  it('sends requests that are understood', async () => {
    serve(answer);
    await sdk.models.generateContent({
      model: 'smart',
      contents: [
        { role: 'user', parts: [{ text: 'what is this' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
      ],
      config: {
        systemInstruction: 'be brief',
        temperature: 0.5,
        maxOutputTokens: 100,
        stopSequences: ['END'],
        responseMimeType: 'application/json',
        responseSchema: { type: Type.OBJECT, properties: { a: { type: Type.STRING, nullable: true } } },
        thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 },
        tools: [
          {
            functionDeclarations: [
              {
                name: 'weather',
                description: 'says it',
                parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ['city'] },
              },
            ],
          },
        ],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
      },
    });
    // From version 3 on the SDK asks for `v1` unless it is told another version.
    expect(backend.seen.at(-1)?.url).toBe('/v1/models/smart:generateContent');
    expect(decodeLast(backend)).toEqual({
      model: 'smart',
      stream: false,
      includeUsage: true,
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is this' },
            { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
          ],
        },
      ],
      tools: [
        {
          kind: 'function',
          name: 'weather',
          description: 'says it',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      ],
      toolChoice: { type: 'required' },
      temperature: 0.5,
      maxOutputTokens: 100,
      stop: ['END'],
      candidates: 1,
      responseFormat: {
        type: 'json-schema',
        name: 'response',
        schema: { type: 'object', properties: { a: { type: ['string', 'null'] } } },
      },
      reasoning: { budgetTokens: 1_024, summary: 'auto' },
      extensions: {},
    });
  });

  it('counts tokens', async () => {
    next = () => ({ text: JSON.stringify(encodeCountResponse({ totalTokens: 12, cachedTokens: 3 })) });
    const counted = await sdk.models.countTokens({ model: 'smart', contents: 'hi there' });
    expect(counted).toMatchObject({ totalTokens: 12, cachedContentTokenCount: 3 });
    const { url, body } = backend.seen.at(-1) ?? { url: '', body: {} };
    expect(url).toBe('/v1/models/smart:countTokens');
    expect(decodeCountRequest(body, { model: 'smart' }).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'hi there' }] },
    ]);
  });
});

async function drain(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of chunks);
}

function decodeLast(backend: Backend): ChatRequest {
  return client.decodeRequest(backend.seen.at(-1)?.body ?? {}, { model: 'smart', stream: false });
}
