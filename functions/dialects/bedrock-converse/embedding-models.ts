/**
 * Embedding models have no common interface on Bedrock: each family its own body, by `InvokeModel`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html · …-titan-embed-mm.html ·
 * …-embed-v3.html · …-embed-v4.html · https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
 */
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';

export interface EmbeddingModel {
  /** How many texts one request may carry. */
  readonly maxInputs: number;
  /** Fields that OpenAI does not know, that the model does, and that clients therefore send along. */
  readonly options: readonly string[];
  /** Whether the number of dimensions can be chosen. */
  readonly dimensions: boolean;
  body(texts: readonly string[], dimensions: number | undefined, options: JsonObject): JsonObject;
}

const cohere = (texts: readonly string[], options: JsonObject): JsonObject => ({
  // Demanded; documents are what most vectors are made of.
  input_type: 'search_document',
  ...options,
  texts,
  embedding_types: ['float'],
});

const MODELS: readonly (readonly [name: RegExp, model: EmbeddingModel])[] = [
  [
    /amazon\.titan-embed-text-v2/,
    {
      maxInputs: 1,
      options: ['normalize'],
      dimensions: true,
      body: ([inputText = ''], dimensions, options) => ({ ...options, inputText, ...optional({ dimensions }) }),
    },
  ],
  [
    /amazon\.titan-embed-image/,
    {
      maxInputs: 1,
      options: [],
      dimensions: true,
      body: ([inputText = ''], outputEmbeddingLength) => ({
        inputText,
        ...optional({ embeddingConfig: outputEmbeddingLength === undefined ? undefined : { outputEmbeddingLength } }),
      }),
    },
  ],
  [
    /amazon\.titan-embed/,
    { maxInputs: 1, options: [], dimensions: false, body: ([inputText = '']) => ({ inputText }) },
  ],
  [
    /amazon\.nova.*embed/,
    {
      maxInputs: 1,
      options: [],
      dimensions: true,
      body: ([value = ''], embeddingDimension) => ({
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          // Too long is an error, as it is at OpenAI.
          text: { truncationMode: 'NONE', value },
          ...optional({ embeddingDimension }),
        },
      }),
    },
  ],
  [
    /cohere\.embed-v4/,
    {
      maxInputs: 96,
      options: ['input_type', 'truncate'],
      dimensions: true,
      body: (texts, output_dimension, options) => ({ ...cohere(texts, options), ...optional({ output_dimension }) }),
    },
  ],
  [
    /cohere\.embed/,
    {
      maxInputs: 96,
      options: ['input_type', 'truncate'],
      dimensions: false,
      body: (texts, _dimensions, options) => cohere(texts, options),
    },
  ],
];

export function embeddingModel(model: string): EmbeddingModel {
  const known = MODELS.find(([name]) => name.test(model.toLowerCase()))?.[1];
  if (known !== undefined) return known;
  throw new GatewayError('invalid-request', `"${model}" is no embedding model of Bedrock that is known.`, {
    param: 'model',
  });
}

function optional(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
