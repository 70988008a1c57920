/**
 * Providers that need no code: a dialect, an address, and where they depart from the dialect. `preset: groq` in the
 * configuration stands for the entry here; whatever the configuration says itself comes first.
 *
 * Each quirk has its source beside it, read on 2026-11-23. What a server merely ignores is listed as unsupported only
 * where leaving it out changes the answer.
 */
import type { Dialect } from './chat.ts';
import type { Quirks } from './quirks.ts';

export interface Preset {
  readonly dialect: Dialect;
  /** `{name}` stands for a variable, `{name-}` for the same as the beginning of a host: nothing, where it is `global`. */
  readonly baseUrl?: string;
  readonly auth?: 'bearer' | 'api-key' | 'x-api-key';
  /** The provider's id in the price catalogue. */
  readonly priceAs?: string;
  readonly quirks?: Partial<Quirks>;
}

/** What a message of the history may carry in this dialect, and strict servers do not know. */
const HISTORY = [
  'messages[].name',
  'messages[].refusal',
  'messages[].audio',
  'messages[].annotations',
  'messages[].reasoning_details',
  'messages[].tool_calls[].extra_content',
];

/** Both are OpenAI's own: no other server documents them, and some refuse them. */
const PLAIN = { customTools: false, developerRole: false } as const;

/** Claude reads URLs on Anthropic's own platform only. https://platform.claude.com/docs/en/build-with-claude/vision */
const NO_URLS = { mediaUrls: [] } as const;

