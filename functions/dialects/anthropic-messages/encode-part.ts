import type {
  AssistantPart,
  CacheMarker,
  ContentPart,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/chat.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseToolArguments } from '../../core/tool-arguments.ts';
import { encodeFile, encodeImage, unsupported } from './encode-media.ts';

const DIALECT = 'anthropic-messages';

export interface PartContext {
  readonly toolName: (name: string) => string;
  readonly toolId: (id: string) => string;
  /** Notes what had to be left out, in the client's words where they are known. */
  readonly drop: (parameter: string) => void;
}

/** Undefined for parts that leave nothing to send. */
export function encodePart(
  part: AssistantPart | ToolResultPart,
  path: string,
  context: PartContext,
): JsonObject | undefined {
  const block = encodeBlock(part, path, context);
  if (block === undefined) return undefined;
  return {
    ...block,
    ...encodeExtension(part.type, part.extensions?.[DIALECT]),
    ...(isThinking(block) ? {} : cacheControl(part.cache)),
  };
}

/** What answers carry as annotations goes back to where it came from: citations of a text, the caller of a tool. */
function encodeExtension(type: string, extension: JsonObject | undefined): JsonObject {
  if (!Array.isArray(extension?.annotations)) return extension ?? {};
  const { annotations, ...rest } = extension;
  const found = (annotations as readonly Json[]).filter(isJsonObject);
  if (type === 'text') return { ...rest, citations: found };
  return { ...rest, ...Object.assign({}, ...found.filter((annotation) => 'caller' in annotation)) };
}

export function cacheControl(cache: CacheMarker | undefined): JsonObject {
  if (cache === undefined) return {};
  // 5 minutes is the default: left out, the request reads the same as one that never heard of lifetimes.
  return { cache_control: cache.ttl === '5m' ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: cache.ttl } };
}

/** The API refuses `cache_control` on thinking blocks. */
export function isThinking(block: JsonObject): boolean {
  return block.type === 'thinking' || block.type === 'redacted_thinking';
}

function encodeBlock(part: AssistantPart | ToolResultPart, path: string, context: PartContext): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    // What a model said when it refused is part of what was said.
    case 'refusal':
      return part.text.trim() === '' ? undefined : { type: 'text', text: part.text };
    case 'image':
      // `high` and `auto` are how every image is read; there is no way to ask for less.
      if (part.detail === 'low') context.drop(`${path}.image_url.detail`);
      return encodeImage(part, path);
    case 'file':
      return encodeFile(part, path);
    case 'audio':
      throw unsupported('audio', path);
    case 'tool-call':
      return encodeToolCall(part, path, context);
    case 'tool-result':
      return encodeToolResult(part, path, context);
    case 'reasoning':
      return encodeReasoning(part);
    case 'opaque':
      if (part.origin === DIALECT) return part.data;
      context.drop(path);
      return undefined;
  }
}

function encodeToolCall(part: ToolCallPart, path: string, context: PartContext): JsonObject {
  const name = context.toolName(part.name);
  const input = part.kind === 'custom' ? { input: part.arguments } : parseToolArguments(part.arguments, path);
  return { type: 'tool_use', id: context.toolId(part.id), name, input };
}

function encodeToolResult(part: ToolResultPart, path: string, context: PartContext): JsonObject {
  const content = encodeParts(part.content, `${path}.content`, context);
  return {
    type: 'tool_result',
    tool_use_id: context.toolId(part.callId),
    ...(content.length === 0 ? {} : { content }),
    ...(part.isError === true ? { is_error: true } : {}),
  };
}

/**
 * Only a signed thought may go back, and only one that Claude signed: the API checks signatures. Claude on Bedrock signs
 * with the same keys. Thoughts of other models are removed: they are no part of what the model may be shown as its own.
 */
function encodeReasoning(part: ReasoningPart): JsonObject | undefined {
  const proof = part.redacted ?? part.signature;
  if (proof === undefined || (proof.origin !== DIALECT && proof.origin !== 'bedrock-converse')) return undefined;
  return part.redacted === undefined
    ? { type: 'thinking', thinking: part.text, signature: proof.value }
    : { type: 'redacted_thinking', data: proof.value };
}

/** A cache marker on a part that leaves nothing to send moves to the block before it: the prefix it marks is the same. */
export function encodeParts(
  parts: readonly (AssistantPart | ContentPart | ToolResultPart)[],
  path: string,
  context: PartContext,
): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  parts.forEach((part, index) => {
    const block = encodePart(part, `${path}[${index}]`, context);
    const previous = blocks.at(-1);
    if (block !== undefined) blocks.push(block);
    else if (part.cache !== undefined && previous !== undefined && !isThinking(previous)) {
      blocks[blocks.length - 1] = { ...cacheControl(part.cache), ...previous };
    }
  });
  return blocks;
}
