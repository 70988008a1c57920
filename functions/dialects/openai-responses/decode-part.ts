import type { CacheMarker, ContentPart, MediaSource, TextPart } from '../../core/chat.ts';
import { isDataUrl, readDataUrl, readMediaUrl } from '../../core/data-url.ts';
import type { JsonObject } from '../../core/json.ts';
import { audioPart, imageDetail, typeOf } from '../../core/openai-parts.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { audioPartSchema, breakpointSchema, DIALECT, filePartSchema, imagePartSchema, textPartSchema } from './wire.ts';

/** `file_data` may come without its type, which only the name tells then. */
const FILE_TYPES: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['txt', 'text/plain'],
  ['md', 'text/markdown'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['json', 'application/json'],
]);

/** A type of part that is not known here is the provider's to judge, where the request goes through unchanged. */
export function decodePart(part: JsonObject, at: Path): ContentPart {
  switch (typeOf(part, at)) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
      return decodeText(part, at);
    case 'input_image':
      return decodeImage(part, at);
    case 'input_file':
      return decodeFile(part, at);
    case 'input_audio': {
      const { input_audio: audio } = parseRequest(audioPartSchema, part, at);
      return { ...audioPart(audio), ...decodeCache(part, at) };
    }
    default:
      return { type: 'opaque', origin: DIALECT, data: part };
  }
}

export function decodeText(part: JsonObject, at: Path): TextPart {
  return { type: 'text', text: parseRequest(textPartSchema, part, at).text, ...decodeCache(part, at) };
}

function decodeImage(part: JsonObject, at: Path): ContentPart {
  const { image_url: url, file_id: id, detail } = parseRequest(imagePartSchema, part, at);
  if (!url && !id) throw invalidRequest(at, 'needs image_url or file_id');
  const source: MediaSource = url
    ? readMediaUrl(url, [...at, 'image_url'])
    : { type: 'reference', origin: DIALECT, id: id ?? '' };
  return {
    type: 'image',
    source,
    ...imageDetail(detail),
    ...decodeCache(part, at),
  };
}

function decodeFile(part: JsonObject, at: Path): ContentPart {
  const { file_data: data, file_url: url, file_id: id, filename } = parseRequest(filePartSchema, part, at);
  return {
    type: 'file',
    source: fileSource({ data, url, id, filename }, at),
    ...(filename ? { filename } : {}),
    ...decodeCache(part, at),
  };
}

interface WireFile {
  readonly data: string | null | undefined;
  readonly url: string | null | undefined;
  readonly id: string | null | undefined;
  readonly filename: string | null | undefined;
}

function fileSource({ data, url, id, filename }: WireFile, at: Path): MediaSource {
  if (data) {
    if (isDataUrl(data)) return readDataUrl(data, [...at, 'file_data']);
    const mediaType = FILE_TYPES.get(/\.(\w+)$/.exec(filename ?? '')?.[1]?.toLowerCase() ?? '');
    if (mediaType !== undefined) return { type: 'base64', mediaType, data };
    throw invalidRequest([...at, 'file_data'], 'must be a data URL of the form data:TYPE;base64,DATA');
  }
  if (url) return readMediaUrl(url, [...at, 'file_url']);
  if (id) return { type: 'reference', origin: DIALECT, id };
  throw invalidRequest(at, 'needs file_data, file_url or file_id');
}

/** A breakpoint lives for 30 minutes at least, which of the lifetimes elsewhere only the longer one gives. */
function decodeCache(part: JsonObject, at: Path): { readonly cache?: CacheMarker } {
  const marker = part.prompt_cache_breakpoint;
  if (marker === undefined || marker === null) return {};
  const { ttl } = parseRequest(breakpointSchema, marker, [...at, 'prompt_cache_breakpoint']);
  return { cache: { ttl: ttl ? '1h' : '5m' } };
}
