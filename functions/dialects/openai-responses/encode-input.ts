/** Messages as input items. Nothing of them lies with the provider, so no item has an id. */
import type {
  AssistantPart,
  ContentPart,
  FilePart,
  ImagePart,
  Message,
  ReasoningPart,
  ToolResultPart,
} from '../../core/chat.ts';
import { toDataUrl } from '../../core/data-url.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { DIALECT } from './wire.ts';

export interface InputContext {
  readonly toolName: (name: string) => string;
  readonly toolId: (id: string) => string;
  /** Notes what had to be left out, in the client's words where they are known. */
  readonly drop: (parameter: string) => void;
}

export function encodeInput(messages: readonly Message[], context: InputContext): readonly JsonObject[] {
  /** A result is of the kind of its call. */
  const custom = new Set<string>();
  return messages.flatMap((message, index): readonly JsonObject[] => {
    const path = `messages[${index}]`;
    if (message.role !== 'tool' && message.name !== undefined) context.drop(`${path}.name`);
    switch (message.role) {
      case 'system':
      case 'user': {
        const content = encodeContent(message.content, `${path}.content`);
        return content === '' ? [] : [{ type: 'message', role: message.role, content }];
      }
      case 'assistant':
        for (const part of message.content) {
          if (part.type === 'tool-call' && part.kind === 'custom') custom.add(part.id);
        }
        return encodeAssistant(message.content, `${path}.content`, context);
      default:
        return message.content.map((result, at) => ({
          type: custom.has(result.callId) ? 'custom_tool_call_output' : 'function_call_output',
          call_id: context.toolId(result.callId),
          output: encodeResult(result, `${path}.content[${at}]`),
        }));
    }
  });
}

/** Bare text goes as a string: every compatible server takes that, not all take lists. */
function encodeContent(parts: readonly ContentPart[], path: string): string | readonly Json[] {
  const [only] = parts;
  if (only === undefined) return '';
  if (parts.length === 1 && only.type === 'text') return only.text;
  return parts.map((part, index) => encodePart(part, `${path}[${index}]`));
}

function encodePart(part: ContentPart, path: string): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'image':
      return { type: 'input_image', ...encodeImage(part, path), detail: part.detail ?? 'auto' };
    case 'file':
      return { type: 'input_file', ...encodeFile(part, path) };
    case 'audio':
      throw unsupported('audio', path);
    case 'opaque':
      if (part.origin === DIALECT) return part.data;
      throw unsupported(`a part of type "${String(part.data.type)}"`, path);
  }
}

function encodeImage({ source }: ImagePart, path: string): JsonObject {
  switch (source.type) {
    case 'url':
      return { image_url: source.url };
    case 'base64':
      return { image_url: toDataUrl(source) };
    case 'reference':
      return { file_id: uploaded(source, path) };
  }
}

function encodeFile({ source, filename }: FilePart, path: string): JsonObject {
  switch (source.type) {
    case 'url':
      return { file_url: source.url };
    case 'base64':
      return { filename: filename ?? 'file', file_data: toDataUrl(source) };
    case 'reference':
      return { file_id: uploaded(source, path) };
  }
}

/** Both dialects of OpenAI know the same files. */
function uploaded(source: { readonly origin: string; readonly id: string }, path: string): string {
  if (source.origin === DIALECT || source.origin === 'openai-chat') return source.id;
  throw unsupported("another provider's uploaded file", path);
}

/** Content is never left out, whatever parameters may be: the answer would be to another question. */
function unsupported(what: string, path: string): GatewayError {
  return new GatewayError('unsupported-parameter', `The Responses API of this target cannot take ${what}.`, {
    param: path,
  });
}

function encodeResult(result: ToolResultPart, path: string): Json {
  const { content, isError } = result;
  if (content.some((part) => part.type !== 'text')) {
    const parts = content.map((part, index) => encodePart(part, `${path}.content[${index}]`));
    return isError === true ? [{ type: 'input_text', text: 'Error:' }, ...parts] : parts;
  }
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  // There is no flag for a failure here: the model has to read it.
  return isError === true && !/^error\b/i.test(text) ? `Error: ${text}` : text;
}

/** Texts that follow each other are one message; everything else is an item of its own, in its place. */
function encodeAssistant(parts: readonly AssistantPart[], path: string, context: InputContext): readonly JsonObject[] {
  const items: JsonObject[] = [];
  let texts: JsonObject[] = [];
  const flush = (): void => {
    const [only] = texts;
    if (only !== undefined) {
      const content = texts.length === 1 && only.type === 'output_text' ? (only.text ?? '') : texts;
      items.push({ type: 'message', role: 'assistant', content });
    }
    texts = [];
  };
  parts.forEach((part, index) => {
    if (part.type === 'text') {
      if (part.text !== '') texts.push({ type: 'output_text', text: part.text });
    } else if (part.type === 'refusal') {
      texts.push({ type: 'refusal', refusal: part.text });
    } else {
      const item = encodeAssistantItem(part, `${path}[${index}]`, context);
      if (item === undefined) return;
      flush();
      items.push(item);
    }
  });
  flush();
  return items;
}

type ItemPart = Exclude<AssistantPart, { readonly type: 'text' | 'refusal' }>;

function encodeAssistantItem(part: ItemPart, path: string, context: InputContext): JsonObject | undefined {
  switch (part.type) {
    case 'reasoning':
      return encodeReasoning(part);
    case 'tool-call': {
      const call = { call_id: context.toolId(part.id), name: context.toolName(part.name) };
      if (part.kind === 'custom') return { type: 'custom_tool_call', ...call, input: part.arguments };
      return { type: 'function_call', ...call, arguments: part.arguments.trim() === '' ? '{}' : part.arguments };
    }
    case 'opaque':
      if (part.origin === DIALECT) return part.data;
      context.drop(`${path} of type "${String(part.data.type)}"`);
      return undefined;
    case 'image':
    case 'file':
    case 'audio':
      // What the model said cannot be told to it in pictures.
      context.drop(`${path} of type "${part.type}"`);
      return undefined;
  }
}

/** Without its encrypted form, an item is looked up by its id, and not found: nothing is stored. */
function encodeReasoning({ text, redacted, signature }: ReasoningPart): JsonObject | undefined {
  const own = [redacted, signature].find((proof) => proof?.origin === DIALECT);
  if (own === undefined) return undefined;
  const summary = text === '' ? [] : [{ type: 'summary_text', text }];
  return { type: 'reasoning', summary, encrypted_content: own.value };
}
