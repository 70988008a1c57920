/** https://ai.google.dev/gemini-api/docs/text-generation · https://ai.google.dev/gemini-api/docs/function-calling */
import type { Message } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeAnswer, encodeContent, encodeResult, type PartContext } from './encode-part.ts';

export interface EncodedConversation {
  readonly system: readonly JsonObject[];
  readonly contents: readonly JsonObject[];
}

interface Turn {
  readonly role: 'user' | 'model';
  /** Results of calls come first in a turn, where the API wants them: right behind the calls. */
  readonly results: Result[];
  readonly parts: JsonObject[];
}

interface Result {
  readonly response: JsonObject;
  /** Of its call, among all calls: older models go by the order, whatever the ids say. */
  readonly place: number;
}

/**
 * Leading system messages become `systemInstruction`. Later ones stay where they are, in the user's turn and marked for
 * what they are: moved to the front they would be applied to what was said before them, and the provider would find
 * none of its cached prefix again. The mark is a hint for the model, no boundary: users can write it, too.
 */
export function encodeContents(messages: readonly Message[], context: PartContext): EncodedConversation {
  const rest = messages.findIndex((message) => message.role !== 'system');
  const leading = rest === -1 ? messages.length : rest;
  const system = messages.slice(0, leading).flatMap((message) => encodeSystem(message, (text) => text));
  const turns: Turn[] = [];
  const calls = indexCalls(messages);
  messages.slice(leading).forEach((message, offset) => {
    const path = `messages[${leading + offset}]`;
    if (message.role !== 'tool' && message.name !== undefined) context.drop(`${path}.name`);
    const turn = encodeTurn(message, `${path}.content`, calls, context);
    const last = turns.at(-1);
    if (last?.role === turn.role) append(last, turn);
    else if (turn.parts.length + turn.results.length > 0) turns.push(turn);
  });
  const contents = turns.map(({ role, results, parts }) => {
    const inOrder = results.sort((a, b) => a.place - b.place).map(({ response }) => response);
    return { role, parts: [...inOrder, ...parts] };
  });
  if (contents.length > 0) return { system, contents };
  // The API wants something to answer; a conversation of nothing but instructions is answered by others.
  if (system.length > 0) return { system: [], contents: [{ role: 'user', parts: system }] };
  throw new GatewayError('invalid-request', 'The conversation holds nothing but empty text', { param: 'messages' });
}

/** In place: copying what was merged before would be quadratic (30,000 short messages fit a MB). */
function append(turn: Turn, more: Turn): void {
  for (const result of more.results) turn.results.push(result);
  for (const part of more.parts) turn.parts.push(part);
}

function encodeTurn(message: Message, path: string, calls: CallIndex, context: PartContext): Turn {
  const turn: Turn = { role: message.role === 'assistant' ? 'model' : 'user', results: [], parts: [] };
  switch (message.role) {
    case 'system':
      turn.parts.push(...encodeSystem(message, (text) => `<system>\n${text}\n</system>`));
      break;
    case 'user':
      message.content.forEach((part, index) => {
        const encoded = encodeContent(part, `${path}[${index}]`, context);
        if (encoded !== undefined) turn.parts.push(encoded);
      });
      break;
    case 'assistant':
      turn.parts.push(...encodeAnswer(message.content, path, context));
      break;
    case 'tool':
      message.content.forEach((part, index) => {
        const call = calls.get(part.callId);
        if (call === undefined) throw unanswerable(`${path}[${index}].tool_call_id`);
        const { response, media } = encodeResult(part, call.name, `${path}[${index}]`, context);
        turn.results.push({ response, place: call.place });
        turn.parts.push(...media);
      });
  }
  return turn;
}

function encodeSystem(message: Message, mark: (text: string) => string): JsonObject[] {
  if (message.role !== 'system') return [];
  return message.content.flatMap((part) => (part.text === '' ? [] : [{ text: mark(part.text) }]));
}

type CallIndex = ReadonlyMap<string, { readonly name: string; readonly place: number }>;

function indexCalls(messages: readonly Message[]): CallIndex {
  const calls = new Map<string, { readonly name: string; readonly place: number }>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    for (const part of message.content) {
      if (part.type === 'tool-call') calls.set(part.id, { name: part.name, place: calls.size });
    }
  }
  return calls;
}

function unanswerable(param: string): GatewayError {
  return new GatewayError('invalid-request', 'The result answers no tool call of the conversation', { param });
}
