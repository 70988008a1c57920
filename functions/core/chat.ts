/**
 * The neutral model that every dialect translates to and from.
 *
 * Blocks rather than OpenAI's flat deltas: flattening blocks is trivial, recovering them from flat deltas needs state.
 * What the model does not know travels in `extensions`, keyed by dialect, and reaches only that dialect.
 */
import type { Json, JsonObject } from './json.ts';
import type { ServiceTerm, Usage } from './usage.ts';

export const DIALECTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
] as const;
export type Dialect = (typeof DIALECTS)[number];
/** Dialects that clients speak: the Converse API is only ever spoken to a provider. */
export type ClientDialect = Exclude<Dialect, 'bedrock-converse'>;

export type Extensions = { readonly [D in Dialect]?: JsonObject };

/** A prompt-cache breakpoint behind the part that carries it. */
export interface CacheMarker {
  readonly ttl: '5m' | '1h';
}

/** An opaque proof of a provider's own reasoning. Only the dialect that issued it may see it again. */
export interface Signature {
  readonly origin: Dialect;
  readonly value: string;
}

export type MediaSource =
  | { readonly type: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly type: 'url'; readonly url: string; readonly mediaType?: string }
  /** A file that lives with one provider; it cannot be moved to another dialect. */
  | { readonly type: 'reference'; readonly origin: Dialect; readonly id: string };

interface PartBase {
  readonly cache?: CacheMarker;
  readonly extensions?: Extensions;
}
export interface TextPart extends PartBase {
  readonly type: 'text';
  readonly text: string;
}
export interface ImagePart extends PartBase {
  readonly type: 'image';
  readonly source: MediaSource;
  readonly detail?: 'low' | 'high' | 'auto';
}
export interface FilePart extends PartBase {
  readonly type: 'file';
  readonly source: MediaSource;
  readonly filename?: string;
}
export interface AudioPart extends PartBase {
  readonly type: 'audio';
  readonly source: MediaSource;
}
export interface ToolCallPart extends PartBase {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  /** JSON text for a function, free text for a custom tool; never empty for a function: no arguments are `{}`. */
  readonly arguments: string;
  readonly kind: 'function' | 'custom';
  /** Gemini signs the call itself. */
  readonly signature?: Signature;
}
export interface ToolResultPart extends PartBase {
  readonly type: 'tool-result';
  readonly callId: string;
  readonly content: readonly ContentPart[];
  readonly isError?: boolean;
}
export interface ReasoningPart extends PartBase {
  readonly type: 'reasoning';
  readonly text: string;
  readonly id?: string;
  readonly signature?: Signature;
  /** Reasoning that the provider shows only in encrypted form: `text` is empty or a summary then. */
  readonly redacted?: Signature;
}
export interface RefusalPart extends PartBase {
  readonly type: 'refusal';
  readonly text: string;
}
/** A part only its own dialect understands (server tools, citations, search results). */
export interface OpaquePart extends PartBase {
  readonly type: 'opaque';
  readonly origin: Dialect;
  readonly data: JsonObject;
}

export type ContentPart = TextPart | ImagePart | FilePart | AudioPart | OpaquePart;
export type AssistantPart = ContentPart | ToolCallPart | ReasoningPart | RefusalPart;

export type Message =
  | { readonly role: 'system'; readonly content: readonly TextPart[]; readonly name?: string }
  | { readonly role: 'user'; readonly content: readonly ContentPart[]; readonly name?: string }
  | { readonly role: 'assistant'; readonly content: readonly AssistantPart[]; readonly name?: string }
  /** One message may hold several results; encoders merge or split as their provider wants. */
  | { readonly role: 'tool'; readonly content: readonly ToolResultPart[] };

