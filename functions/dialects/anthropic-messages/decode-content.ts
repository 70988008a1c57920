/** Blocks that users, tools and system prompts are made of: https://platform.claude.com/docs/en/api/messages */
import { decodeCache } from '../../core/cache-marker.ts';
import type { ContentPart, Extensions, MediaSource, TextPart } from '../../core/chat.ts';
import { readMediaUrl } from '../../core/data-url.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { unknownFields } from '../../core/unknown-fields.ts';
import {
  base64Schema,
  contentSchema,
  documentSchema,
  fileIdSchema,
  plainTextSchema,
  sourceSchema,
  textBlockSchema,
  urlSchema,
} from './wire.ts';

const DIALECT = 'anthropic-messages';

export function blockType(block: JsonObject, at: Path): string {
  if (typeof block.type === 'string') return block.type;
  throw invalidRequest([...at, 'type'], block.type === undefined ? 'is missing' : 'must be a string');
}

/** Plain texts are the most there is, by far: they are spared the schema. */
export function readContent(value: Json | undefined, at: Path): string | readonly JsonObject[] {
  return typeof value === 'string' ? value : parseRequest(contentSchema, value, at);
}

/** The marker of a block, and the fields that only this dialect knows. */
export function common(block: JsonObject, known: readonly string[], at: Path) {
  return { ...decodeCache(block, at), ...extensionsOf(block, [...known, 'type', 'cache_control'], at) };
}

export function extensionsOf(
  owner: JsonObject,
  known: readonly string[],
  at: Path,
): { readonly extensions?: Extensions } {
  const rest = without(owner, known, at);
  return Object.keys(rest).length === 0 ? {} : { extensions: { [DIALECT]: rest } };
}

export function without(owner: JsonObject, known: readonly string[], at: Path): JsonObject {
  return unknownFields(owner, (field) => known.includes(field), at);
}

export function decodeText(block: JsonObject, at: Path): TextPart {
  return { type: 'text', text: parseRequest(textBlockSchema, block, at).text, ...common(block, ['text'], at) };
}

/**
 * Types of blocks, and of sources, that are not known here are for a provider of this dialect to judge: it gets the
 * client's own body.
 */
export function decodeContent(block: JsonObject, at: Path): ContentPart {
  switch (blockType(block, at)) {
    case 'text':
      return decodeText(block, at);
    case 'image': {
      const source = decodeSource(parseRequest(sourceSchema, block, at).source, [...at, 'source']);
      if (source === undefined) return opaque(block);
      return { type: 'image', source, ...common(block, ['source'], at) };
    }
    case 'document': {
      const source = decodeDocumentSource(parseRequest(sourceSchema, block, at).source, [...at, 'source']);
      if (source === undefined) return opaque(block);
      const { title } = parseRequest(documentSchema, block, at);
      return {
        type: 'file',
        source,
        ...(title ? { filename: title } : {}),
        ...common(block, ['source', 'title'], at),
      };
    }
    default:
      return opaque(block);
  }
}

export function opaque(block: JsonObject): ContentPart {
  return { type: 'opaque', origin: DIALECT, data: block };
}

function decodeSource(source: JsonObject, at: Path): MediaSource | undefined {
  switch (blockType(source, at)) {
    case 'base64': {
      const { media_type: mediaType, data } = parseRequest(base64Schema, source, at);
      return { type: 'base64', mediaType, data };
    }
    case 'url':
      return readMediaUrl(parseRequest(urlSchema, source, at).url, [...at, 'url']);
    case 'file':
      return { type: 'reference', origin: DIALECT, id: parseRequest(fileIdSchema, source, at).file_id };
    default:
      return undefined;
  }
}

function decodeDocumentSource(source: JsonObject, at: Path): MediaSource | undefined {
  if (source.type === 'text') {
    return { type: 'base64', mediaType: 'text/plain', data: toBase64(parseRequest(plainTextSchema, source, at).data) };
  }
  const decoded = decodeSource(source, at);
  // By URL this API reads PDFs and nothing else; others have to be told.
  return decoded?.type === 'url' ? { ...decoded, mediaType: 'application/pdf' } : decoded;
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  // As arguments of one call, long texts would overflow the stack.
  for (let start = 0; start < bytes.length; start += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8_192));
  }
  return btoa(binary);
}
