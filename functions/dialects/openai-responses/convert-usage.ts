import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readCount, readObject } from '../../core/read.ts';
import { totalInputTokens, totalOutputTokens, type Usage } from '../../core/usage.ts';

/**
 * Cached and written tokens are counted inside of `input_tokens`, reasoning inside of `output_tokens`. Of a cache that
 * lives for half an hour or for half a day, the latter is the longer of the two classes there are.
 */
export function convertUsage(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  if (typeof value.input_tokens !== 'number' && typeof value.output_tokens !== 'number') return undefined;
  const input = readCount(value.input_tokens);
  const output = readCount(value.output_tokens);
  const inputs = readObject(value.input_tokens_details);
  const cacheRead = Math.min(readCount(inputs.cached_tokens), input);
  const written = Math.min(readCount(inputs.cache_write_tokens), input - cacheRead);
  const longLived = Math.min(readCount(readObject(inputs.cache_write_tokens_details).ttl_12h_tokens), written);
  return {
    inputTokens: input - cacheRead - written,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: written - longLived,
    cacheWrite1hTokens: longLived,
    outputTokens: output,
    reasoningTokens: Math.min(readCount(readObject(value.output_tokens_details).reasoning_tokens), output),
    audioInputTokens: 0,
    audioOutputTokens: 0,
  };
}

export function toWireUsage(usage: Usage): JsonObject {
  const input = totalInputTokens(usage);
  const output = totalOutputTokens(usage);
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + output,
  };
}