export type Tool =
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly description?: string;
      readonly parameters: JsonObject;
      readonly strict?: boolean;
      readonly cache?: CacheMarker;
      readonly extensions?: Extensions;
    }
  | {
      readonly kind: 'custom';
      readonly name: string;
      readonly description?: string;
      readonly format?: JsonObject;
      readonly extensions?: Extensions;
    }
  /** A tool the provider runs itself (web search, code execution): understood by its own dialect only. */
  | { readonly kind: 'provider'; readonly origin: Dialect; readonly name: string; readonly data: JsonObject };

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  | { readonly type: 'required' }
  | { readonly type: 'tool'; readonly name: string };

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema';
      readonly name: string;
      readonly description?: string;
      readonly schema: JsonObject;
      readonly strict?: boolean;
    };

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface ReasoningSettings {
  readonly effort?: ReasoningEffort;
  readonly budgetTokens?: number;
  /** `false` switches reasoning off where the provider can; `adaptive` leaves the amount to the model. */
  readonly mode?: 'off' | 'on' | 'adaptive';
  readonly summary?: 'auto' | 'concise' | 'detailed';
}

export interface ChatRequest {
  /** The alias or `provider/model` that the client asked for. */
  readonly model: string;
  readonly stream: boolean;
  /** The client asked for usage inside its stream. Upstream is asked always. */
  readonly includeUsage: boolean;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stop: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** Number of answers, 1 unless told. */
  readonly candidates: number;
  readonly logprobs?: boolean;
  readonly topLogprobs?: number;
  readonly logitBias?: { readonly [token: string]: number };
  readonly responseFormat?: ResponseFormat;
  readonly reasoning?: ReasoningSettings;
  readonly endUser?: string;
  readonly serviceTier?: string;
  readonly promptCacheKey?: string;
  readonly metadata?: { readonly [key: string]: string };
  /**
   * Fields of the body that only a provider of the client's own dialect can serve, because they speak of what lies on its
   * servers. Such a request goes to a target of that dialect, or is refused.
   */
  readonly nativeOnly?: readonly string[];
  readonly extensions: Extensions;
}

export const FINISH_REASONS = ['stop', 'length', 'tool-calls', 'content-filter', 'refusal', 'error'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

export type BlockStart =
  | { readonly type: 'text' }
  | { readonly type: 'refusal' }
  | { readonly type: 'reasoning'; readonly id?: string }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly kind: 'function' | 'custom' }
  | { readonly type: 'opaque'; readonly origin: Dialect; readonly data: JsonObject };

/**
 * What a provider says, one event at a time. A whole answer is the fold of the same events, so that finish reasons
 * and usage are mapped once a dialect.
 *
 * Order: `response-start`, then blocks (start, deltas, end; blocks may interleave, their `index` tells them apart),
 * `finish` once a choice, `usage` any number of times (the last one counts). `choice` is 0 unless `candidates` > 1.
 */
export type ChatEvent =
  | { readonly type: 'response-start'; readonly id: string; readonly model: string; readonly createdAt?: number }
  | { readonly type: 'block-start'; readonly index: number; readonly choice: number; readonly block: BlockStart }
  | { readonly type: 'block-delta'; readonly index: number; readonly text: string; readonly logprobs?: Json }
  /** A signature or the encrypted form of the reasoning block, once it is complete. */
  | {
      readonly type: 'block-signature';
      readonly index: number;
      readonly signature: Signature;
      readonly redacted?: boolean;
    }
  /** Something attached to a block that only its own dialect understands, e.g. a citation. */
  | { readonly type: 'block-annotation'; readonly index: number; readonly origin: Dialect; readonly data: JsonObject }
  | { readonly type: 'block-end'; readonly index: number }
  | {
      readonly type: 'finish';
      readonly choice: number;
      readonly reason: FinishReason;
      /** The provider's own word. */
      readonly rawReason?: string;
      readonly stopSequence?: string;
    }
  /** Under which terms it was served, where they are not the standard ones. */
  | { readonly type: 'usage'; readonly usage: Usage; readonly terms?: readonly ServiceTerm[] };
