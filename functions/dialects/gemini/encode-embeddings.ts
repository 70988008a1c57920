/** https://ai.google.dev/api/embeddings#method:-models.batchembedcontents */
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readCount, readList, readObject } from '../../core/read.ts';
import { modelPath } from './wire.ts';

export interface EmbeddingsInput {
  readonly inputs: readonly string[];
  readonly dimensions?: number;
}

export interface EmbeddingsOutput {
  /** One for each input, in the order of the inputs. */
  readonly vectors: readonly (readonly number[])[];
  /** Undefined where the provider does not say. */
  readonly inputTokens: number | undefined;
}

export function encodeEmbeddings({ inputs, dimensions }: EmbeddingsInput, target: EncodeTarget): EncodedRequest {
  const path = modelPath(target.model);
  const requests = inputs.map(
    (text): JsonObject => ({
      model: path.slice(1),
      content: { parts: [{ text }] },
      ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
    }),
  );
  return { method: 'POST', path: `${path}:batchEmbedContents`, headers: {}, body: { requests }, dropped: [] };
}

export function decodeEmbeddings(body: Json, inputs: number): EmbeddingsOutput {
  const { embeddings, usageMetadata } = readObject(body);
  const vectors = readList(embeddings).map((item) => readVector(readObject(item).values));
  if (vectors.length !== inputs) {
    throw new GatewayError(
      'upstream-malformed',
      `The provider sent ${vectors.length} embeddings for ${inputs} inputs.`,
    );
  }
  const tokens = readCount(readObject(usageMetadata).promptTokenCount);
  return { vectors, inputTokens: tokens === 0 ? undefined : tokens };
}

function readVector(values: Json | undefined): readonly number[] {
  const vector = readList(values).filter((value) => typeof value === 'number');
  if (vector.length > 0 && Array.isArray(values) && vector.length === values.length) return vector;
  throw new GatewayError('upstream-malformed', 'The provider sent an embedding that is no list of numbers.');
}
