/**
 * What a request's input is at most, before anybody has counted it: the base of its reservation and of token limits.
 * Text is measured (see estimate-text-tokens.ts), all else has a constant or a rate with its source.
 */
import type { AssistantPart, ChatRequest, MediaSource, Message, Tool, ToolResultPart } from '../core/chat.ts';
import { estimateTextTokens } from './estimate-text-tokens.ts';

export { createTextMeter, estimateTextTokens } from './estimate-text-tokens.ts';

/** Roles and separators: OpenAI has 3 a message and 3 for the answer's beginning, Claude a few more. */
const PER_REQUEST = 12;
const PER_MESSAGE = 8;
/** What providers write around a tool's schema. */
const PER_TOOL = 16;
/** Anthropic adds a system prompt where there are tools: 264 to 530 tokens, by model. */
const TOOLS_PROMPT = 530;
/** A provider's own tool brings its definition: 245 to 1,200 tokens at Anthropic. What it reads nobody can know. */
const PROVIDER_TOOL = 1_500;

/**
 * The dearest that are in use, for size and target are not known here: 4,784 is Claude's high resolution (2,576 px,
 * 750 px² a token), 3,779 is gpt-4.1-nano's most. At low detail gpt-4o-mini counts 2,833. Low only by gpt-4o-mini at high
 * detail, which multiplies its tokens (25,501 for 1024 × 1024) to make an image cost what gpt-4o asks.
 */
const IMAGE = 4_784;
const IMAGE_LOW_DETAIL = 2_833;

/** A page of PDF at Anthropic is 1,500 to 3,000 tokens of text and an image; a page of plain text is some 3 kB. */
const FILE_LEAST = 7_000;
/** No context window in use takes more. */
const FILE_MOST = 1_000_000;
const FILE_UNSEEN = 100_000;

/** Gemini counts 32 tokens a second, OpenAI 10; the leanest speech codec in use is 2 kB a second. */
const AUDIO_BYTES_PER_TOKEN = 50;
const AUDIO_LEAST = 100;
const AUDIO_UNSEEN = 30_000;

/** Encrypted reasoning is base64 of some 4.5 characters a token. */
const SEALED_CHARS_PER_TOKEN = 4;

export function estimateInputTokens(request: ChatRequest): number {
  let tokens = PER_REQUEST;
  for (const message of request.messages) tokens += messageTokens(message);
  if (request.tools.length > 0) tokens += TOOLS_PROMPT;
  for (const tool of request.tools) tokens += toolTokens(tool);
  const format = request.responseFormat;
  if (format?.type === 'json-schema') tokens += jsonTokens([format.name, format.description, format.schema]);
  for (const extension of Object.values(request.extensions)) tokens += jsonTokens(extension);
  return tokens;
}

function messageTokens(message: Message): number {
  let tokens = PER_MESSAGE;
  if (message.role !== 'tool' && message.name !== undefined) tokens += estimateTextTokens(message.name);
  for (const part of message.content) tokens += partTokens(part);
  return tokens;
}

function partTokens(part: AssistantPart | ToolResultPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return estimateTextTokens(part.text);
    case 'image':
      return part.detail === 'low' ? IMAGE_LOW_DETAIL : IMAGE;
    case 'file':
      return mediaTokens(part.source, 1, FILE_LEAST, FILE_UNSEEN);
    case 'audio':
      return mediaTokens(part.source, AUDIO_BYTES_PER_TOKEN, AUDIO_LEAST, AUDIO_UNSEEN);
    case 'tool-call':
      return PER_TOOL + estimateTextTokens(part.name) + estimateTextTokens(part.arguments);
    case 'tool-result':
      return part.content.reduce((tokens, content) => tokens + partTokens(content), PER_TOOL);
    case 'reasoning': {
      const sealed = (part.signature?.value.length ?? 0) + (part.redacted?.value.length ?? 0);
      return estimateTextTokens(part.text) + Math.ceil(sealed / SEALED_CHARS_PER_TOKEN);
    }
    case 'opaque':
      return jsonTokens(part.data);
  }
}

function mediaTokens(source: MediaSource, bytesPerToken: number, least: number, unseen: number): number {
  if (source.type !== 'base64') return unseen;
  const bytes = source.data.length * 0.75;
  return Math.min(FILE_MOST, Math.max(least, Math.ceil(bytes / bytesPerToken)));
}

function toolTokens(tool: Tool): number {
  switch (tool.kind) {
    case 'function':
      return PER_TOOL + jsonTokens([tool.name, tool.description, tool.parameters]);
    case 'custom':
      return PER_TOOL + jsonTokens([tool.name, tool.description, tool.format]);
    case 'provider':
      return PROVIDER_TOOL + jsonTokens([tool.name, tool.data]);
  }
}

function jsonTokens(value: unknown): number {
  return value === undefined ? 0 : estimateTextTokens(JSON.stringify(value));
}
