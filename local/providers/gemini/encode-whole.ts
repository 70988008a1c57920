import type { JsonObject } from '../../../functions/core/json.ts';
import { totalInputTokens, type Usage } from '../../../functions/core/usage.ts';
import { objectsOf } from '../fields.ts';
import type { Reply } from '../provider.ts';
import type { Answer } from '../question.ts';
import { camelCase } from './camel-case.ts';
import { partsOf } from './parts.ts';
import { hasMedia, MEDIA_TOKENS } from './read-prompt.ts';

export const FINISH_REASONS: { readonly [F in Answer['finish']]: string } = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'PROHIBITED_CONTENT',
};

export function encodeWhole(reply: Reply): JsonObject {
  if (isBlocked(reply)) return { ...encodeBlocked(reply), ...encodeFrame(reply) };
  return {
    candidates: reply.answers.map((answer, index) => {
      const parts = partsOf(answer, reply).parts.map((part) => part.whole);
      return {
        // Where thoughts used up all tokens, the content has no parts.
        content: {
          ...(parts.length === 0 ? {} : { parts: parts.filter((part) => part !== undefined) }),
          role: 'model',
        },
        finishReason: FINISH_REASONS[answer.finish],
        index,
        ...(answer.finish === 'tool-calls' ? { finishMessage: 'Model generated function call(s).' } : {}),
      };
    }),
    ...(reply.omitUsage ? {} : { usageMetadata: encodeUsage(reply, reply.usage) }),
    ...encodeFrame(reply),
  };
}

/** A prompt that is refused has no candidates, and costs its input. */
export function isBlocked(reply: Reply): boolean {
  return reply.answers[0].finish === 'refusal';
}

export function encodeBlocked(reply: Reply): JsonObject {
  return {
    promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
    ...(reply.omitUsage ? {} : { usageMetadata: encodeUsage(reply, reply.usage) }),
  };
}

/** What every chunk repeats. */
export function encodeFrame(reply: Reply): JsonObject {
  return { modelVersion: reply.model, responseId: reply.id };
}

/** Gemini's prompt tokens include the cached ones; its candidates' tokens leave the thoughts out. */
export function encodeUsage(reply: Reply, usage: Usage): JsonObject {
  const prompt = totalInputTokens(usage);
  const candidates = usage.outputTokens - usage.reasoningTokens;
  const media = mediaTokens(reply.request);
  const details = [
    { modality: 'TEXT', tokenCount: prompt - media },
    ...(media === 0 ? [] : [{ modality: 'IMAGE', tokenCount: media }]),
  ];
  return {
    promptTokenCount: prompt,
    ...(candidates === 0 ? {} : { candidatesTokenCount: candidates }),
    totalTokenCount: prompt + usage.outputTokens,
    ...(usage.cacheReadTokens === 0
      ? {}
      : {
          cachedContentTokenCount: usage.cacheReadTokens,
          cacheTokensDetails: [{ modality: 'TEXT', tokenCount: usage.cacheReadTokens }],
        }),
    promptTokensDetails: details,
    ...(usage.reasoningTokens === 0 ? {} : { thoughtsTokenCount: usage.reasoningTokens }),
  };
}

function mediaTokens(request: JsonObject): number {
  const parts = objectsOf(camelCase(request).contents).flatMap((content) => objectsOf(content.parts));
  return parts.filter(hasMedia).length * MEDIA_TOKENS;
}
