/** Bodies that go through, counts and embeddings. */
import { describe, expect, it } from 'vitest';
import type { EmbeddingsRequest } from '../../../../functions/core/embeddings.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { embeddingsCodec } from '../../../../functions/dialects/embeddings.ts';
import {
  geminiClient as client,
  decodeCountRequest,
  decodeCountResponse,
  geminiEmbeddings as embeddings,
  encodeCountRequest,
  encodeCountResponse,
  geminiProvider as provider,
} from '../../../../functions/dialects/gemini/index.ts';
import { clientCodec, providerCodec } from '../../../../functions/dialects/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { errorOf } from '../../../support/error-of.ts';
import { encodeTarget, HELLO } from './support.ts';

describe('a body that goes through', () => {
  const forward = (body: JsonObject, cap?: number, stream = false, unsupported: readonly string[] = []) => {
    const request = client.decodeRequest(body, { model: 'smart', stream });
    const capped = cap === undefined ? request : { ...request, maxOutputTokens: cap };
    return provider.forwardRequest(body, capped, encodeTarget('gemini-3.8-flash', unsupported));
  };

  it('stays as it is, unknown fields and their order included', () => {
    const body: JsonObject = {
      future_field: { a: [1] },
      contents: [{ parts: [{ text: 'hi', partMetadata: { x: 1 } }] }],
      generation_config: { max_output_tokens: 50, newSetting: true },
    };
    const before = JSON.stringify(body);
    const encoded = forward(body, undefined, true);
    expect(JSON.stringify(encoded.body)).toBe(before);
    expect(encoded).toMatchObject({ path: '/models/gemini-3.8-flash:streamGenerateContent?alt=sse', dropped: [] });
    expect(JSON.stringify(forward({ ...body, model: 'models/smart' }).body)).toBe(before);
    // The gateway lowered the cap.
    expect(JSON.stringify(forward(body, 7).body)).toBe(before.replace('50', '7'));
    expect(JSON.stringify(body)).toBe(before);
  });

  it('gets the cap that the gateway set', () => {
    expect(forward(HELLO, 9).body).toEqual({ ...HELLO, generationConfig: { maxOutputTokens: 9 } });
    expect(forward({ ...HELLO, generationConfig: { topP: 1 } }, 9).body).toEqual({
      ...HELLO,
      generationConfig: { topP: 1, maxOutputTokens: 9 },
    });
  });

  it('loses what the server refuses', () => {
    const body = { ...HELLO, generationConfig: { seed: 1, topP: 1 }, labels: { a: 'b' } };
    expect(forward(body, undefined, false, ['generationConfig.seed', 'labels', 'contents'])).toMatchObject({
      body: { ...HELLO, generationConfig: { topP: 1 } },
      dropped: ['generationConfig.seed', 'labels'],
    });
  });

  describe('with a history that would be refused', () => {
    const wrapped = Buffer.from('tg1.anthropic-messages.EqQB').toString('base64url');
    const call = (name: string, fields: JsonObject = {}): JsonObject => ({
      functionCall: { name, args: {} },
      ...fields,
    });
    const model = (...parts: readonly JsonObject[]): JsonObject => ({ role: 'model', parts });
    const answered = (...pieces: readonly JsonObject[]): readonly JsonObject[] => {
      const hello = { role: 'user', parts: [{ text: 'hi' }] };
      const body = forward({ contents: [hello, ...pieces, hello] }).body as { readonly contents: JsonObject[] };
      expect([body.contents[0], body.contents.at(-1)]).toEqual([hello, hello]);
      return body.contents.slice(1, -1);
    };
    const skipped = { thoughtSignature: 'skip_thought_signature_validator' };

    it('joins the pieces that the SDK keeps of a stream, where functions were called', () => {
      const signed = call('f', { thoughtSignature: 'EioKKAE=' });
      const thought = { text: 'Hm', thought: true };
      expect(answered(model(thought), model(signed), model(call('g')), model({ text: '' }))).toEqual([
        model(thought, signed, call('g'), { text: '' }),
      ]);
      const said = [model({ text: 'a' }), model({ text: 'b' })];
      expect(answered(...said)).toEqual(said);
      expect(answered(model(signed))).toEqual([model(signed)]);
    });

    it('leaves out the thoughts and proofs of other providers, and says so of the call', () => {
      const other = model({ text: 'Hm', thought: true }, { text: '', thought: true, thoughtSignature: wrapped });
      const spoken = { text: 'I see', thoughtSignature: wrapped };
      expect(answered(other, model(spoken), model(call('f', { thought_signature: wrapped }), call('g')))).toEqual([
        model({ text: 'I see' }, call('f', skipped), call('g')),
      ]);
      expect(answered(other)).toEqual([]);
      // Calls that nobody signed were made by another model, too.
      expect(answered(model({ text: 'Hm', thought: true }), model(call('f')))).toEqual([model(call('f', skipped))]);
    });

    it('asks no proof of models that sign nothing', () => {
      const contents = [{ role: 'user', parts: [{ text: 'hi' }] }, model(call('f'))];
      const request = client.decodeRequest({ contents }, { model: 'smart', stream: false });
      expect(provider.forwardRequest({ contents }, request, encodeTarget('gemini-2.5-flash')).body).toEqual({
        contents,
      });
    });
  });

  it('gets all its frames back', () => {
    expect(client.keepFrame({ data: '{"usageMetadata":{}}', raw: '' }, chatRequest())).toBe(true);
  });
});

