import type { EmbeddingsRequest } from '../core/embeddings.ts';
import { estimateTextTokens } from './estimate-text-tokens.ts';

/** Some tokenizers put one token before and one behind each text. */
const PER_INPUT = 2;

/** What a request's inputs are at most, before anybody has counted them. */
export function estimateEmbeddingsTokens(request: EmbeddingsRequest): number {
  return request.input.reduce<number>(
    (total, input) => total + PER_INPUT + (typeof input === 'string' ? estimateTextTokens(input) : input.length),
    0,
  );
}
