import type { JsonObject } from '../../../functions/core/json.ts';
import type { Usage } from '../../../functions/core/usage.ts';
import { listOf } from '../fields.ts';
import type { Reply } from '../provider.ts';
import type { Answer } from '../question.ts';
import { contentOf } from './content.ts';

const STOP_REASONS: { readonly [F in Answer['finish']]: string } = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'end_turn',
  'content-filter': 'content_filtered',
};

export function encodeWhole(reply: Reply): JsonObject {
  return {
    metrics: { latencyMs: 512 },
    output: { message: { role: 'assistant', content: contentOf(reply).map((block) => block.whole) } },
    ...encodeStop(reply),
    ...(reply.omitUsage ? {} : { usage: encodeUsage(reply.usage) }),
  };
}

/** Claude tells its stop sequence to those who ask for that field of its own answer. */
export function encodeStop(reply: Reply): JsonObject {
  const [answer] = reply.answers;
  const paths = listOf(reply.request.additionalModelResponseFieldPaths);
  const value = { stop_sequence: answer.stopSequence ?? null };
  const fields = {
    ...(paths.includes('/stop_sequence') && !reply.asked.stream ? value : {}),
    ...(paths.includes('/delta/stop_sequence') && reply.asked.stream ? { delta: value } : {}),
  };
  return {
    stopReason: STOP_REASONS[answer.finish],
    ...(Object.keys(fields).length === 0 ? {} : { additionalModelResponseFields: fields }),
  };
}

/** Input tokens exclude those that are read from or written to the cache; the total includes them. */
export function encodeUsage(usage: Usage): JsonObject {
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  const details = [
    { ttl: '1h', inputTokens: usage.cacheWrite1hTokens },
    { ttl: '5m', inputTokens: usage.cacheWrite5mTokens },
  ].filter((detail) => detail.inputTokens > 0);
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: usage.inputTokens + usage.cacheReadTokens + written + usage.outputTokens,
    cacheReadInputTokens: usage.cacheReadTokens,
    cacheWriteInputTokens: written,
    ...(details.length === 0 ? {} : { cacheDetails: details }),
    serverToolUsage: {},
  };
}
