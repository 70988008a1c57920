/** https://ai.google.dev/api/caching#Part */
import * as z from 'zod/mini';
import type { ContentPart, Extensions, MediaSource, ReasoningPart, TextPart, ToolCallPart } from '../../core/chat.ts';
import { unwrapSignature } from '../../core/foreign-signature.ts';
import { invalidRequest } from '../../core/parse.ts';
import { jsonObject } from '../../core/request-fields.ts';
import { textSignature, unwrapReasoning } from './signature.ts';
import { DIALECT, type Fields, optionalFlag, optionalText, requiredText } from './wire.ts';

const text = z.string();
const optionalObject = z.nullish(jsonObject);

/** Fields of a part that say how its media are to be looked at. */
const MEDIA = new Set(['inlineData', 'fileData', 'thoughtSignature', 'thought']);

export function isThought(part: Fields): boolean {
  return part.read('thought', optionalFlag) === true;
}

export function decodeText(part: Fields): TextPart {
  const signature = part.read('thoughtSignature', optionalText);
  return {
    type: 'text',
    text: part.read('text', text),
    ...(signature ? { extensions: textSignature(signature) } : {}),
  };
}

export function decodeThought(part: Fields): ReasoningPart {
  const signature = part.read('thoughtSignature', optionalText);
  return {
    type: 'reasoning',
    text: part.read('text', optionalText) ?? '',
    ...(signature ? unwrapReasoning(signature) : {}),
  };
}

/** What a user may say, and the media of an answer. Kinds of parts that are not known here stay what they are. */
export function decodeContent(part: Fields): ContentPart {
  if (part.get('text') !== undefined) return decodeText(part);
  const inline = part.object('inlineData');
  if (inline !== undefined) return decodeMedia(decodeInline(inline), mediaType(inline), inline, part);
  const file = part.object('fileData');
  if (file !== undefined) return decodeMedia(decodeFile(file), mediaType(file), file, part);
  if (Object.keys(part.value).length === 0) throw invalidRequest(part.at, 'is empty');
  return { type: 'opaque', origin: DIALECT, data: part.value };
}

function decodeInline(blob: Fields): MediaSource {
  const type = blob.read('mimeType', requiredText).toLowerCase();
  return { type: 'base64', mediaType: type, data: blob.read('data', requiredText) };
}

/** Files of the Files API and of Cloud Storage are Google's to read; anything else at a URL anybody may fetch. */
function decodeFile(file: Fields): MediaSource {
  const uri = file.read('fileUri', requiredText);
  const type = mediaType(file);
  const own = !/^https?:\/\//i.test(uri) || /^https:\/\/generativelanguage\.googleapis\.com\//i.test(uri);
  if (own) return { type: 'reference', origin: DIALECT, id: uri };
  return { type: 'url', url: uri, ...(type === '' ? {} : { mediaType: type }) };
}

function mediaType(blob: Fields): string {
  return blob.read('mimeType', optionalText)?.toLowerCase() ?? '';
}

function decodeMedia(source: MediaSource, type: string, blob: Fields, part: Fields): ContentPart {
  const others = part.others(MEDIA);
  const extensions: { readonly extensions?: Extensions } =
    Object.keys(others).length === 0 ? {} : { extensions: { [DIALECT]: others } };
  if (type.startsWith('image/')) return { type: 'image', source, ...extensions };
  if (type.startsWith('audio/')) return { type: 'audio', source, ...extensions };
  const filename = blob.read('displayName', optionalText);
  return { type: 'file', source, ...(filename ? { filename } : {}), ...extensions };
}

/** `id` is what the call has for an id here, where the client gave it none. */
export function decodeCall(part: Fields, call: Fields, id: string): ToolCallPart {
  const signature = part.read('thoughtSignature', optionalText);
  return {
    type: 'tool-call',
    kind: 'function',
    id: call.read('id', optionalText) || id,
    name: call.read('name', requiredText),
    arguments: JSON.stringify(call.read('args', optionalObject) ?? {}),
    ...(signature ? { signature: unwrapSignature(DIALECT, signature) } : {}),
  };
}

export interface DecodedResponse {
  readonly content: readonly ContentPart[];
  readonly isError?: boolean;
}

/** `output` and `error` are the keys that Google's documentation gives a meaning; any other object is the output. */
export function decodeResponse(response: Fields): DecodedResponse {
  const value = response.read('response', optionalObject) ?? {};
  const media = response.objects('parts').map(decodeContent);
  const [only, ...more] = Object.keys(value);
  const named = more.length === 0 && (only === 'output' || only === 'error') ? value[only] : undefined;
  const told = named ?? value;
  const empty = named === undefined && only === undefined && media.length > 0;
  const written: TextPart = { type: 'text', text: typeof told === 'string' ? told : JSON.stringify(told) };
  return {
    content: empty ? media : [written, ...media],
    ...(only === 'error' && named !== undefined ? { isError: true } : {}),
  };
}
