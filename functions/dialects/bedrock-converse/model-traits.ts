/**
 * What a model takes through the Converse API that others refuse with a 400: data, so that a parameter can be reported
 * as dropped, or another target tried, before a request is paid for.
 *
 * Read on 2026-11-23:
 *  - docs.aws.amazon.com/bedrock/latest/userguide: prompt-caching, structured-output, model-parameters-…, and
 *    /nova/latest/nova2-userguide/extended-thinking;
 *  - the comments of @aws-sdk/client-bedrock-runtime 3.1164.0 (`ToolChoice`, `ToolResultBlock.status`, `OutputConfig`);
 *  - what the live API was seen to answer: vercel/ai #21374 and NousResearch/hermes-agent #110046 (sampling of GPT),
 *    aws-samples/sample-spec-driven-presentation-maker #349 (GPT refuses `cachePoint`), stdapi-ai/stdapi.ai #283 (GPT's
 *    `reasoning.effort`), vercel/ai `MODELS_REJECTING_REQUIRED_TOOL_CHOICE` (Llama), langchain-ai/langchain-aws #401
 *    (DeepSeek refuses its own reasoning), vercel/ai #11802 (Mistral's tool ids).
 */
import type { AliasRule } from '../../core/alias.ts';
import { type ClaudeTraits, claudeTraits } from '../../core/claude-traits.ts';

/** Where a parameter that Converse has no field for goes below `additionalModelRequestFields`. */
export type FieldPath = readonly [string, ...string[]];

export interface ModelTraits {
  /** Claude's own, where the model is one. */
  readonly claude: ClaudeTraits | undefined;
  /** Where `cachePoint` may stand. */
  readonly cachePoints: 'everywhere' | 'messages' | 'nowhere';
  readonly sampling: boolean;
  readonly stopSequences: boolean;
  readonly topK: FieldPath | undefined;
  /** How effort is asked for, and which there are. */
  readonly reasoning: 'claude' | 'nova' | 'openai' | 'gpt-oss' | 'none';
  /** What may be forced: a certain tool, any, or nothing. */
  readonly forcedTools: 'tool' | 'any' | 'nothing';
  /** `toolResult.status`. */
  readonly toolStatus: boolean;
  readonly structuredOutputs: boolean;
  readonly audio: boolean;
  readonly toolIds: AliasRule;
}

const TOOL_IDS: AliasRule = { allowed: /^[a-zA-Z0-9_-]{1,64}$/, replaced: /[^a-zA-Z0-9_-]/g, maxLength: 64 };
/** Also ids that Bedrock made itself (`tooluse_…`) are refused in the next turn. */
const MISTRAL_IDS: AliasRule = { allowed: /^[a-zA-Z0-9]{9}$/, replaced: /[^a-zA-Z0-9]/g, maxLength: 9, hashOnly: true };

const PLAIN: ModelTraits = {
  claude: undefined,
  cachePoints: 'nowhere',
  sampling: true,
  stopSequences: true,
  topK: undefined,
  reasoning: 'none',
  forcedTools: 'any',
  toolStatus: false,
  structuredOutputs: true,
  audio: true,
  toolIds: TOOL_IDS,
};
const OLD: ModelTraits = { ...PLAIN, structuredOutputs: false, audio: false };
const NOVA: ModelTraits = {
  ...OLD,
  cachePoints: 'messages',
  topK: ['inferenceConfig', 'topK'],
  forcedTools: 'tool',
  toolStatus: true,
  audio: true,
};
const GPT: ModelTraits = { ...PLAIN, sampling: false, stopSequences: false, reasoning: 'openai' };

const MODELS: readonly (readonly [name: RegExp, traits: ModelTraits])[] = [
  [/amazon\.nova-2/, { ...NOVA, reasoning: 'nova' }],
  [/amazon\.nova/, NOVA],
  [/amazon\.titan|ai21\.|cohere\.command-(text|light)/, OLD],
  [/cohere\./, { ...OLD, topK: ['k'] }],
  [/openai\.gpt-oss/, { ...PLAIN, stopSequences: false, reasoning: 'gpt-oss' }],
  [/openai\./, GPT],
  [/meta\.|llama/, { ...OLD, forcedTools: 'nothing' }],
  [/mistral\.|ministral|pixtral|magistral|voxtral/, { ...PLAIN, topK: ['top_k'], toolIds: MISTRAL_IDS }],
];

export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  if (name.includes('claude')) return claudeModel(claudeTraits(name));
  return MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? PLAIN;
}

function claudeModel(claude: ClaudeTraits): ModelTraits {
  return {
    claude,
    cachePoints: 'everywhere',
    sampling: claude.sampling !== 'none',
    stopSequences: true,
    topK: ['top_k'],
    reasoning: 'claude',
    forcedTools: claude.forcedTools === 'never' ? 'nothing' : 'tool',
    toolStatus: true,
    structuredOutputs: claude.structuredOutputs,
    audio: false,
    toolIds: TOOL_IDS,
  };
}
