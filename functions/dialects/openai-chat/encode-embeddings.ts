import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import type { EmbeddingsRequest } from '../../core/embeddings.ts';
import { createRequest } from './encode-request.ts';
import { EMBEDDINGS_PATH } from './wire.ts';

export function encodeEmbeddings(request: EmbeddingsRequest, target: EncodeTarget): EncodedRequest {
  const { input, single, format, dimensions, endUser } = request;
  // The answer is read in either format: a server that knows floats only is not asked for more, and nothing is lost.
  const asks = format === 'base64' && !target.quirks.unsupported.includes('encoding_format');
  const body = {
    ...request.extensions['openai-chat'],
    model: target.model,
    input: single ? (input[0] ?? '') : input,
    ...(asks ? { encoding_format: format } : {}),
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(endUser === undefined ? {} : { user: endUser }),
  };
  return createRequest(body, target, [], EMBEDDINGS_PATH);
}
