/**
 * How models count, against OpenAI's o200k_base. Google and Anthropic publish no tokenizer: of theirs there is a factor,
 * from answers whose text and usage are both recorded, and constants for what is not text.
 */
import type { InputRates } from './input-tokens.ts';

export interface Tokenizer {
  /** Tokens of text for each token of o200k_base. */
  readonly factor: number;
  readonly rates: InputRates;
}

const OPENAI: InputRates = {
  // https://github.com/openai/openai-cookbook, How_to_count_tokens_with_tiktoken: 3 a message, 3 before the answer, 7 or
  // 8 a tool and 12 for all.
  request: 3,
  message: 3,
  tool: 8,
  toolsPrompt: 12,
  providerTool: 500,
  // 1024 × 1024: 765 at high detail, 85 at low. https://platform.openai.com/docs/guides/images-vision
  image: 765,
  imageLowDetail: 85,
  // Text and an image a page, some 50 kB.
  file: { bytesPerToken: 40, least: 1_000, unseen: 10_000 },
  // 10 tokens a second; 24 kHz mono is 48 kB, MP3 some 16 kB a second.
  audio: { bytesPerToken: 3_000, least: 10, unseen: 600 },
  sealedCharsPerToken: 4.5,
};

const CLAUDE: InputRates = {
  ...OPENAI,
  message: 4,
  // With tool_choice auto. https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview#pricing
  toolsPrompt: 346,
  providerTool: 700,
  // 1092 × 1092, the largest that is not scaled down; there is no detail. …/docs/en/build-with-claude/vision
  image: 1_590,
  imageLowDetail: 1_590,
  // 1,500 to 3,000 a page, and the page as an image. …/docs/en/build-with-claude/pdf-support
  file: { bytesPerToken: 15, least: 3_000, unseen: 30_000 },
};

const GEMINI: InputRates = {
  ...OPENAI,
  request: 0,
  message: 1,
  toolsPrompt: 0,
  // A tile of 768 × 768, and a page of PDF; 1,120 at Gemini 3's default resolution.
  // https://ai.google.dev/gemini-api/docs/media-resolution
  image: 1_120,
  imageLowDetail: 280,
  file: { bytesPerToken: 90, least: 560, unseen: 5_600 },
  // 32 tokens a second. https://ai.google.dev/gemini-api/docs/tokens
  audio: { bytesPerToken: 1_000, least: 32, unseen: 1_920 },
};

/** By the model's name, as any provider writes it: `us.anthropic.claude-…`, `google/gemini-…`. */
const TOKENIZERS: readonly (readonly [model: RegExp, tokenizer: Tokenizer])[] = [
  // Recorded: 1.16 and 1.29 for prose of claude-sonnet-4-5.
  [/claude-(?:[123]\b|instant|[a-z]+-4\b(?!-[789]\b))/, { factor: 1.22, rates: CLAUDE }],
  // From Opus 4.7 on another tokenizer, 1.0 to 1.35 times as many. …/docs/en/about-claude/models/migration-guide
  [/claude/, { factor: 1.45, rates: CLAUDE }],
  // Recorded: 1.07 and 1.08 for prose of gemini-3-pro.
  [/gemini|gemma/, { factor: 1.08, rates: GEMINI }],
  // Recorded: 1.03 for mistral-small, 1.02 for deepseek-chat.
  [/mistral|mixtral|ministral|codestral|magistral|devstral|deepseek/, { factor: 1.03, rates: OPENAI }],
];

export function tokenizerOf(model: string): Tokenizer {
  const name = model.toLowerCase().replaceAll('.', '-');
  return TOKENIZERS.find(([pattern]) => pattern.test(name))?.[1] ?? { factor: 1, rates: OPENAI };
}
