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
  /** The part of `cacheReadTokens` that was audio, where any was: some models ask another price for it. */
  readonly cacheReadAudioTokens?: number;
}

/**
 * What a call was served under, where that changes its price: a service tier, or inference kept in the US. The standard
 * terms have no name. `extras`: beside tokens of our classes the provider charges something, such as web searches, of
 * which no price is known.
 */
export const SERVICE_TERMS = ['flex', 'priority', 'batch', 'fast', 'us', 'extras'] as const;
export type ServiceTerm = (typeof SERVICE_TERMS)[number];

/** Of a provider's words those that are known; any other word (`default`, `on_demand`, …) is the standard terms. */
export function readTerms(...words: readonly unknown[]): readonly ServiceTerm[] {
  const spelt = words.map((word) => (typeof word === 'string' ? word.toLowerCase() : ''));
  return SERVICE_TERMS.filter((term) => term !== 'extras' && spelt.includes(term));
}

/** Of the column `service_tier`. */
export function parseTerms(column: string): readonly ServiceTerm[] {
  const words = column.split('+');
  return SERVICE_TERMS.filter((term) => words.includes(term));
}

export function withExtras(terms: readonly ServiceTerm[], areCharged: boolean): readonly ServiceTerm[] {
  return areCharged ? [...terms, 'extras'] : terms;
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
  const cachedAudio = (one.cacheReadAudioTokens ?? 0) + (other.cacheReadAudioTokens ?? 0);
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWrite5mTokens: one.cacheWrite5mTokens + other.cacheWrite5mTokens,
    cacheWrite1hTokens: one.cacheWrite1hTokens + other.cacheWrite1hTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    audioInputTokens: one.audioInputTokens + other.audioInputTokens,
    audioOutputTokens: one.audioOutputTokens + other.audioOutputTokens,
    ...(cachedAudio === 0 ? {} : { cacheReadAudioTokens: cachedAudio }),
  };
}

/** The same tokens, had there been no prompt cache: all of its classes are plain input. */
export function withoutCache(usage: Usage): Usage {
  const { cacheReadAudioTokens: cachedAudio = 0, ...rest } = usage;
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens } = usage;
  return {
    ...rest,
    inputTokens: inputTokens + cacheReadTokens - cachedAudio + cacheWrite5mTokens + cacheWrite1hTokens,
    audioInputTokens: usage.audioInputTokens + cachedAudio,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
  };
}
