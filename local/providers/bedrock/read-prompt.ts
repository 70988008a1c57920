import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { contentText, objectOf, objectsOf, textOf } from '../fields.ts';
import type { CacheTtl, PromptPiece } from '../prompt-cache.ts';
import { countTokens } from '../tokens.ts';

const MESSAGE_TOKENS = 4;
const IMAGE_TOKENS = 1_568;
const DOCUMENT_TOKENS = 1_200;
const TOOL_TOKENS = 346;

/** In the order of the cache: tools, system, messages. A piece a block; a cache point marks the one before it. */
export function readPrompt(body: JsonObject): readonly PromptPiece[] {
  const tools = readBlocks(objectOf(body.toolConfig).tools, '');
  return [
    ...(tools.length === 0 ? [] : [{ text: 'tools', tokens: TOOL_TOKENS }]),
    ...tools,
    ...readBlocks(body.system, ''),
    ...objectsOf(body.messages).flatMap((message) => readBlocks(message.content, `${textOf(message.role)}: `)),
  ];
}

function readBlocks(blocks: Json | undefined, label: string): readonly PromptPiece[] {
  const pieces: PromptPiece[] = [];
  for (const block of objectsOf(blocks)) {
    const last = pieces.at(-1);
    if (block.cachePoint === undefined) {
      const tokens = blockTokens(block) + (label !== '' && pieces.length === 0 ? MESSAGE_TOKENS : 0);
      pieces.push({ text: label + JSON.stringify(block), tokens });
    } else if (last !== undefined) {
      pieces[pieces.length - 1] = { ...last, cache: ttlOf(objectOf(block.cachePoint)) };
    }
  }
  return pieces;
}

function ttlOf(cachePoint: JsonObject): CacheTtl {
  return cachePoint.ttl === '1h' ? '1h' : '5m';
}

function blockTokens(block: JsonObject): number {
  if (block.text !== undefined) return countTokens(textOf(block.text));
  if (block.image !== undefined) return IMAGE_TOKENS;
  if (block.document !== undefined) return DOCUMENT_TOKENS;
  if (block.reasoningContent !== undefined) {
    return countTokens(textOf(objectOf(objectOf(block.reasoningContent).reasoningText).text));
  }
  if (block.toolUse !== undefined) {
    const { name, input } = objectOf(block.toolUse);
    return countTokens(textOf(name) + JSON.stringify(input ?? {}));
  }
  if (block.toolResult !== undefined) {
    const { content } = objectOf(block.toolResult);
    const images = objectsOf(content).filter((part) => part.image !== undefined);
    return countTokens(contentText(content)) + images.length * IMAGE_TOKENS;
  }
  return countTokens(JSON.stringify(block));
}
