import type { EmbeddingsReply, EmbeddingsRequest } from '../../core/embeddings.ts';
import { toBase64, toFloats } from '../../core/embeddings-vector.ts';
import type { JsonObject } from '../../core/json.ts';
import { totalInputTokens, type Usage } from '../../core/usage.ts';

/** In the format that the client asked for, whichever the provider gave. `usage` is estimated where none was reported. */
export function encodeEmbeddingsResponse(reply: EmbeddingsReply, request: EmbeddingsRequest, usage: Usage): JsonObject {
  const tokens = totalInputTokens(usage);
  return {
    object: 'list',
    data: reply.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: request.format === 'base64' ? toBase64(vector) : toFloats(vector),
    })),
    model: reply.model === '' ? request.model : reply.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}
