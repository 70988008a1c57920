/** https://platform.claude.com/docs/en/build-with-claude/vision · …/pdf-support · …/files */
import type { FilePart, ImagePart, MediaSource } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** `path` names the part in errors. */
export function encodeImage(part: ImagePart, path: string): JsonObject {
  return { type: 'image', source: encodeImageSource(part.source, path) };
}

export function encodeFile(part: FilePart, path: string): JsonObject {
  const { source } = part;
  const mediaType = source.type === 'reference' ? undefined : source.mediaType?.toLowerCase();
  if (mediaType?.startsWith('image/') === true) return { type: 'image', source: encodeImageSource(source, path) };
  return {
    type: 'document',
    source: encodeDocumentSource(source, path),
    ...(part.filename === undefined ? {} : { title: part.filename }),
  };
}

function encodeImageSource(source: MediaSource, path: string): JsonObject {
  switch (source.type) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'base64': {
      // `image/jpg` is no media type, and common.
      const mediaType = source.mediaType.toLowerCase().replace('image/jpg', 'image/jpeg');
      if (!IMAGE_TYPES.has(mediaType)) throw unsupported(`images of type ${source.mediaType}`, path);
      return { type: 'base64', media_type: mediaType, data: source.data };
    }
    case 'reference':
      return encodeReference(source, path);
  }
}

function encodeDocumentSource(source: MediaSource, path: string): JsonObject {
  switch (source.type) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'base64': {
      const mediaType = source.mediaType.toLowerCase();
      if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: source.data };
      if (!mediaType.startsWith('text/')) throw unsupported(`files of type ${source.mediaType}`, path);
      return { type: 'text', media_type: 'text/plain', data: decodeText(source.data, path) };
    }
    case 'reference':
      return encodeReference(source, path);
  }
}

function encodeReference(source: Extract<MediaSource, { readonly type: 'reference' }>, path: string): JsonObject {
  if (source.origin === 'anthropic-messages') return { type: 'file', file_id: source.id };
  throw unsupported('files that were uploaded to another provider', path);
}

function decodeText(base64: string, path: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new GatewayError('invalid-request', 'The file is not base64 of UTF-8 text', { cause, param: path });
  }
}

export function unsupported(what: string, path: string): GatewayError {
  return new GatewayError('unsupported-parameter', `The target model does not take ${what}`, { param: path });
}
