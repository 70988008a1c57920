import type { EmbeddingsReply, EmbeddingsRequest } from '../../core/embeddings.ts';
import { readVector } from '../../core/embeddings-vector.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { readCount, readList, readObject } from '../../core/read.ts';
import { NO_USAGE } from '../../core/usage.ts';

export function decodeEmbeddings(body: Json, request: EmbeddingsRequest): EmbeddingsReply {
  const answer = readObject(body);
  const items = readList(answer.embeddings).map(readObject);
  const expected = request.input.length;
  if (items.length !== expected) {
    throw new GatewayError('upstream-malformed', `The provider gave ${items.length} vectors for ${expected} inputs.`);
  }
  const tokens = readCount(readObject(answer.usageMetadata).promptTokenCount);
  return {
    // The answer does not say.
    model: '',
    vectors: items.map((item, index) => readVector(item.values, `embeddings[${index}].values`)),
    ...(tokens === 0 ? {} : { usage: { ...NO_USAGE, inputTokens: tokens } }),
  };
}
