/**
 * Tokens of one call in disjoint classes: each token is in exactly one of them, so that cost is the sum of
 * class × price. `reasoningTokens` is the only exception: a subset of `outputTokens`, for information.
 */
export interface Usage {
  /** Input that was neither read from nor written to a cache, audio excluded. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Text and reasoning output, audio excluded. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly audioInputTokens: number;
  readonly audioOutputTokens: number;
}

/** `reported` by the provider, `estimated` by the gateway (cut or silent stream), `none` where nothing was consumed. */
export type UsageSource = 'reported' | 'estimated' | 'none';

export const NO_USAGE: Usage = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioInputTokens: 0,
  audioOutputTokens: 0,
};

/** All input, cached or not. What OpenAI calls `prompt_tokens`. */
export function totalInputTokens(usage: Usage): number {
  return (
    usage.inputTokens +
    usage.cacheReadTokens +
    usage.cacheWrite5mTokens +
    usage.cacheWrite1hTokens +
    usage.audioInputTokens
  );
}

/** All output. What OpenAI calls `completion_tokens`. */
export function totalOutputTokens(usage: Usage): number {
  return usage.outputTokens + usage.audioOutputTokens;
}

/** What a token limit counts. */
export function totalTokens(usage: Usage): number {
  return totalInputTokens(usage) + totalOutputTokens(usage);
}

export function addUsage(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWrite5mTokens: one.cacheWrite5mTokens + other.cacheWrite5mTokens,
    cacheWrite1hTokens: one.cacheWrite1hTokens + other.cacheWrite1hTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    audioInputTokens: one.audioInputTokens + other.audioInputTokens,
    audioOutputTokens: one.audioOutputTokens + other.audioOutputTokens,
  };
}

/** The same tokens, had there been no prompt cache: all of its classes are plain input. */
export function withoutCache(usage: Usage): Usage {
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = usage;
  return {
    ...usage,
    inputTokens: inputTokens + cacheReadTokens + cacheWrite5mTokens + cacheWrite1hTokens,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
  };
}
