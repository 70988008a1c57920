/** One walk over all that a request puts before a model, for the estimate of the hot path and for the exact count. */
import type { AssistantPart, ChatRequest, MediaSource, Message, Tool, ToolResultPart } from '../core/chat.ts';

export interface MediaRate {
  readonly bytesPerToken: number;
  readonly least: number;
  /** Of what lies elsewhere. */
  readonly unseen: number;
}

/** What is not text, in tokens. */
export interface InputRates {
  readonly request: number;
  /** Roles and separators. */
  readonly message: number;
  /** What stands around a tool's schema, a call and a result. */
  readonly tool: number;
  /** The system prompt that a provider adds where there are tools. */
  readonly toolsPrompt: number;
  /** A tool that the provider brings itself. */
  readonly providerTool: number;
  readonly image: number;
  readonly imageLowDetail: number;
  readonly file: MediaRate;
  readonly audio: MediaRate;
  /** Of encrypted reasoning, which is base64. */
  readonly sealedCharsPerToken: number;
}

/** No context window in use takes more. */
const MEDIA_MOST = 1_000_000;

/** `count` is called with each text; what it returns is added. */
export function sumInputTokens(request: ChatRequest, rates: InputRates, count: (text: string) => number): number {
  const json = (value: unknown): number => (value === undefined ? 0 : count(JSON.stringify(value)));

  const messageTokens = (message: Message): number => {
    let tokens = rates.message;
    if (message.role !== 'tool' && message.name !== undefined) tokens += count(message.name);
    for (const part of message.content) tokens += partTokens(part);
    return tokens;
  };

  const partTokens = (part: AssistantPart | ToolResultPart): number => {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return count(part.text);
      case 'image':
        return part.detail === 'low' ? rates.imageLowDetail : rates.image;
      case 'file':
        return mediaTokens(part.source, rates.file);
      case 'audio':
        return mediaTokens(part.source, rates.audio);
      case 'tool-call':
        return rates.tool + count(part.name) + count(part.arguments);
      case 'tool-result':
        return part.content.reduce((tokens, content) => tokens + partTokens(content), rates.tool);
      case 'reasoning': {
        const sealed = (part.signature?.value.length ?? 0) + (part.redacted?.value.length ?? 0);
        return count(part.text) + Math.ceil(sealed / rates.sealedCharsPerToken);
      }
      case 'opaque':
        return json(part.data);
    }
  };

  const toolTokens = (tool: Tool): number => {
    switch (tool.kind) {
      case 'function':
        return rates.tool + json([tool.name, tool.description, tool.parameters]);
      case 'custom':
        return rates.tool + json([tool.name, tool.description, tool.format]);
      case 'provider':
        return rates.providerTool + json([tool.name, tool.data]);
    }
  };

  let tokens = rates.request;
  for (const message of request.messages) tokens += messageTokens(message);
  if (request.tools.length > 0) tokens += rates.toolsPrompt;
  for (const tool of request.tools) tokens += toolTokens(tool);
  const format = request.responseFormat;
  if (format?.type === 'json-schema') tokens += json([format.name, format.description, format.schema]);
  for (const extension of Object.values(request.extensions)) tokens += json(extension);
  return tokens;
}

function mediaTokens(source: MediaSource, rate: MediaRate): number {
  if (source.type !== 'base64') return rate.unseen;
  const bytes = source.data.length * 0.75;
  return Math.min(MEDIA_MOST, Math.max(rate.least, Math.ceil(bytes / rate.bytesPerToken)));
}
