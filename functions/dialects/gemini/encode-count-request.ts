/** https://ai.google.dev/api/tokens: a whole request, so that instructions and tools are counted, too. */
import type { ChatRequest } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { encodeRequest } from './encode-request.ts';
import { modelPath } from './wire.ts';

export function encodeCountRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const encoded = encodeRequest({ ...request, stream: false }, target);
  const path = modelPath(target.model);
  return {
    ...encoded,
    path: `${path}:countTokens`,
    body: { generateContentRequest: { model: path.slice(1), ...encoded.body } },
  };
}