describe('a count', () => {
  it('is asked for whole requests, and read as one', () => {
    const body = {
      generate_content_request: {
        model: 'models/smart',
        contents: [{ parts: [{ text: 'hi' }] }],
        systemInstruction: { parts: [{ text: 'be brief' }] },
      },
    };
    const request = decodeCountRequest(body);
    expect(request).toMatchObject({ model: 'smart', messages: [{ role: 'system' }, { role: 'user' }] });
    const encoded = encodeCountRequest({ ...request, stream: true }, encodeTarget('gemini-3.8-flash'));
    expect(encoded).toMatchObject({
      path: '/models/gemini-3.8-flash:countTokens',
      body: {
        generateContentRequest: {
          model: 'models/gemini-3.8-flash',
          contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
          systemInstruction: { parts: [{ text: 'be brief' }] },
        },
      },
    });
    expect(decodeCountRequest(encoded.body)).toMatchObject({ model: 'gemini-3.8-flash', messages: request.messages });
    expect(errorOf(() => decodeCountRequest({ generateContentRequest: { contents: [] } }, { model: 'm' })).param).toBe(
      'generateContentRequest.contents',
    );
  });

  it('is a number, or an error', () => {
    expect(decodeCountResponse(encodeCountResponse({ totalTokens: 31 }))).toBe(31);
    expect(encodeCountResponse({ totalTokens: 31, cachedTokens: 0 })).toEqual({ totalTokens: 31 });
    for (const body of [null, {}, { totalTokens: '31' }, { totalTokens: -1 }, { totalTokens: 1.5 }]) {
      expect(errorOf(() => decodeCountResponse(body)).kind).toBe('upstream-malformed');
    }
  });
});

describe('embeddings', () => {
  const request: EmbeddingsRequest = {
    model: 'embed',
    input: ['one', 'two'],
    single: false,
    format: 'float',
    dimensions: 256,
    endUser: 'ann',
    extensions: { gemini: { taskType: 'RETRIEVAL_QUERY' }, 'openai-chat': { truncate: 'END' } },
  };

  it('are asked for one content a text', () => {
    const settings = { model: 'models/gemini-embedding-001', taskType: 'RETRIEVAL_QUERY', outputDimensionality: 256 };
    expect(embeddings.encode(request, encodeTarget('gemini-embedding-001'))).toEqual({
      method: 'POST',
      path: '/models/gemini-embedding-001:batchEmbedContents',
      headers: {},
      body: {
        requests: [
          { content: { parts: [{ text: 'one' }] }, ...settings },
          { content: { parts: [{ text: 'two' }] }, ...settings },
        ],
      },
      dropped: ['user', 'truncate'],
    });
    expect(errorOf(() => embeddings.encode({ ...request, input: [[1, 2]] }, encodeTarget())).param).toBe('input[0]');
    expect(embeddings.maxInputs?.('gemini-embedding-001')).toBe(100);
  });

  it('are read in order, one for each input', () => {
    const answer = { embeddings: [{ values: [0.1, 0.2] }, { values: [1, 2] }], usageMetadata: { promptTokenCount: 4 } };
    expect(embeddings.decode(answer, request)).toMatchObject({
      vectors: [
        { format: 'float', values: [0.1, 0.2] },
        { format: 'float', values: [1, 2] },
      ],
      usage: { inputTokens: 4 },
    });
    expect(embeddings.decode({ embeddings: answer.embeddings }, request)).not.toHaveProperty('usage');
    for (const body of [
      null,
      {},
      { embeddings: [{ values: [1] }] },
      { embeddings: [{ values: [1] }, { values: [] }] },
    ]) {
      expect(errorOf(() => embeddings.decode(body, request)).kind).toBe('upstream-malformed');
    }
  });
});

it('is registered on both sides', () => {
  expect([clientCodec('gemini'), providerCodec('gemini'), embeddingsCodec('gemini')]).toEqual([
    client,
    provider,
    embeddings,
  ]);
});
