import { decodeCache } from '../../core/cache-marker.ts';
import type { CacheMarker, ContentPart, MediaSource, TextPart } from '../../core/chat.ts';
import { readDataUrl, readMediaUrl } from '../../core/data-url.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { audioPartSchema, filePartSchema, imagePartSchema, textPartSchema } from './wire.ts';

const AUDIO_TYPES: ReadonlyMap<string, string> = new Map([
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
]);

export function decodeText(part: JsonObject, at: Path): TextPart {
  return { type: 'text', text: parseRequest(textPartSchema, part, at).text, ...decodeCache(part, at) };
}

export function partType(part: JsonObject, at: Path): string {
  if (typeof part.type === 'string') return part.type;
  throw invalidRequest([...at, 'type'], part.type === undefined ? 'is missing' : 'must be a string');
}

/** A type of part that is not known here is the provider's to judge, where the request goes through unchanged. */
export function decodePart(part: JsonObject, at: Path): ContentPart {
  switch (partType(part, at)) {
    case 'text':
      return decodeText(part, at);
    case 'image_url': {
      const { url, detail } = parseRequest(imagePartSchema, part, at).image_url;
      return {
        type: 'image',
        source: readMediaUrl(url, [...at, 'image_url', 'url']),
        ...(detail === 'low' || detail === 'high' || detail === 'auto' ? { detail } : {}),
        ...decodeCache(part, at),
      };
    }
    case 'input_audio': {
      const { data, format } = parseRequest(audioPartSchema, part, at).input_audio;
      const mediaType = AUDIO_TYPES.get(format) ?? `audio/${format}`;
      return { type: 'audio', source: { type: 'base64', mediaType, data }, ...decodeCache(part, at) };
    }
    case 'file': {
      const { file } = parseRequest(filePartSchema, part, at);
      return {
        type: 'file',
        source: decodeFile(file.file_id ?? undefined, file.file_data ?? undefined, [...at, 'file']),
        ...(file.filename ? { filename: file.filename } : {}),
        ...decodeCache(part, at),
      };
    }
    default:
      return { type: 'opaque', origin: 'openai-chat', data: part };
  }
}

/** The text of a message, or its parts. `decode` reads one part. */
export function decodeContent<P>(
  content: string | readonly JsonObject[],
  at: Path,
  decode: (part: JsonObject, at: Path) => P,
): readonly (P | TextPart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.map((part, index) => decode(part, [...at, index]));
}

/** A `cache_control` on the message itself is meant for its end. */
export function markLast<P extends { readonly cache?: CacheMarker }>(
  parts: readonly P[],
  message: JsonObject,
  at: Path,
): readonly P[] {
  const last = parts.at(-1);
  const marker = decodeCache(message, at);
  if (marker.cache === undefined || last === undefined || last.cache !== undefined) return parts;
  return [...parts.slice(0, -1), { ...last, ...marker }];
}

function decodeFile(id: string | undefined, data: string | undefined, at: Path): MediaSource {
  if (data !== undefined) return readDataUrl(data, [...at, 'file_data']);
  if (id !== undefined) return { type: 'reference', origin: 'openai-chat', id };
  throw invalidRequest(at, 'needs file_id or file_data');
}
