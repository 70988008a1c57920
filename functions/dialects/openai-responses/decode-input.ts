/** Input items as messages: what the assistant said and called in one go is one message, and so are the results. */
import type { AssistantPart, ContentPart, Message, TextPart, ToolResultPart } from '../../core/chat.ts';
import type { JsonObject } from '../../core/json.ts';
import { decodeContent, typeOf } from '../../core/openai-parts.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { fieldNames } from '../../core/unknown-fields.ts';
import type { Proof } from './carried-proof.ts';
import { decodePart, decodeText } from './decode-part.ts';
import { decodeReasoning } from './decode-reasoning.ts';
import {
  callOutputSchema,
  customCallSchema,
  DIALECT,
  functionCallSchema,
  messageSchema,
  refusalPartSchema,
} from './wire.ts';

export interface DecodedInput {
  readonly messages: readonly Message[];
  /** Places of items that are only named by their id, and lie with the provider. */
  readonly references: readonly string[];
}

interface Place {
  readonly parts: AssistantPart[];
  readonly index: number;
}

const ROLES = ['user', 'assistant', 'system', 'developer'];

/** `stateful`: calls may lie with the provider, and results of theirs come alone. */
export function decodeInput(items: readonly JsonObject[], stateful: boolean): DecodedInput {
  const messages: Message[] = [];
  const references: string[] = [];
  /** Where a signature that comes later finds what it signs. */
  const calls = new Map<string, Place>();
  let text: Place | undefined;
  let said: AssistantPart[] | undefined;
  let called = false;
  let results: ToolResultPart[] | undefined;
  /** The item before was a message of the assistant's. */
  let spoke = false;

  const push = (message: Message): void => {
    said = undefined;
    called = false;
    results = undefined;
    messages.push(message);
  };

  const say = (part: AssistantPart): void => {
    const parts = said ?? [];
    if (said === undefined) push({ role: 'assistant', content: parts });
    said = parts;
    parts.push(part);
    const place = { parts, index: parts.length - 1 };
    if (part.type === 'text') text = place;
    if (part.type !== 'tool-call') return;
    called = true;
    calls.set(part.id, place);
  };

  const answer = (result: ToolResultPart): void => {
    const content = results ?? [];
    if (results === undefined) push({ role: 'tool', content });
    results = content;
    content.push(result);
  };

  /** What it proves may be gone, where the client cut its history; then there is nothing to prove. */
  const attach = (proof: Proof): void => {
    const place = proof.kind === 'call' ? calls.get(proof.id ?? '') : text;
    const part = place?.parts[place.index];
    if (place !== undefined && part !== undefined) place.parts[place.index] = sign(part, proof);
  };

  const message = (item: JsonObject, at: Path): void => {
    const { role } = item;
    if (role === 'assistant') {
      // Two messages in a row, and nothing called: texts of their own.
      if (spoke && !called) said = undefined;
      const { content } = parseRequest(messageSchema, item, at);
      for (const part of decodeContent(content, [...at, 'content'], decodeAssistantPart)) say(part);
    } else if (role === 'user') {
      const { content } = parseRequest(messageSchema, item, at);
      push({ role, content: decodeContent(content, [...at, 'content'], decodePart) });
    } else if (role === 'system' || role === 'developer') {
      const { content } = parseRequest(messageSchema, item, at);
      push({ role: 'system', content: decodeContent(content, [...at, 'content'], systemPart) });
    } else {
      const problem = role === undefined ? 'is missing' : `must be one of ${ROLES.join(', ')}`;
      throw invalidRequest([...at, 'role'], problem);
    }
  };

  const call = (item: JsonObject, at: Path, kind: 'function' | 'custom'): void => {
    const fields =
      kind === 'custom' ? parseRequest(customCallSchema, item, at) : parseRequest(functionCallSchema, item, at);
    const given = 'input' in fields ? fields.input : fields.arguments.trim() === '' ? '{}' : fields.arguments;
    say({ type: 'tool-call', kind, id: fields.call_id, name: fields.name, arguments: given });
  };

  const output = (item: JsonObject, at: Path): void => {
    const { call_id: callId, output: content } = parseRequest(callOutputSchema, item, at);
    if (!calls.has(callId) && !stateful && references.length === 0) {
      throw invalidRequest([...at, 'call_id'], 'is not the call_id of a call before it');
    }
    answer({ type: 'tool-result', callId, content: decodeContent(content, [...at, 'output'], decodePart) });
  };

  items.forEach((item, index) => {
    const at: Path = ['input', index];
    fieldNames(item, at);
    const type = item.type === undefined && item.role !== undefined ? 'message' : typeOf(item, at);
    switch (type) {
      case 'message':
        message(item, at);
        break;
      case 'reasoning': {
        const { part, proof } = decodeReasoning(item, at);
        if (part !== undefined) say(part);
        if (proof !== undefined) attach(proof);
        break;
      }
      case 'function_call':
      case 'custom_tool_call':
        call(item, at, type === 'function_call' ? 'function' : 'custom');
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        output(item, at);
        break;
      case 'item_reference':
        references.push(`input[${index}]`);
        break;
      default: {
        // Built-in tools, compaction, and what is not known yet: what a client answers to them is its own turn.
        const part = { type: 'opaque', origin: DIALECT, data: item } as const;
        if (/_(output|response)$/.test(type)) push({ role: 'user', content: [part] });
        else say(part);
      }
    }
    spoke = type === 'message' && item.role === 'assistant';
  });
  return { messages, references };
}

function decodeAssistantPart(part: JsonObject, at: Path): AssistantPart | ContentPart {
  if (typeOf(part, at) !== 'refusal') return decodePart(part, at);
  return { type: 'refusal', text: parseRequest(refusalPartSchema, part, at).refusal };
}

function systemPart(part: JsonObject, at: Path): TextPart {
  const type = typeOf(part, at);
  if (type === 'input_text' || type === 'text' || type === 'output_text') return decodeText(part, at);
  throw invalidRequest([...at, 'type'], 'must be "input_text" in a system or developer message');
}

function sign(part: AssistantPart, { signature }: Proof): AssistantPart {
  if (part.type === 'tool-call') return { ...part, signature };
  return { ...part, extensions: { ...part.extensions, [signature.origin]: { signature: signature.value } } };
}
