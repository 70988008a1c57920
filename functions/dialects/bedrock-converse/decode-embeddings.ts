import type { EmbeddingsReply, EmbeddingsRequest } from '../../core/embeddings.ts';
import { readVector } from '../../core/embeddings-vector.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readCount, readList, readObject } from '../../core/read.ts';
import { NO_USAGE } from '../../core/usage.ts';

/** The families' answers differ enough to be told apart by what is in them. Cohere's says nothing of tokens. */
export function decodeEmbeddings(body: Json, request: EmbeddingsRequest): EmbeddingsReply {
  const answer = readObject(body);
  const vectors = readVectors(answer);
  const expected = request.input.length;
  if (vectors.length !== expected) {
    throw new GatewayError('upstream-malformed', `The provider gave ${vectors.length} vectors for ${expected} inputs.`);
  }
  const tokens = readCount(answer.inputTextTokenCount) || readCount(answer.inputTokenCount);
  return {
    model: '',
    vectors: vectors.map((vector, index) => readVector(vector, `embeddings[${index}]`)),
    ...(tokens === 0 ? {} : { usage: { ...NO_USAGE, inputTokens: tokens } }),
  };
}

function readVectors(answer: JsonObject): readonly Json[] {
  // Titan: one vector.
  if (Array.isArray(answer.embedding)) return [answer.embedding];
  const { embeddings } = answer;
  // Cohere, where types were named: `{"float": [[…]]}`; without, or in Nova's way: `[[…]]`, `[{"embedding": […]}]`.
  if (isJsonObject(embeddings)) return readList(embeddings.float);
  return readList(embeddings).map((item) => (isJsonObject(item) ? (item.embedding ?? null) : item));
}
