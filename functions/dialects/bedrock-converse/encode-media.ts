/** Media go as bytes (base64 in JSON). URLs are never followed by the API; S3 it would read with the gateway's own rights. */
import type { AudioPart, FilePart, ImagePart, MediaSource } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** `ImageFormat`, `DocumentFormat`, `VideoFormat` and `AudioFormat` of the API, by media type. */
const IMAGES: Formats = {
  'image/jpeg': 'jpeg',
  // No media type, and common.
  'image/jpg': 'jpeg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
};
const DOCUMENTS: Formats = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/html': 'html',
  'text/csv': 'csv',
  'application/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};
const VIDEOS: Formats = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'video/webm': 'webm',
  'video/x-flv': 'flv',
  'video/mpeg': 'mpeg',
  'video/x-ms-wmv': 'wmv',
  'video/3gpp': 'three_gp',
};
const SOUNDS: Formats = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/mp4': 'm4a',
  'audio/m4a': 'm4a',
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'audio/ogg': 'ogg',
  'audio/opus': 'opus',
  'audio/pcm': 'pcm',
  'audio/webm': 'webm',
};

type Formats = { readonly [mediaType: string]: string };

/** Names of documents, as the API wants them: without most punctuation, and no two alike. */
export type DocumentNames = (filename: string | undefined) => string;

/** `path` names the part in errors. */
export function encodeImage(part: ImagePart, path: string): JsonObject {
  return { image: encodeSource(part.source, IMAGES, 'images', path) };
}

export function encodeAudio(part: AudioPart, path: string): JsonObject {
  return { audio: encodeSource(part.source, SOUNDS, 'audio', path) };
}

export function encodeFile(part: FilePart, path: string, names: DocumentNames): JsonObject {
  const kind = part.source.type === 'base64' ? (mediaTypeOf(part.source).split('/')[0] ?? '') : '';
  if (kind === 'image') return { image: encodeSource(part.source, IMAGES, 'images', path) };
  if (kind === 'video') return { video: encodeSource(part.source, VIDEOS, 'videos', path) };
  if (kind === 'audio') return { audio: encodeSource(part.source, SOUNDS, 'audio', path) };
  const { format, source } = encodeSource(part.source, DOCUMENTS, 'files', path);
  return { document: { format, name: names(part.filename), source } };
}

function encodeSource(source: MediaSource, formats: Formats, what: string, path: string) {
  switch (source.type) {
    case 'base64': {
      const type = mediaTypeOf(source);
      // All other text is plain text: source code, XML, calendars.
      const format = formats[type] ?? (formats === DOCUMENTS && type.startsWith('text/') ? 'txt' : undefined);
      if (format === undefined) throw unsupported(`${what} of type ${source.mediaType}`, path);
      return { format, source: { bytes: source.data } };
    }
    case 'url':
      throw unsupported('URLs: send the data itself', path);
    case 'reference':
      throw unsupported('files that were uploaded to another provider', path);
  }
}

/** Without parameters: `text/plain; charset=utf-8`. */
function mediaTypeOf(source: { readonly mediaType: string }): string {
  return source.mediaType.toLowerCase().split(';')[0]?.trim() ?? '';
}

/**
 * Letters, digits, single spaces, hyphens, parentheses and brackets; the second `report` is `report (2)`. The extension
 * is told by the format.
 */
export function createDocumentNames(): DocumentNames {
  const seen = new Map<string, number>();
  return (filename) => {
    const stem = (filename ?? '').replace(/\.[a-z0-9]{1,5}$/i, '').slice(0, 180);
    const clean = stem.replace(/[^a-zA-Z0-9()[\]-]+/g, ' ').trim();
    const name = clean === '' ? 'document' : clean;
    let count = (seen.get(name) ?? 0) + 1;
    while (count > 1 && seen.has(`${name} (${count})`)) count += 1;
    seen.set(name, count);
    const unique = count === 1 ? name : `${name} (${count})`;
    if (count > 1) seen.set(unique, 1);
    return unique;
  };
}

export function unsupported(what: string, path: string): GatewayError {
  return new GatewayError('unsupported-parameter', `The target model does not take ${what}`, { param: path });
}
