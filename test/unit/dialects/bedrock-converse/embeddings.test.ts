import { describe, expect, it } from 'vitest';
import type { EmbeddingsRequest } from '../../../../functions/core/embeddings.ts';
import { bedrockEmbeddings as codec } from '../../../../functions/dialects/bedrock-converse/index.ts';
import { encodeTarget } from './support.ts';

const request = (fields: Partial<EmbeddingsRequest> = {}): EmbeddingsRequest => ({
  model: 'embed',
  input: ['one'],
  single: true,
  format: 'float',
  extensions: {},
  ...fields,
});
const encode = (model: string, fields: Partial<EmbeddingsRequest> = {}) =>
  codec.encode(request(fields), encodeTarget(model));

const TITAN_2 = 'amazon.titan-embed-text-v2:0';
const TITAN_1 = 'amazon.titan-embed-text-v1';
const TITAN_IMAGE = 'amazon.titan-embed-image-v1';
const COHERE_3 = 'cohere.embed-multilingual-v3';
const COHERE_4 = 'us.cohere.embed-v4:0';
const NOVA = 'amazon.nova-2-multimodal-embeddings-v1:0';

describe('embeddings', () => {
  it.each([
    [TITAN_2, { inputText: 'one', dimensions: 256 }, []],
    [TITAN_1, { inputText: 'one' }, ['dimensions']],
    [TITAN_IMAGE, { inputText: 'one', embeddingConfig: { outputEmbeddingLength: 256 } }, []],
    [COHERE_3, { input_type: 'search_document', texts: ['one'], embedding_types: ['float'] }, ['dimensions']],
    [
      COHERE_4,
      { input_type: 'search_document', texts: ['one'], embedding_types: ['float'], output_dimension: 256 },
      [],
    ],
    [
      NOVA,
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          embeddingDimension: 256,
          text: { truncationMode: 'NONE', value: 'one' },
        },
      },
      [],
    ],
  ])('of %s', (model, body, dropped) => {
    expect(encode(model, { dimensions: 256 })).toEqual({
      method: 'POST',
      path: `/model/${encodeURIComponent(model)}/invoke`,
      headers: {},
      body,
      dropped,
    });
  });

  it('come one by one, or up to 96 of Cohere at once', () => {
    expect(codec.maxInputs?.(TITAN_2)).toBe(1);
    expect(codec.maxInputs?.(COHERE_4)).toBe(96);
    expect(encode(COHERE_3, { input: ['a', 'b'] }).body.texts).toEqual(['a', 'b']);
  });

  it('take the options that the model knows, and name the rest', () => {
    const extensions = { 'openai-chat': { input_type: 'search_query', normalize: false } };
    expect(encode(COHERE_4, { extensions, endUser: 'u' })).toMatchObject({
      body: { input_type: 'search_query' },
      dropped: ['user', 'normalize'],
    });
    expect(encode(TITAN_2, { extensions })).toMatchObject({ body: { normalize: false }, dropped: ['input_type'] });
  });

  it('take text, and models that embed', () => {
    expect(() => encode(TITAN_2, { input: [[1, 2]] })).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'input' }),
    );
    expect(() => encode('anthropic.claude-sonnet-4-5')).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'model' }),
    );
  });

  it.each<readonly [string, object, number | undefined]>([
    ['Titan', { embedding: [0.5, 1], inputTextTokenCount: 3, embeddingsByType: { float: [0.5, 1] } }, 3],
    ['Cohere by type', { embeddings: { float: [[0.5, 1]] }, response_type: 'embeddings_by_type' }, undefined],
    ['Cohere', { embeddings: [[0.5, 1]], response_type: 'embeddings_floats' }, undefined],
    ['Nova', { embeddings: [{ embeddingType: 'TEXT', embedding: [0.5, 1] }], inputTokenCount: 4 }, 4],
  ])('are read as %s gives them', (_, body, tokens) => {
    const reply = codec.decode(JSON.parse(JSON.stringify(body)), request());
    expect(reply.vectors).toEqual([{ format: 'float', values: [0.5, 1] }]);
    expect(reply.usage?.inputTokens).toBe(tokens);
  });

  it.each([
    null,
    {},
    { embedding: 'x' },
    { embeddings: [] },
    { embeddings: { float: [[1], [2]] } },
    { embeddings: [['a']] },
  ])('that are not one vector for each input are refused: %j', (body) => {
    expect(() => codec.decode(body, request())).toThrow(expect.objectContaining({ kind: 'upstream-malformed' }));
  });
});
