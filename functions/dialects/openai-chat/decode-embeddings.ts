import type { EmbeddingsReply, EmbeddingsRequest } from '../../core/embeddings.ts';
import { readVector } from '../../core/embeddings-vector.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { readCount, readList, readObject, readText } from '../../core/read.ts';
import { NO_USAGE } from '../../core/usage.ts';

export function decodeEmbeddings(body: Json, request: EmbeddingsRequest): EmbeddingsReply {
  const answer = readObject(body);
  const items = readList(answer.data).map(readObject);
  const expected = request.input.length;
  if (items.length !== expected) {
    throw new GatewayError('upstream-malformed', `The provider gave ${items.length} vectors for ${expected} inputs.`);
  }
  // The order is the index's to say, where there is one: servers that embed in parallel answer as they finish.
  const ordered = items.every((item) => typeof item.index === 'number')
    ? items.toSorted((one, other) => Number(one.index) - Number(other.index))
    : items;
  const usage = readObject(answer.usage);
  const tokens = readCount(usage.prompt_tokens) || readCount(usage.total_tokens);
  return {
    model: readText(answer.model),
    vectors: ordered.map((item, index) => readVector(item.embedding, `data[${index}].embedding`)),
    ...(tokens === 0 ? {} : { usage: { ...NO_USAGE, inputTokens: tokens } }),
  };
}
