import type {
  AssistantPart,
  CacheMarker,
  ContentPart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/chat.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { readList } from '../../core/read.ts';
import { parseToolArguments } from '../../core/tool-arguments.ts';
import { type DocumentNames, encodeAudio, encodeFile, encodeImage, unsupported } from './encode-media.ts';
import type { ModelTraits } from './model-traits.ts';
import { DIALECT } from './wire.ts';

export interface PartContext {
  readonly traits: ModelTraits;
  readonly toolName: (name: string) => string;
  readonly toolId: (id: string) => string;
  readonly documentName: DocumentNames;
  /** Notes what had to be left out, in the client's words where they are known. */
  readonly drop: (parameter: string) => void;
  /** A model's turn: images and documents stand in the user's only (API_runtime_Message), so what a model drew is left out. */
  readonly byModel?: boolean;
}

/** A block and the cache point behind it: they stay together when blocks are put in order. */
export interface Block {
  readonly block: JsonObject;
  readonly cache?: CacheMarker | undefined;
}

/** A cache marker on a part that leaves nothing to send moves to the block before it: the prefix it marks is the same. */
export function encodeParts(
  parts: readonly (AssistantPart | ContentPart | ToolResultPart)[],
  path: string,
  context: PartContext,
): readonly Block[] {
  const blocks: Block[] = [];
  parts.forEach((part, index) => {
    const block = encodePart(part, `${path}[${index}]`, context);
    const previous = blocks.at(-1);
    if (block !== undefined) blocks.push({ block, cache: part.cache ?? innerCache(part) });
    else if (part.cache !== undefined && previous !== undefined) {
      blocks[blocks.length - 1] = { block: previous.block, cache: previous.cache ?? part.cache };
    }
  });
  return blocks;
}

/** Tool results hold no cache points: a marker inside goes behind the result. */
function innerCache(part: AssistantPart | ContentPart | ToolResultPart): CacheMarker | undefined {
  return part.type === 'tool-result' ? part.content.findLast((inner) => inner.cache !== undefined)?.cache : undefined;
}

/** 5 minutes is the default: left out, the request reads the same as one that never heard of lifetimes. */
export function cachePoint(cache: CacheMarker): JsonObject {
  return { cachePoint: { type: 'default', ...(cache.ttl === '5m' ? {} : { ttl: cache.ttl }) } };
}

/** Blocks with their cache points. Reasoning takes none: Claude refuses `cache_control` on it. */
export function withCachePoints(blocks: readonly Block[], allowed: boolean): readonly JsonObject[] {
  return blocks.flatMap(({ block, cache }) =>
    cache === undefined || !allowed || 'reasoningContent' in block ? [block] : [block, cachePoint(cache)],
  );
}

/** Undefined for parts that leave nothing to send. */
function encodePart(part: AssistantPart | ToolResultPart, path: string, context: PartContext): JsonObject | undefined {
  if (context.byModel === true && (part.type === 'image' || part.type === 'file' || part.type === 'audio')) {
    context.drop(path);
    return undefined;
  }
  switch (part.type) {
    case 'text':
      return encodeText(part);
    case 'refusal':
      // What a model said when it refused is part of what was said.
      return part.text.trim() === '' ? undefined : { text: part.text };
    case 'image':
      // `high` and `auto` are how every image is read; there is no way to ask for less.
      if (part.detail === 'low') context.drop(`${path}.image_url.detail`);
      return encodeImage(part, path);
    case 'file':
      return encodeFile(part, path, context.documentName);
    case 'audio':
      if (!context.traits.audio) throw unsupported('audio', path);
      return encodeAudio(part, path);
    case 'tool-call':
      return encodeToolCall(part, path, context);
    case 'tool-result':
      return encodeToolResult(part, path, context);
    case 'reasoning':
      return encodeReasoningPart(part, context.traits);
    case 'opaque':
      if (part.origin === DIALECT) return part.data;
      context.drop(path);
      return undefined;
  }
}

/** Citations that came as annotations go back to where they came from. */
function encodeText(part: TextPart): JsonObject | undefined {
  if (part.text.trim() === '') return undefined;
  const citations = readList(part.extensions?.[DIALECT]?.annotations).filter(isJsonObject);
  if (citations.length === 0) return { text: part.text };
  return { citationsContent: { content: [{ text: part.text }], citations } };
}

function encodeToolCall(part: ToolCallPart, path: string, context: PartContext): JsonObject {
  const input = part.kind === 'custom' ? { input: part.arguments } : parseToolArguments(part.arguments, path);
  return { toolUse: { toolUseId: context.toolId(part.id), name: context.toolName(part.name), input } };
}

function encodeToolResult(part: ToolResultPart, path: string, context: PartContext): JsonObject {
  const content = encodeParts(part.content, `${path}.content`, context).map(({ block }) => block);
  return {
    toolResult: {
      toolUseId: context.toolId(part.callId),
      // The API wants content, and refuses blank text: a tool that has nothing to say returned an empty object.
      content: content.length === 0 ? [{ json: {} }] : content,
      ...(part.isError === true && context.traits.toolStatus ? { status: 'error' } : {}),
    },
  };
}

/**
 * Only a signed thought may go back, and only one that Claude signed: here or at Anthropic, with the same keys. Other
 * models refuse reasoning in what they are sent, their own included.
 */
function encodeReasoningPart(part: ReasoningPart, traits: ModelTraits): JsonObject | undefined {
  const proof = part.redacted ?? part.signature;
  if (traits.claude === undefined || proof === undefined) return undefined;
  if (proof.origin !== DIALECT && proof.origin !== 'anthropic-messages') return undefined;
  if (part.redacted === undefined)
    return { reasoningContent: { reasoningText: { text: part.text, signature: proof.value } } };
  return isBase64(proof.value) ? { reasoningContent: { redactedContent: proof.value } } : undefined;
}

/** A field of bytes: anything else would be refused as a whole request. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
