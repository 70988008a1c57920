/** Images, files and sound that a request names by URL: which of them a target cannot read, and what stands for them. */
import type { ChatRequest, Dialect, Message } from './chat.ts';
import { type MediaKind, type MediaPart, mediaKind } from './media-kind.ts';
import type { Quirks } from './quirks.ts';

/**
 * What each dialect's own provider reads from a URL:
 *  - openai-chat: images; "External file URL: not supported" and audio as base64 only.
 *    https://developers.openai.com/api/docs/guides/file-inputs
 *  - openai-responses: images and files. Same page.
 *  - anthropic-messages: images and PDFs. https://platform.claude.com/docs/en/build-with-claude/pdf-support
 *  - gemini: nothing here. Since January 2026 it does read public URLs, but not for the 2.0 models, and it requires a media
 *    type, which requests from other dialects do not name. https://ai.google.dev/gemini-api/docs/file-input-methods
 *  - bedrock-converse: nothing but S3.
 * A provider that differs says so in `quirks.mediaUrls`.
 */
const URL_KINDS: { readonly [D in Dialect]: readonly MediaKind[] } = {
  'openai-chat': ['image'],
  'openai-responses': ['image', 'pdf', 'file'],
  'anthropic-messages': ['image', 'pdf'],
  gemini: [],
  'bedrock-converse': [],
};

export function urlKinds(
  dialect: Dialect,
  quirks: { readonly mediaUrls?: Quirks['mediaUrls'] | undefined } = {},
): readonly MediaKind[] {
  return quirks.mediaUrls ?? URL_KINDS[dialect];
}

export interface RemoteMedia {
  readonly kind: MediaKind;
  readonly url: string;
  /** Where it stands: `messages[2].content[0]`. */
  readonly path: string;
}

export interface FetchedMedia {
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

/** The media that the target cannot read from their URLs. */
export function findRemoteMedia(request: ChatRequest, takesUrl: (kind: MediaKind) => boolean): readonly RemoteMedia[] {
  const found: RemoteMedia[] = [];
  mapMedia(request, (part, path) => {
    const kind = mediaKind(part);
    if (part.source.type === 'url' && !takesUrl(kind)) found.push({ kind, url: part.source.url, path });
    return part;
  });
  return found;
}

/** The same request with what was fetched, by path, in place of URLs. */
export function inlineMedia(request: ChatRequest, fetched: ReadonlyMap<string, FetchedMedia>): ChatRequest {
  return mapMedia(request, (part, path) => {
    const media = fetched.get(path);
    return media === undefined ? part : { ...part, source: { type: 'base64', ...media } };
  });
}

type Change = <P extends MediaPart>(part: P, path: string) => P;

export function mapMedia(request: ChatRequest, change: Change): ChatRequest {
  const messages = request.messages.map((message, index) => mapMessage(message, `messages[${index}].content`, change));
  return { ...request, messages };
}

function mapMessage(message: Message, at: string, change: Change): Message {
  switch (message.role) {
    case 'system':
      return message;
    case 'user':
      return { ...message, content: mapParts(message.content, at, change) };
    case 'assistant':
      return { ...message, content: mapParts(message.content, at, change) };
    case 'tool':
      return {
        ...message,
        content: message.content.map((result, index) => ({
          ...result,
          content: mapParts(result.content, `${at}[${index}].content`, change),
        })),
      };
  }
}

function mapParts<P extends { readonly type: string }>(parts: readonly P[], at: string, change: Change): readonly P[] {
  return parts.map((part, index) => (isMedia(part) ? change(part, `${at}[${index}]`) : part));
}

function isMedia<P extends { readonly type: string }>(part: P): part is P & MediaPart {
  return part.type === 'image' || part.type === 'file' || part.type === 'audio';
}
