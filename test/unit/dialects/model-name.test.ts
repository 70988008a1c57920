/** A client's model may become a part of a provider's path, and must not lead out of it. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../functions/core/json.ts';
import { clientCodec } from '../../../functions/dialects/index.ts';
import { decodeEmbeddingsRequest } from '../../../functions/dialects/openai-chat/index.ts';
import { CLIENT_DIALECTS } from '../../support/fault-wall/runs.ts';

const messages = [{ role: 'user', content: 'Hello' }];
const body = (model: string): JsonObject => ({
  model,
  messages,
  input: 'Hello',
  max_tokens: 10,
  contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
});

describe.each(CLIENT_DIALECTS)('a model that %s clients ask for', (dialect) => {
  const decode = (model: string) => clientCodec(dialect).decodeRequest(body(model), { model }).model;

  it.each(['gemini/../../v1/files', 'gemini/tunedModels/..', '..', './m', 'bedrock/.'])(
    'has no steps up: %s',
    (model) => {
      expect(() => decode(model)).toThrow(expect.objectContaining({ kind: 'invalid-request', param: 'model' }));
    },
  );

  it.each(['gemini/gemini-3.8-flash', 'vllm/org/model.v2', 'm...n', '.hidden', 'a/..b'])('may be %s', (model) => {
    expect(decode(model)).toBe(model);
  });
});

it('holds for embeddings, too', () => {
  expect(() => decodeEmbeddingsRequest(body('gemini/../m'))).toThrow(expect.objectContaining({ param: 'model' }));
});
