import type { AssistantPart, ChatRequest, MediaSource, ToolResultPart } from '../core/chat.ts';
import { readTerms } from '../core/usage.ts';
import type { InputKinds } from './prices.ts';

type Part = AssistantPart | ToolResultPart;

/**
 * Which of the dearer input classes a request can come to. Without it every request to Claude would be reserved at
 * the price of a one-hour cache write, 1.6 times what it can cost, and one to Gemini at the price of audio.
 * In doubt, yes: what only the provider's dialect understands may hold anything.
 */
export function inputKinds(request: ChatRequest): Required<InputKinds> {
  const parts = request.messages.flatMap((message): readonly Part[] => message.content);
  const all = parts.flatMap((part): readonly Part[] =>
    part.type === 'tool-result' ? [part, ...part.content] : [part],
  );
  const claude = request.extensions['anthropic-messages'];
  const opaque = all.some((part) => part.type === 'opaque');
  const extensions = [request.extensions, ...all.map((part) => part.extensions), ...request.tools.map(toolExtensions)];
  const unmodelled = extensions.some(
    (extension) => extension !== undefined && JSON.stringify(extension).includes('"1h"'),
  );
  return {
    audio: opaque || all.some((part) => part.type === 'audio' || (part.type === 'file' && mayBeAudio(part.source))),
    cacheWrite1h:
      opaque ||
      unmodelled ||
      all.some((part) => part.cache?.ttl === '1h') ||
      request.tools.some((tool) => tool.kind === 'function' && tool.cache?.ttl === '1h'),
    terms: readTerms(request.serviceTier, claude?.speed, claude?.inference_geo),
  };
}

function toolExtensions(tool: ChatRequest['tools'][number]) {
  return tool.kind === 'provider' ? tool.data : tool.extensions;
}

function mayBeAudio(source: MediaSource): boolean {
  const mediaType = source.type === 'reference' ? undefined : source.mediaType;
  return mediaType === undefined || /^(audio|video)\//.test(mediaType);
}
