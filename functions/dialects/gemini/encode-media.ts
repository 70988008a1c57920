/** https://ai.google.dev/gemini-api/docs/file-input-methods: data inline, or by a URL that Google fetches itself. */
import type { AudioPart, FilePart, ImagePart, MediaSource } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { DIALECT } from './wire.ts';

/** Names in use that are no media types, or not the ones that the API knows. */
const COMMON_NAMES: { readonly [type: string]: string } = {
  'image/jpg': 'image/jpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/mpeg': 'audio/mp3',
};

const TYPES_BY_ENDING: { readonly [ending: string]: string } = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  gif: 'image/gif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
};

/** `path` names the part in errors. */
export function encodeMedia(part: ImagePart | FilePart | AudioPart, path: string): JsonObject {
  const { source } = part;
  switch (source.type) {
    case 'base64':
      if (source.mediaType === '') throw unsupported('data without a media type', path);
      return { inlineData: { mimeType: knownName(source.mediaType), data: source.data } };
    case 'url': {
      const type = source.mediaType ?? typeByEnding(source.url);
      return { fileData: { fileUri: source.url, ...(type === undefined ? {} : { mimeType: knownName(type) }) } };
    }
    case 'reference':
      if (source.origin === DIALECT) return { fileData: { fileUri: source.id } };
      throw unsupported('files that were uploaded to another provider', path);
  }
}

/** What may stand inside of a `functionResponse`. https://ai.google.dev/gemini-api/docs/function-calling#multimodal */
const RESULT_TYPES = new Set(['image/png', 'image/jpeg', 'image/webp', 'application/pdf', 'text/plain']);

export function fitsInResult(source: MediaSource): boolean {
  return source.type === 'base64' && RESULT_TYPES.has(knownName(source.mediaType));
}

function knownName(type: string): string {
  const name = type.toLowerCase();
  return (Object.hasOwn(COMMON_NAMES, name) ? COMMON_NAMES[name] : undefined) ?? name;
}

/** The type of a file at a URL is optional; where the name says it, it spares a guess. */
function typeByEnding(url: string): string | undefined {
  const ending = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url.slice(url.lastIndexOf('/')))?.[1];
  return ending === undefined ? undefined : TYPES_BY_ENDING[ending.toLowerCase()];
}

export function unsupported(what: string, path: string): GatewayError {
  return new GatewayError('unsupported-parameter', `The target model does not take ${what}`, { param: path });
}
