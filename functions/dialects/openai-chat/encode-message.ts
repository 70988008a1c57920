import type {
  AssistantPart,
  ContentPart,
  MediaSource,
  Message,
  ToolCallPart,
  ToolResultPart,
} from '../../core/chat.ts';
import { toDataUrl } from '../../core/data-url.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeToolCall, type ToolContext } from './encode-tools.ts';
import { encodeCallSignature, encodeDetails } from './reasoning-details.ts';

const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
]);

/** `drop` is told what of the history this dialect has no words for. */
export interface MessageOptions extends ToolContext {
  /** Whether the provider takes the text of former reasoning back. */
  readonly reasoning: boolean;
}

export function encodeMessages(messages: readonly Message[], options: MessageOptions): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  /** Tool messages take text only: images of results follow them in a user message, behind all results of the turn. */
  let attachments: JsonObject[] = [];
  const flush = (): void => {
    if (attachments.length > 0) encoded.push({ role: 'user', content: attachments });
    attachments = [];
  };
  for (const message of messages) {
    if (message.role === 'tool') {
      for (const result of message.content) {
        encoded.push(encodeResult(result));
        attachments.push(...result.content.filter((part) => part.type !== 'text').map(encodePart));
      }
      continue;
    }
    flush();
    encoded.push(message.role === 'assistant' ? encodeAssistant(message, options) : encodePlain(message));
  }
  flush();
  return encoded;
}

function encodePlain(message: Extract<Message, { role: 'system' | 'user' }>): JsonObject {
  return { role: message.role, content: encodeContent(message.content), ...named(message) };
}

const named = (message: { readonly name?: string }): JsonObject =>
  message.name === undefined ? {} : { name: message.name };

/** One text goes as a string: every compatible server takes that, not all take lists. */
function encodeContent(parts: readonly ContentPart[]): string | readonly JsonObject[] {
  const [only] = parts;
  if (only === undefined) return '';
  return parts.length === 1 && only.type === 'text' ? only.text : parts.map(encodePart);
}

function encodePart(part: ContentPart): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: imageUrl(part.source), ...(part.detail === undefined ? {} : { detail: part.detail }) },
      };
    case 'audio':
      return encodeAudio(part.source);
    case 'file':
      return { type: 'file', file: encodeFile(part.source, part.filename) };
    case 'opaque':
      if (part.origin === 'openai-chat') return part.data;
      throw unsupported(`a part of type "${String(part.data.type)}"`);
  }
}

function imageUrl(source: MediaSource): string {
  switch (source.type) {
    case 'url':
      return source.url;
    case 'base64':
      return toDataUrl(source);
    case 'reference':
      throw unsupported('an image by the id of an uploaded file');
  }
}

function encodeAudio(source: MediaSource): JsonObject {
  const format = source.type === 'base64' ? AUDIO_FORMATS.get(source.mediaType) : undefined;
  if (source.type !== 'base64' || format === undefined) throw unsupported('audio other than wav and mp3 as base64');
  return { type: 'input_audio', input_audio: { data: source.data, format } };
}

function encodeFile(source: MediaSource, filename: string | undefined): JsonObject {
  if (source.type === 'base64') return { filename: filename ?? 'file', file_data: toDataUrl(source) };
  if (source.type === 'reference' && source.origin === 'openai-chat') return { file_id: source.id };
  throw unsupported(source.type === 'url' ? 'a file by URL' : "another provider's uploaded file");
}

/** Content is never left out, whatever parameters may be: the answer would be to another question. */
function unsupported(what: string): GatewayError {
  return new GatewayError('unsupported-parameter', `The Chat Completions API of this target cannot take ${what}.`, {
    param: 'messages',
  });
}

function encodeResult(result: ToolResultPart): JsonObject {
  const text = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const content = text === '' && result.content.length > 0 ? 'The result is in the message that follows.' : text;
  return {
    role: 'tool',
    tool_call_id: result.callId,
    // There is no flag for a failure here: the model has to read it.
    content: result.isError === true && !/^error\b/i.test(content) ? `Error: ${content}` : content,
  };
}

function encodeAssistant(message: Extract<Message, { role: 'assistant' }>, options: MessageOptions): JsonObject {
  const { content } = message;
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const refusal = content.flatMap((part) => (part.type === 'refusal' ? [part.text] : [])).join('');
  const calls = content.flatMap((part) => (part.type === 'tool-call' ? [encodeCall(part, options)] : []));
  const details = content.flatMap((part, index) => (part.type === 'reasoning' ? encodeOwnDetails(part, index) : []));
  const [audio] = content.flatMap((part) => (part.type === 'audio' ? [audioId(part.source)] : []));
  const reasoning = content.flatMap((part) => (part.type === 'reasoning' ? [part.text] : [])).join('');
  for (const part of content) dropForeign(part, options.drop);
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...named(message),
    ...(refusal === '' ? {} : { refusal }),
    ...(audio === undefined ? {} : { audio: { id: audio } }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    // Beside the details the text would be there twice.
    ...(options.reasoning && details.length === 0 && reasoning !== '' ? { reasoning_content: reasoning } : {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** Only what this dialect signed goes back. */
function encodeOwnDetails(part: Extract<AssistantPart, { type: 'reasoning' }>, index: number): readonly JsonObject[] {
  const origin = part.signature?.origin ?? part.redacted?.origin;
  return origin === 'openai-chat' ? encodeDetails(part, index) : [];
}

function encodeCall(part: ToolCallPart, options: MessageOptions): JsonObject {
  return {
    ...encodeToolCall(part, options),
    ...encodeCallSignature(part.signature?.origin === 'openai-chat' ? part.signature : undefined),
  };
}

/** Traces of another provider's own tools, and its media, cannot be told to this one. */
function dropForeign(part: AssistantPart, drop: (what: string) => void): void {
  if (part.type === 'opaque') drop(`messages: assistant part "${String(part.data.type)}"`);
  else if (part.type === 'image' || part.type === 'file') drop(`messages: assistant ${part.type}`);
  else if (part.type === 'audio' && audioId(part.source) === undefined) drop('messages: assistant audio');
}

const audioId = (source: MediaSource): string | undefined =>
  source.type === 'reference' && source.origin === 'openai-chat' ? source.id : undefined;
