import { decodeCache } from '../../core/cache-marker.ts';
import type { CacheMarker, ContentPart, MediaSource, TextPart } from '../../core/chat.ts';
import { readDataUrl, readMediaUrl } from '../../core/data-url.ts';
import type { JsonObject } from '../../core/json.ts';
import { audioPart, imageDetail, typeOf } from '../../core/openai-parts.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { audioPartSchema, filePartSchema, imagePartSchema, textPartSchema } from './wire.ts';

export function decodeText(part: JsonObject, at: Path): TextPart {
  return { type: 'text', text: parseRequest(textPartSchema, part, at).text, ...decodeCache(part, at) };
}

/** A type of part that is not known here is the provider's to judge, where the request goes through unchanged. */
export function decodePart(part: JsonObject, at: Path): ContentPart {
  switch (typeOf(part, at)) {
    case 'text':
      return decodeText(part, at);
    case 'image_url': {
      const { url, detail } = parseRequest(imagePartSchema, part, at).image_url;
      return {
        type: 'image',
        source: readMediaUrl(url, [...at, 'image_url', 'url']),
        ...imageDetail(detail),
        ...decodeCache(part, at),
      };
    }
    case 'input_audio': {
      const { input_audio: audio } = parseRequest(audioPartSchema, part, at);
      return { ...audioPart(audio), ...decodeCache(part, at) };
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
