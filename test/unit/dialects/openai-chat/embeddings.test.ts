import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../../functions/core/chat.ts';
import type { EmbeddingsReply } from '../../../../functions/core/embeddings.ts';
import { joinReplies, splitEmbeddings, textInputs } from '../../../../functions/core/embeddings-batch.ts';
import { toBase64, toFloats } from '../../../../functions/core/embeddings-vector.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { embeddingsCodec } from '../../../../functions/dialects/embeddings.ts';
import { decodeEmbeddingsRequest, encodeEmbeddingsResponse } from '../../../../functions/dialects/openai-chat/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { RECORDINGS } from '../../../support/recordings.ts';
import { target } from './support.ts';

const codec = embeddingsCodec('openai-chat');
const asked = (fields: JsonObject = {}) => decodeEmbeddingsRequest({ model: 'embed', input: 'hi', ...fields });
const answer = (embeddings: readonly Json[], fields: JsonObject = {}): JsonObject => ({
  object: 'list',
  data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  model: 'embed-1',
  usage: { prompt_tokens: 7, total_tokens: 7 },
  ...fields,
});
/** As Node writes them, to hold our own reading and writing against. */
const base64 = (values: readonly number[]): string => Buffer.from(new Float32Array(values).buffer).toString('base64');

describe('decodeEmbeddingsRequest', () => {
  it.each<[Json, readonly Json[], boolean]>([
    ['one', ['one'], true],
    [['one', 'two'], ['one', 'two'], false],
    [[1, 2, 3], [[1, 2, 3]], true],
    [[[1, 2], [3]], [[1, 2], [3]], false],
    [['one', [3]], ['one', [3]], false],
  ])('reads the input %j', (input, inputs, single) => {
    expect(asked({ input })).toMatchObject({ model: 'embed', input: inputs, single, format: 'float' });
  });

  it('reads what else there is, and keeps what it does not know', () => {
    expect(asked({ dimensions: 256, encoding_format: 'base64', user: 'u', input_type: 'query', extra: null })).toEqual({
      model: 'embed',
      input: ['hi'],
      single: true,
      format: 'base64',
      dimensions: 256,
      endUser: 'u',
      extensions: { 'openai-chat': { input_type: 'query' } },
    });
  });

  it.each<[JsonObject, string, string]>([
    [{ input: undefined }, 'input', 'input is missing.'],
    [{ input: null }, 'input', 'input must be a string, a list of strings, or tokens.'],
    [{ input: '' }, 'input', 'input must not be empty.'],
    [{ input: [] }, 'input', 'input must not be empty.'],
    [{ input: ['a', ''] }, 'input[1]', 'input[1] must not be empty.'],
    [{ input: [[]] }, 'input[0]', 'input[0] must not be empty.'],
    [{ input: ['a', 5] }, 'input[1]', 'input[1] must be a string or a list of tokens.'],
    [{ input: [1, 'a'] }, 'input[1]', 'input[1] must be a token: a whole number from 0.'],
    [{ input: [[1, -2]] }, 'input[0][1]', 'input[0][1] must be a token: a whole number from 0.'],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 'input', 'input must not be longer than 2048.'],
    [{ model: '' }, 'model', 'model must not be empty.'],
    [{ dimensions: 0 }, 'dimensions', 'dimensions must be at least 1.'],
    [{ encoding_format: 'int8' }, 'encoding_format', 'encoding_format must be "float" or "base64".'],
  ])('refuses %j', (fields, param, message) => {
    const error = errorOf(() => asked(fields));
    expect(error).toMatchObject({ kind: 'invalid-request', param, message });
  });
});

