/**
 * What a request's input is at most, before anybody has counted it: the base of its reservation and of token limits.
 * Text is measured (see estimate-text-tokens.ts), all else has a constant or a rate with its source.
 */
import type { ChatRequest } from '../core/chat.ts';
import { estimateTextTokens } from './estimate-text-tokens.ts';
import { type InputRates, sumInputTokens } from './input-tokens.ts';

export { createTextMeter, estimateTextTokens } from './estimate-text-tokens.ts';

const AT_MOST: InputRates = {
  // Roles and separators: OpenAI has 3 a message and 3 for the answer's beginning, Claude a few more.
  request: 12,
  message: 8,
  tool: 16,
  // Anthropic's: 264 to 530 tokens, by model.
  toolsPrompt: 530,
  // Its definition: 245 to 1,200 tokens at Anthropic. What it reads nobody can know.
  providerTool: 1_500,
  // The dearest that are in use, for size and target are not known here: 4,784 is Claude's high resolution (2,576 px,
  // 750 px² a token), 3,779 is gpt-4.1-nano's most. At low detail gpt-4o-mini counts 2,833. Low only by gpt-4o-mini at
  // high detail, which multiplies its tokens (25,501 for 1024 × 1024) to make an image cost what gpt-4o asks.
  image: 4_784,
  imageLowDetail: 2_833,
  // A page of PDF at Anthropic is 1,500 to 3,000 tokens of text and an image; a page of plain text is some 3 kB.
  file: { bytesPerToken: 1, least: 7_000, unseen: 100_000 },
  // Gemini counts 32 tokens a second, OpenAI 10; the leanest speech codec in use is 2 kB a second.
  audio: { bytesPerToken: 50, least: 100, unseen: 30_000 },
  // Some 4.5 characters a token.
  sealedCharsPerToken: 4,
};

/**
 * What a text surely comes to: the estimate is up to twice o200k's count for prose, code and JSON, and up to five times
 * for Chinese, Korean and Hindi; and no prose has more than 8 characters a token (English 4.5, padded tables 6 to 7).
 */
const TEXT_MARGIN = 2;
const MOST_CHARS_PER_TOKEN = 8;

export interface InputEstimate {
  readonly tokens: number;
  /** Whether a request fits a context window must not hang on an estimate that is on the safe side for money. */
  readonly leastTokens: number;
}

export function estimateInput(request: ChatRequest): InputEstimate {
  let leastTokens = 0;
  const tokens = sumInputTokens(request, AT_MOST, (text) => {
    const most = estimateTextTokens(text);
    leastTokens += Math.floor(Math.min(most / TEXT_MARGIN, text.length / MOST_CHARS_PER_TOKEN));
    return most;
  });
  return { tokens, leastTokens };
}

export const estimateInputTokens = (request: ChatRequest): number => estimateInput(request).tokens;
