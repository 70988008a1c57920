/**
 * OpenAI's usage counts cached and audio tokens inside of `prompt_tokens`, and reasoning inside of `completion_tokens`.
 * Compatible servers depart from it in ways that show in the numbers, so that nobody has to be asked who they are:
 *  - DeepSeek says `prompt_cache_hit_tokens`, Moonshot `cached_tokens`, OpenRouter `cache_write_tokens`;
 *  - xAI, and Gemini's compatible interface, leave reasoning out of `completion_tokens`, but not out of `total_tokens`;
 *  - gateways in front of Anthropic leave cached tokens out of `prompt_tokens`.
 */

import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readCount, readObject } from '../../core/read.ts';
import { totalInputTokens, totalOutputTokens, type Usage } from '../../core/usage.ts';

/** Undefined where the value counts nothing: `null`, `{}`, or something else altogether. */
export function convertUsage(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  if (typeof value.prompt_tokens !== 'number' && typeof value.completion_tokens !== 'number') return undefined;
  const prompt = readCount(value.prompt_tokens);
  const completion = readCount(value.completion_tokens);
  const inputs = readObject(value.prompt_tokens_details);
  const outputs = readObject(value.completion_tokens_details);
  const cacheRead = firstCount(inputs.cached_tokens, value.prompt_cache_hit_tokens, value.cached_tokens);
  const cacheWrite = firstCount(inputs.cache_write_tokens, inputs.cache_creation_tokens);
  const audioInput = readCount(inputs.audio_tokens);
  const reported = readCount(outputs.reasoning_tokens);

  const cached = cacheRead + cacheWrite;
  const untold = Math.max(0, readCount(value.total_tokens) - prompt - completion);
  const cachedOutside = cached > prompt || (untold > 0 && untold === cached && untold !== reported);
  const written = completion + (cachedOutside ? 0 : untold);
  const audioOutput = Math.min(readCount(outputs.audio_tokens), written);
  const output = written - audioOutput;

  // Cached audio is counted in both details: never more classes than tokens.
  const uncached = cachedOutside ? prompt : prompt - cached;
  const audio = Math.min(audioInput, uncached);
  return {
    inputTokens: uncached - audio,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: cacheWrite,
    cacheWrite1hTokens: 0,
    outputTokens: output,
    reasoningTokens: Math.min(reported > 0 ? reported : written - completion, output),
    audioInputTokens: audio,
    audioOutputTokens: audioOutput,
  };
}

function firstCount(...values: readonly (Json | undefined)[]): number {
  return readCount(values.find((value) => readCount(value) > 0));
}

export function toWireUsage(usage: Usage): JsonObject {
  const prompt = totalInputTokens(usage);
  const completion = totalOutputTokens(usage);
  const cacheWrite = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      audio_tokens: usage.audioInputTokens,
      ...(cacheWrite === 0 ? {} : { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.audioOutputTokens,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
