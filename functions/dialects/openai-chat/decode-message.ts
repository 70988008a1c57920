import * as z from 'zod/mini';
import type {
  AssistantPart,
  ContentPart,
  Message,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodeContent, typeOf } from '../../core/openai-parts.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { readText } from '../../core/read.ts';
import { fieldNames } from '../../core/unknown-fields.ts';
import { decodePart, decodeText, markLast } from './decode-part.ts';
import { decodeDetails, type ReasoningDetail, readCallSignature, readDetails } from './reasoning-details.ts';
import {
  assistantSchema,
  contentSchema,
  customCallSchema,
  functionCallSchema,
  readThinking,
  refusalPartSchema,
} from './wire.ts';

const nameSchema = z.nullish(z.string());
const callIdSchema = z.object({ tool_call_id: z.string() });

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'];

export function decodeMessages(messages: readonly JsonObject[]): readonly Message[] {
  /** Ids of all calls so far: a result has to answer one of them. */
  const calls = new Set<string>();
  return messages.map((message, index) => decodeMessage(message, ['messages', index], calls));
}

function decodeMessage(message: JsonObject, at: Path, calls: Set<string>): Message {
  const { role } = message;
  fieldNames(message, at);
  switch (role) {
    case 'system':
    case 'developer': {
      const parts = decodeContent(readContent(message, at), [...at, 'content'], (part, place) => {
        if (typeOf(part, place) === 'text') return decodeText(part, place);
        throw invalidRequest([...place, 'type'], `must be "text" in a ${role} message`);
      });
      return { role: 'system', content: markLast(parts, message, at), ...readName(message, at) };
    }
    case 'user': {
      const parts: readonly ContentPart[] = decodeContent(readContent(message, at), [...at, 'content'], decodePart);
      return { role, content: markLast(parts, message, at), ...readName(message, at) };
    }
    case 'assistant': {
      const decoded = decodeAssistant(message, at);
      for (const part of decoded.content) if (part.type === 'tool-call') calls.add(part.id);
      return decoded;
    }
    case 'tool': {
      const { tool_call_id: callId } = parseRequest(callIdSchema, message, at);
      if (!calls.has(callId)) {
        throw invalidRequest([...at, 'tool_call_id'], 'is not the id of a tool call in an assistant message before it');
      }
      const parts: readonly ContentPart[] = decodeContent(readContent(message, at), [...at, 'content'], decodePart);
      const results: readonly ToolResultPart[] = [{ type: 'tool-result', callId, content: parts }];
      return { role, content: markLast(results, message, at) };
    }
    case 'function':
      throw invalidRequest([...at, 'role'], 'is "function", which is deprecated: use "tool" messages');
    default:
      throw invalidRequest(
        [...at, 'role'],
        role === undefined ? 'is missing' : `must be one of ${ROLES.join(', ')}, but is ${JSON.stringify(role)}`,
      );
  }
}

/** Plain texts are the most there is, by far: they are spared the schema (a megabyte of tiny messages: 43 ms with it). */
function readContent(message: JsonObject, at: Path): string | readonly JsonObject[] {
  const { content } = message;
  return typeof content === 'string' ? content : parseRequest(contentSchema, content, [...at, 'content']);
}

function readName(message: JsonObject, at: Path): { readonly name?: string } {
  const name = parseRequest(nameSchema, message.name, [...at, 'name']);
  return name ? { name } : {};
}

function decodeAssistant(message: JsonObject, at: Path): Extract<Message, { role: 'assistant' }> {
  if (message.function_call !== undefined && message.function_call !== null) {
    throw invalidRequest([...at, 'function_call'], 'is deprecated: use tool_calls');
  }
  const fields = parseRequest(assistantSchema, message, at);
  const content: readonly AssistantPart[] = decodeContent(
    fields.content ?? [],
    [...at, 'content'],
    decodeAssistantPart,
  );
  const details = readDetails(message.reasoning_details);
  // OpenRouter gives a signed call of Gemini's as an encrypted entry with the id of the call.
  const signed = new Map(details.flatMap((entry) => (entry.data === '' ? [] : [[entry.id, entry] as const])));
  const calls = (fields.tool_calls ?? []).map((call, index) => decodeCall(call, [...at, 'tool_calls', index], signed));
  const callIds = new Set(calls.map((call) => call.id));
  const parts: readonly AssistantPart[] = [
    ...decodeReasoning(
      message,
      details.filter((entry) => !callIds.has(entry.id)),
    ),
    // OpenAI's own answers have `content: ""` beside their calls; an empty text is no part of an answer.
    ...content.filter((part) => part.type !== 'text' || part.text !== '' || calls.length === 0),
    ...(fields.refusal ? [{ type: 'refusal' as const, text: fields.refusal }] : []),
    ...(fields.audio
      ? [{ type: 'audio' as const, source: { type: 'reference', origin: 'openai-chat', id: fields.audio.id } as const }]
      : []),
    ...calls,
  ];
  if (parts.length === 0) throw invalidRequest([...at, 'content'], 'is needed where there are no tool_calls');
  return { role: 'assistant', content: markLast(parts, message, at), ...(fields.name ? { name: fields.name } : {}) };
}

function decodeReasoning(message: JsonObject, details: readonly ReasoningDetail[]): readonly ReasoningPart[] {
  // Beside the details, the plain strings repeat the text.
  if (details.length > 0) return decodeDetails(details);
  const text = readText(message.reasoning_content) || readText(message.reasoning);
  return text === '' ? [] : [{ type: 'reasoning', text }];
}

function decodeAssistantPart(part: JsonObject, at: Path): AssistantPart {
  switch (typeOf(part, at)) {
    case 'refusal':
      return { type: 'refusal', text: parseRequest(refusalPartSchema, part, at).refusal };
    case 'thinking':
      return { type: 'reasoning', text: readThinking(part) };
    default:
      return decodePart(part, at);
  }
}

function decodeCall(call: JsonObject, at: Path, signed: ReadonlyMap<string, ReasoningDetail>): ToolCallPart {
  if (call.type === 'custom') {
    const { id, custom } = parseRequest(customCallSchema, call, at);
    return { type: 'tool-call', kind: 'custom', id, name: custom.name, arguments: custom.input };
  }
  if (call.type !== undefined && call.type !== 'function') {
    throw invalidRequest([...at, 'type'], 'must be "function" or "custom"');
  }
  const { id, function: called } = parseRequest(functionCallSchema, call, at);
  const signature = readCallSignature(call, 'gemini') ?? signatureOf(signed.get(id));
  return {
    type: 'tool-call',
    kind: 'function',
    id,
    name: called.name,
    // Clients store what was streamed for a call without arguments, and every provider refuses an empty string.
    arguments: called.arguments?.trim() ? called.arguments : '{}',
    ...(signature === undefined ? {} : { signature }),
  };
}

function signatureOf(entry: ReasoningDetail | undefined): ToolCallPart['signature'] {
  return entry === undefined ? undefined : { origin: entry.origin, value: entry.data };
}
