import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import type { EmbeddingsRequest } from '../../core/embeddings.ts';
import { textInputs } from '../../core/embeddings-batch.ts';
import { embeddingModel } from './embedding-models.ts';
import { operationPath } from './wire.ts';

export function encodeEmbeddings(request: EmbeddingsRequest, target: EncodeTarget): EncodedRequest {
  const model = embeddingModel(target.model);
  const { dimensions, endUser, extensions } = request;
  const given = Object.values(extensions).flatMap((fields) => Object.entries(fields ?? {}));
  const options = given.filter(([name]) => model.options.includes(name));
  const unknown = given.filter(([name]) => !model.options.includes(name)).map(([name]) => name);
  const chosen = model.dimensions ? dimensions : undefined;
  return {
    method: 'POST',
    path: operationPath(target.model, 'invoke'),
    headers: {},
    body: model.body(textInputs(request), chosen, Object.fromEntries(options)),
    dropped: [
      ...(dimensions === undefined || model.dimensions ? [] : ['dimensions']),
      ...(endUser === undefined ? [] : ['user']),
      ...unknown,
    ],
  };
}
