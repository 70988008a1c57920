/** Lists of inputs that are longer than a provider takes at once, and texts for providers that take nothing else. */
import type { EmbeddingsReply, EmbeddingsRequest } from './embeddings.ts';
import { invalidRequest } from './parse.ts';
import { addUsage } from './usage.ts';

/** Requests of at most so many inputs each, in order. One that fits stays as it is. */
export function splitEmbeddings(request: EmbeddingsRequest, maxInputs = Infinity): readonly EmbeddingsRequest[] {
  if (request.input.length <= maxInputs) return [request];
  return Array.from({ length: Math.ceil(request.input.length / maxInputs) }, (_, index) => ({
    ...request,
    input: request.input.slice(index * maxInputs, (index + 1) * maxInputs),
  }));
}

/** The answers to the requests of `splitEmbeddings`, in their order. What one of them did not count, nobody can add up. */
export function joinReplies(replies: readonly EmbeddingsReply[]): EmbeddingsReply {
  const usages = replies.flatMap((reply) => (reply.usage === undefined ? [] : [reply.usage]));
  const complete = usages.length === replies.length && usages.length > 0;
  return {
    model: replies.find((reply) => reply.model !== '')?.model ?? '',
    vectors: replies.flatMap((reply) => reply.vectors),
    ...(complete ? { usage: usages.reduce(addUsage) } : {}),
  };
}

/** Throws a 400 for tokens of OpenAI's tokenizer: to any other model they are other words. */
export function textInputs(request: EmbeddingsRequest): readonly string[] {
  return request.input.map((input, index) => {
    if (typeof input === 'string') return input;
    throw invalidRequest(request.single ? ['input'] : ['input', index], 'must be text: this model takes no tokens');
  });
}
