import type { ChatRequest } from './chat.ts';

/** What Claude's interfaces have no word for. A value that changes nothing is not reported. */
export function withoutWord(request: ChatRequest): readonly string[] {
  const set: readonly (readonly [parameter: string, isSet: boolean])[] = [
    ['n', request.candidates !== 1],
    ['seed', request.seed !== undefined],
    ['presence_penalty', (request.presencePenalty ?? 0) !== 0],
    ['frequency_penalty', (request.frequencyPenalty ?? 0) !== 0],
    ['logprobs', request.logprobs === true],
    ['top_logprobs', (request.topLogprobs ?? 0) !== 0],
    ['logit_bias', Object.keys(request.logitBias ?? {}).length > 0],
    ['prompt_cache_key', request.promptCacheKey !== undefined],
  ];
  return set.filter(([, isSet]) => isSet).map(([parameter]) => parameter);
}
