import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { contentText, objectOf, objectsOf, textOf } from '../fields.ts';
import type { CacheTtl, PromptPiece } from '../prompt-cache.ts';
import { countTokens } from '../tokens.ts';

const MESSAGE_TOKENS = 4;
const IMAGE_TOKENS = 1_568;
/** What the instructions for tool use cost, by tool choice (Anthropic's table for Claude 4). */
const TOOL_TOKENS = { free: 346, forced: 313 } as const;

/** In the order of Anthropic's cache: tools, system, messages; a piece a block. */
export function readPrompt(body: JsonObject): readonly PromptPiece[] {
  const tools = objectsOf(body.tools).map((tool) => piece(tool, countTokens(JSON.stringify(tool))));
  const pieces: readonly PromptPiece[] = [
    ...(tools.length === 0 ? [] : [{ text: 'tools', tokens: toolTokens(body) }]),
    ...tools,
    ...blocksOf(body.system).map((block) => piece(block, blockTokens(block))),
    ...objectsOf(body.messages).flatMap(readMessage),
  ];
  // A marker on the request itself stands for one on its last block.
  const ttl = ttlOf(body);
  const last = pieces.at(-1);
  return ttl === undefined || last === undefined ? pieces : [...pieces.slice(0, -1), { ...last, cache: ttl }];
}

function toolTokens(body: JsonObject): number {
  const choice = objectOf(body.tool_choice).type;
  return choice === 'any' || choice === 'tool' ? TOOL_TOKENS.forced : TOOL_TOKENS.free;
}

function readMessage(message: JsonObject): readonly PromptPiece[] {
  return blocksOf(message.content).map((block, index) => {
    const { text, ...rest } = piece(block, blockTokens(block) + (index === 0 ? MESSAGE_TOKENS : 0));
    return { ...rest, text: `${textOf(message.role)}: ${text}` };
  });
}

/** Text is short for one text block. */
function blocksOf(content: Json | undefined): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content);
}

function piece(block: JsonObject, tokens: number): PromptPiece {
  const cache = ttlOf(block);
  const text = JSON.stringify({ ...block, cache_control: undefined });
  return cache === undefined ? { text, tokens } : { text, tokens, cache };
}

function ttlOf(holder: JsonObject): CacheTtl | undefined {
  const control = objectOf(holder.cache_control);
  if (control.type !== 'ephemeral') return undefined;
  return control.ttl === '1h' ? '1h' : '5m';
}

function blockTokens(block: JsonObject): number {
  switch (block.type) {
    case 'text':
      return countTokens(textOf(block.text));
    case 'image':
      return IMAGE_TOKENS;
    case 'thinking':
      return countTokens(textOf(block.thinking));
    case 'tool_use':
      return countTokens(textOf(block.name) + JSON.stringify(block.input ?? {}));
    case 'tool_result': {
      const images = objectsOf(block.content).filter((part) => part.type === 'image');
      return countTokens(contentText(block.content)) + images.length * IMAGE_TOKENS;
    }
    default:
      return countTokens(JSON.stringify(block));
  }
}
