import type { MediaKind } from './media-kind.ts';

/**
 * How a provider departs from its dialect, as data. A new OpenAI-compatible provider is an entry in the configuration
 * with the quirks that it has.
 */
export interface Quirks {
  /** The name of the output cap: OpenAI's newer models refuse `max_tokens`, most compatible servers know only that. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Whether `stream_options: {include_usage: true}` may be sent. */
  readonly streamUsage: boolean;
  /**
   * Request fields that the provider refuses, in its dialect's words: `seed`. In the openai-chat dialect also deeper ones,
   * such as `messages[].reasoning_content`.
   */
  readonly unsupported: readonly string[];
  /** The media that it reads from URLs by itself, where that is not what its dialect's own provider reads. */
  readonly mediaUrls?: readonly MediaKind[];
}

export const NO_QUIRKS: Quirks = { maxTokensField: 'max_completion_tokens', streamUsage: true, unsupported: [] };

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

export function quirksOf(given: Given<Quirks> = {}): Quirks {
  return {
    maxTokensField: given.maxTokensField ?? NO_QUIRKS.maxTokensField,
    streamUsage: given.streamUsage ?? NO_QUIRKS.streamUsage,
    unsupported: given.unsupported ?? NO_QUIRKS.unsupported,
    ...(given.mediaUrls === undefined ? {} : { mediaUrls: given.mediaUrls }),
  };
}