export const PRESETS: { readonly [name: string]: Preset } = {
  // https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle: the v1 API, without api-version.
  azure: {
    dialect: 'openai-chat',
    baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
    auth: 'api-key',
    priceAs: 'azure',
  },

  // The secret is an OAuth access token, which lasts an hour: whoever renews it writes it into the secret.
  // https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
  'vertex-gemini': {
    dialect: 'gemini',
    baseUrl:
      'https://{location-}aiplatform.googleapis.com/v1/projects/{project}/locations/{location}/publishers/google',
    auth: 'bearer',
    priceAs: 'google',
  },
  // Unsupported parameters are ignored. https://docs.cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview
  'vertex-openai': {
    dialect: 'openai-chat',
    baseUrl:
      'https://{location-}aiplatform.googleapis.com/v1/projects/{project}/locations/{location}/endpoints/openapi',
    auth: 'bearer',
    priceAs: 'google',
    quirks: { maxTokensField: 'max_tokens', ...PLAIN, unsupported: ['logit_bias'] },
  },

  // Unknown fields are "extra_forbidden": mistralai/platform-docs-public#7, editor-code-assistant/eca#231
  // (max_completion_tokens), charmbracelet/crush#1590 (reasoning_content). `random_seed`: docs.mistral.ai/api. Usage comes
  // in the last chunk unasked. Ids: langchain-ai/langchain#24668.
  mistral: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.mistral.ai/v1',
    priceAs: 'mistral',
    quirks: {
      maxTokensField: 'max_tokens',
      streamUsage: false,
      renamed: { seed: 'random_seed' },
      ...PLAIN,
      reasoningField: 'none',
      toolIds: 'nine-alphanumerics',
      unsupported: ['logit_bias', 'logprobs', 'top_logprobs', 'service_tier', 'store', 'user', 'verbosity', ...HISTORY],
    },
  },

  // "will result in a 400 error": logprobs, logit_bias, top_logprobs, messages[].name, n over 1.
  // https://console.groq.com/docs/openai. "property … is unsupported": fanenr/chatbot#21 (store), karthink/gptel#774
  // (reasoning), janhq/jan#8136 (reasoning_content).
  groq: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.groq.com/openai/v1',
    priceAs: 'groq',
    quirks: {
      ...PLAIN,
      reasoningField: 'none',
      unsupported: [
        'logit_bias',
        'logprobs',
        'top_logprobs',
        'n',
        'store',
        'metadata',
        'prompt_cache_key',
        'verbosity',
        ...HISTORY,
      ],
    },
  },

  // A turn with tool calls is refused without its reasoning_content, and with an empty one:
  // https://api-docs.deepseek.com/guides/thinking_mode, laravel/ai#533, Wei-Shaw/sub2api#7313. JSON output is
  // `json_object` only: https://api-docs.deepseek.com/guides/json_mode.
  deepseek: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.deepseek.com',
    priceAs: 'deepseek',
    quirks: {
      maxTokensField: 'max_tokens',
      ...PLAIN,
      jsonSchema: false,
      reasoningField: 'reasoning_content',
      reasoningRequired: true,
      mediaUrls: [],
      unsupported: ['n', 'logit_bias', 'seed', 'messages[].reasoning_details'],
    },
  },

  // Models that reason refuse both penalties and `stop`, and all of the present ones do.
  // https://docs.x.ai/docs/guides/reasoning; vercel/ai packages/xai leaves them out for all models.
  xai: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.x.ai/v1',
    priceAs: 'x-ai',
    quirks: { ...PLAIN, unsupported: ['frequency_penalty', 'presence_penalty', 'stop', 'logit_bias'] },
  },

  // `logprobs` is a number there. https://docs.together.ai/reference/chat-completions
  together: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.together.xyz/v1',
    priceAs: 'together',
    quirks: { maxTokensField: 'max_tokens', ...PLAIN, unsupported: ['logprobs', 'top_logprobs'] },
  },

  // reasoning_content is taken back: BerriAI/litellm#40682.
  fireworks: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    priceAs: 'fireworks',
    quirks: { maxTokensField: 'max_tokens', ...PLAIN, reasoningField: 'reasoning_content' },
  },

  // `reasoning`, or `reasoning_details` where the model signs: https://openrouter.ai/docs/use-cases/reasoning-tokens.
  openrouter: {
    dialect: 'openai-chat',
    baseUrl: 'https://openrouter.ai/api/v1',
    priceAs: 'openrouter',
    quirks: { maxTokensField: 'max_tokens', ...PLAIN, reasoningField: 'reasoning' },
  },

  // No functions: ProfSynapse/nexus#116, held against docs.perplexity.ai/api-reference. Roles alternate:
  // perplexityai/api-discussion#265. No stop and no seed: vercel/ai packages/perplexity.
  perplexity: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.perplexity.ai',
    priceAs: 'perplexity',
    quirks: {
      maxTokensField: 'max_tokens',
      streamUsage: false,
      ...PLAIN,
      reasoningField: 'none',
      alternateRoles: true,
      unsupported: [
        'tools',
        'tool_choice',
        'parallel_tool_calls',
        'stop',
        'seed',
        'n',
        'logit_bias',
        'logprobs',
        'top_logprobs',
        ...HISTORY,
      ],
    },
  },

  // `reasoning` and never `reasoning_content`: vercel/ai#15042, QwenLM/qwen-code#11045. Refused parameters:
  // https://inference-docs.cerebras.ai/resources/openai.
  cerebras: {
    dialect: 'openai-chat',
    baseUrl: 'https://api.cerebras.ai/v1',
    priceAs: 'cerebras',
    quirks: {
      ...PLAIN,
      reasoningField: 'reasoning',
      unsupported: [
        'frequency_penalty',
        'presence_penalty',
        'logit_bias',
        'service_tier',
        'prompt_cache_key',
        'store',
        'verbosity',
        ...HISTORY,
      ],
    },
  },

  // ollama/ollama docs/api/openai-compatibility.mdx: images as base64 only; tool_choice, logit_bias and n are ignored.
  ollama: {
    dialect: 'openai-chat',
    baseUrl: 'http://localhost:11434/v1',
    quirks: {
      maxTokensField: 'max_tokens',
      ...PLAIN,
      reasoningField: 'reasoning',
      mediaUrls: [],
      unsupported: ['tool_choice', 'logit_bias', 'n'],
    },
  },

  // Your own servers: baseUrl or baseUrls are yours to say. `reasoning` since 0.12: vllm-project/vllm#27755; the old name
  // is read no more: QwenLM/qwen-code#4285.
  vllm: {
    dialect: 'openai-chat',
    quirks: { maxTokensField: 'max_tokens', ...PLAIN, reasoningField: 'reasoning' },
  },

  // The secret is a Bedrock API key. https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html
  'bedrock-openai': {
    dialect: 'openai-chat',
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    auth: 'bearer',
    priceAs: 'aws',
    quirks: { ...PLAIN, ...NO_URLS },
  },
  // …/userguide/inference-messages-api.html: the endpoint that takes API keys and the header anthropic-version.
  'bedrock-anthropic': {
    dialect: 'anthropic-messages',
    baseUrl: 'https://bedrock-mantle.{region}.api.aws/anthropic',
    auth: 'x-api-key',
    priceAs: 'aws',
    quirks: NO_URLS,
  },
};
