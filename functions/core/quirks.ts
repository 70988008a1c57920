import type { AliasRule } from './alias.ts';
import type { MediaKind } from './media-kind.ts';

/**
 * How a provider departs from its dialect, as data. A new OpenAI-compatible provider is an entry in the configuration
 * with the quirks that it has; the known ones are in presets.ts.
 */
export interface Quirks {
  /** The name of the output cap: OpenAI's newer models refuse `max_tokens`, most compatible servers know only that. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** Whether `stream_options: {include_usage: true}` may be sent. */
  readonly streamUsage: boolean;
  /**
   * Request fields that the provider refuses, in its dialect's words: `seed`. In the openai-chat dialect also deeper ones,
   * such as `messages[].reasoning_details`.
   */
  readonly unsupported: readonly string[];
  /** The media that it reads from URLs by itself, where that is not what its dialect's own provider reads. */
  readonly mediaUrls?: readonly MediaKind[];

  // What follows is read by the openai-chat dialect only.
  /** Request fields that have another name there: `seed` is Mistral's `random_seed`. */
  readonly renamed?: { readonly [field: string]: string };
  /** `false`: schemas for answers are refused, only `json_object` is known. */
  readonly jsonSchema?: boolean;
  /** `false`: free-text tools are refused. They go out as functions with the one argument `input`. */
  readonly customTools?: boolean;
  /** `false`: the role `developer` is refused. Its messages go out as `system`. */
  readonly developerRole?: boolean;
  /** Where an assistant message of the history carries the text of its reasoning; `none` where that is refused. */
  readonly reasoningField?: 'reasoning_content' | 'reasoning' | 'none';
  /** A turn of the history that called tools is refused without its reasoning. */
  readonly reasoningRequired?: boolean;
  /** The shape that ids of tool calls must have, where not any will do. */
  readonly toolIds?: ToolIdShape;
  /** User and assistant messages have to alternate. Neighbours of one role are joined. */
  readonly alternateRoles?: boolean;
  /**
   * The server's own queue goes by the field `priority`: `low-first` as vLLM reads it (under `--scheduling-policy
   * priority`, without which it refuses the field), `high-first` as SGLang does (`--enable-priority-scheduling`). It says
   * what the gateway granted; what the client says of itself is left out.
   */
  readonly priority?: 'low-first' | 'high-first';
}

export const TOOL_ID_SHAPES = ['nine-alphanumerics'] as const;
export type ToolIdShape = (typeof TOOL_ID_SHAPES)[number];

export const TOOL_ID_RULES: { readonly [S in ToolIdShape]: AliasRule } = {
  'nine-alphanumerics': { allowed: /^[a-zA-Z0-9]{9}$/, replaced: /[^a-zA-Z0-9]/g, maxLength: 9, hashOnly: true },
};

export const NO_QUIRKS: Quirks = { maxTokensField: 'max_completion_tokens', streamUsage: true, unsupported: [] };

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

export function quirksOf(given: Given<Quirks> = {}): Quirks {
  return { ...NO_QUIRKS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
