/** https://ai.google.dev/api/embeddings#method:-models.batchembedcontents */
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import type { EmbeddingsRequest } from '../../core/embeddings.ts';
import { textInputs } from '../../core/embeddings-batch.ts';
import type { JsonObject } from '../../core/json.ts';
import { DIALECT, modelPath } from './wire.ts';

/** "BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch" */
export const MAX_INPUTS = 100;

/** Each text is a content of its own: the newer models make one vector of all parts of a content. */
export function encodeEmbeddings(request: EmbeddingsRequest, target: EncodeTarget): EncodedRequest {
  const path = modelPath(target.model);
  const { dimensions, endUser, extensions } = request;
  const settings = {
    ...extensions[DIALECT],
    ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
  };
  const requests = textInputs(request).map(
    (text): JsonObject => ({ model: path.slice(1), content: { parts: [{ text }] }, ...settings }),
  );
  const foreign = Object.entries(extensions).flatMap(([dialect, fields]) =>
    dialect === DIALECT ? [] : Object.keys(fields ?? {}),
  );
  return {
    method: 'POST',
    path: `${path}:batchEmbedContents`,
    headers: {},
    body: { requests },
    dropped: [...(endUser === undefined ? [] : ['user']), ...foreign],
  };
}
