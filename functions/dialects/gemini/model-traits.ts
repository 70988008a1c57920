/**
 * What a model takes that others of its dialect refuse: data, so that a parameter can be reported as dropped, or another
 * target tried, before a request is paid for.
 *
 * Read on 2026-11-23 at ai.google.dev (gemini-api/docs/generate-content/thinking, …/latest-model, …/thought-signatures)
 * and docs.cloud.google.com/gemini-enterprise-agent-platform/models (thinking, guides of each model, get-started-with-gemini-4).
 */
import type { ReasoningEffort } from '../../core/chat.ts';

export type Thinking =
  | { readonly by: 'none' }
  /** A number of tokens between bounds; where it is optional, 0 switches thinking off. */
  | { readonly by: 'budget'; readonly least: number; readonly most: number; readonly optional: boolean }
  /** Nothing switches thinking off; `minimal` comes closest. */
  | { readonly by: 'level'; readonly levels: readonly ReasoningEffort[] };

export interface ModelTraits {
  readonly thinking: Thinking;
  /** The first call of an answer has to be sent back with its signature. */
  readonly signedCalls: boolean;
  /** Images and documents inside of a `functionResponse`. Elsewhere they stand beside it. */
  readonly mediaInResults: boolean;
  /** Calls can be held to the schema without forcing one (`VALIDATED`). */
  readonly validatedCalls: boolean;
  readonly penalties: boolean;
  readonly manyCandidates: boolean;
}

const GEMINI_2: ModelTraits = {
  thinking: { by: 'none' },
  signedCalls: false,
  mediaInResults: false,
  validatedCalls: false,
  penalties: true,
  manyCandidates: true,
};
const budget = (least: number, most: number, optional: boolean): Thinking => ({ by: 'budget', least, most, optional });
const GEMINI_2_5: ModelTraits = { ...GEMINI_2, thinking: budget(1, 24_576, true), validatedCalls: true };
const levels = (...names: readonly ReasoningEffort[]): Thinking => ({ by: 'level', levels: names });
const GEMINI_3: ModelTraits = {
  ...GEMINI_2_5,
  thinking: levels('minimal', 'low', 'medium', 'high'),
  signedCalls: true,
  mediaInResults: true,
};
const WITHOUT_MINIMAL: ModelTraits = { ...GEMINI_3, thinking: levels('low', 'medium', 'high') };
const GEMINI_4: ModelTraits = { ...WITHOUT_MINIMAL, penalties: false, manyCandidates: false };

const MODELS: readonly (readonly [name: RegExp, traits: ModelTraits])[] = [
  [/gemini-(1|2\.0|2-)/, GEMINI_2],
  // Image, speech and live models of this generation do not think.
  [/gemini-2\.5-.*\b(image|tts|live|native-audio)\b/, GEMINI_2],
  [/gemini-2\.5-pro/, { ...GEMINI_2_5, thinking: budget(128, 32_768, false) }],
  [/gemini-2\.5-flash-lite/, { ...GEMINI_2_5, thinking: budget(512, 24_576, true) }],
  [/gemini-2\.5-/, GEMINI_2_5],
  [/gemini-3-pro/, { ...GEMINI_3, thinking: levels('low', 'high') }],
  [/gemini-3\.1-pro|gemini-3\.[7-9]-(?!flash-lite)/, WITHOUT_MINIMAL],
  [/gemini-3(\.\d+)?-/, GEMINI_3],
  // Models that are newer than this table are most likely like the newest in it; so are `gemini-pro-latest` and its like.
  [/gemini-/, GEMINI_4],
];

/** Gemma and whatever else is served under this dialect has none of the newer abilities. */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  return MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? GEMINI_2;
}
