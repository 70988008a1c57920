import type { JsonObject } from '../../../functions/core/json.ts';
import { objectOf, objectsOf } from '../fields.ts';
import type { Calculation } from '../provider.ts';
import { camelCase } from './camel-case.ts';
import { hasMedia, MEDIA_TOKENS, readPrompt } from './read-prompt.ts';

/** Either the contents alone, or the whole request that would be sent. */
export function countTokensOf(original: JsonObject): Calculation {
  const body = camelCase(original);
  const request = body.generateContentRequest === undefined ? body : objectOf(body.generateContentRequest);
  const totalTokens = readPrompt(request).reduce((sum, piece) => sum + piece.tokens, 0);
  const parts = objectsOf(request.contents).flatMap((content) => objectsOf(content.parts));
  const media = parts.filter(hasMedia).length * MEDIA_TOKENS;
  const promptTokensDetails = [
    { modality: 'TEXT', tokenCount: totalTokens - media },
    ...(media === 0 ? [] : [{ modality: 'IMAGE', tokenCount: media }]),
  ];
  return { body: { totalTokens, promptTokensDetails }, inputTokens: undefined };
}