describe('the provider side', () => {
  it('sends what was asked for, and floats without saying so', () => {
    const request = asked({ input: 'hi', dimensions: 3, user: 'u', input_type: 'query' });
    expect(codec.encode(request, target())).toEqual({
      method: 'POST',
      path: '/embeddings',
      headers: {},
      body: { input_type: 'query', model: 'gpt-x', input: 'hi', dimensions: 3, user: 'u' },
      dropped: [],
    });
    expect(codec.encode(asked({ input: ['hi'] }), target()).body.input).toEqual(['hi']);
    expect(codec.encode(asked({ input: [1, 2] }), target()).body.input).toEqual([1, 2]);
  });

  it('asks for base64 only where the provider knows it, and misses nothing', () => {
    const request = asked({ encoding_format: 'base64' });
    expect(codec.encode(request, target()).body.encoding_format).toBe('base64');
    const sent = codec.encode(request, target({ unsupported: ['encoding_format'] }));
    expect(sent.body).not.toHaveProperty('encoding_format');
    expect(sent.dropped).toEqual([]);
  });

  it('names what the provider refuses', () => {
    expect(codec.encode(asked({ dimensions: 3 }), target({ unsupported: ['dimensions'] })).dropped).toEqual([
      'dimensions',
    ]);
  });

  it('puts vectors in the order of their inputs', () => {
    const body = answer([[1], [2], [3]]);
    const shuffled = { ...body, data: (body.data as readonly Json[]).toReversed() };
    const reply = codec.decode(shuffled, asked({ input: ['a', 'b', 'c'] }));
    expect(reply.vectors.map(toFloats)).toEqual([[1], [2], [3]]);
    expect(reply).toMatchObject({ model: 'embed-1', usage: { ...NO_USAGE, inputTokens: 7 } });
  });

  it('reads floats and base64, whatever was asked for', () => {
    const values = [0.5, -1.25, 3];
    expect(codec.decode(answer([base64(values)]), asked()).vectors.map(toFloats)).toEqual([values]);
    expect(codec.decode(answer([values]), asked({ encoding_format: 'base64' })).vectors.map(toBase64)).toEqual([
      base64(values),
    ]);
  });

  it('has no usage where none was counted', () => {
    expect(codec.decode(answer([[1]], { usage: null }), asked())).not.toHaveProperty('usage');
    expect(codec.decode(answer([[1]], { usage: { total_tokens: 3 } }), asked()).usage?.inputTokens).toBe(3);
  });

  it.each<[string, Json]>([
    ['nothing', {}],
    ['a list', []],
    ['too few', answer([])],
    ['too many', answer([[1], [2]])],
    ['no numbers', answer([['a']])],
    ['an empty vector', answer([[]])],
    ['no vector', answer([null])],
  ])('refuses an answer with %s', (_, body) => {
    expect(errorOf(() => codec.decode(body, asked())).kind).toBe('upstream-malformed');
  });

  it.runIf(RECORDINGS)('reads what OpenAI sent', () => {
    const body = JSON.parse(readFileSync(join(RECORDINGS ?? '', 'openai/openai-embedding.json'), 'utf8'));
    const request = asked({ input: ['one', 'two'] });
    const reply = codec.decode(body, request);
    expect(encodeEmbeddingsResponse(reply, request, reply.usage ?? NO_USAGE)).toEqual(body);
  });

  it('is there for both of OpenAI’s dialects, and a 400 elsewhere', () => {
    expect(embeddingsCodec('openai-responses')).toBe(codec);
    expect(errorOf(() => embeddingsCodec('anthropic-messages' satisfies Dialect))).toMatchObject({
      kind: 'invalid-request',
      param: 'model',
    });
  });
});

describe('encodeEmbeddingsResponse', () => {
  const reply: EmbeddingsReply = { model: '', vectors: [{ format: 'float', values: [0.5, -1] }] };

  it('gives the format that was asked for, and the name that the client knows', () => {
    const usage = { ...NO_USAGE, inputTokens: 4 };
    const wanted = { object: 'list', model: 'embed', usage: { prompt_tokens: 4, total_tokens: 4 } };
    expect(encodeEmbeddingsResponse(reply, asked(), usage)).toEqual({
      ...wanted,
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }],
    });
    expect(encodeEmbeddingsResponse(reply, asked({ encoding_format: 'base64' }), usage)).toEqual({
      ...wanted,
      data: [{ object: 'embedding', index: 0, embedding: base64([0.5, -1]) }],
    });
  });
});

describe('vectors', () => {
  it('are the same in base64 and back, at any length', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 5000 }), (values) => {
        const data = toBase64({ format: 'float', values });
        expect(data).toBe(base64(values));
        expect(toFloats({ format: 'base64', data })).toEqual([...new Float32Array(values)]);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['AAAAAAA=', 'not base64!'])('that are no floats are the provider’s fault: %s', (data) => {
    expect(errorOf(() => toFloats({ format: 'base64', data })).kind).toBe('upstream-malformed');
  });
});

describe('batches', () => {
  const request = asked({ input: ['a', 'b', 'c', 'd', 'e'] });

  it('split and join in order', () => {
    const parts = splitEmbeddings(request, 2);
    expect(parts.map((part) => part.input)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    const replies = parts.map((part, index) => ({
      model: index === 0 ? '' : 'm',
      vectors: part.input.map((input) => ({ format: 'base64' as const, data: String(input) })),
      usage: { ...NO_USAGE, inputTokens: 2 },
    }));
    expect(joinReplies(replies)).toEqual({
      model: 'm',
      vectors: request.input.map((data) => ({ format: 'base64', data })),
      usage: { ...NO_USAGE, inputTokens: 6 },
    });
    const [first, ...rest] = replies;
    expect(joinReplies([{ model: '', vectors: first?.vectors ?? [] }, ...rest])).not.toHaveProperty('usage');
  });

  it('leave alone what fits', () => {
    expect(splitEmbeddings(request)).toEqual([request]);
    expect(splitEmbeddings(request, 5)).toEqual([request]);
  });

  it('refuse tokens where only text is understood', () => {
    expect(textInputs(request)).toEqual(request.input);
    expect(errorOf(() => textInputs(asked({ input: [1, 2] })))).toMatchObject({ param: 'input' });
    expect(errorOf(() => textInputs(asked({ input: ['a', [1]] })))).toMatchObject({ param: 'input[1]' });
  });
});
