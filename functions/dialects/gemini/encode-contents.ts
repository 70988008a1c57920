/** https://ai.google.dev/gemini-api/docs/text-generation · https://ai.google.dev/gemini-api/docs/function-calling */
import type { Message } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { type MergedTurn, mergeTurns } from '../../core/merge-turns.ts';
import { encodeAnswer, encodeContent, encodeResult, type PartContext } from './encode-part.ts';

export interface EncodedConversation {
  readonly system: readonly JsonObject[];
  readonly contents: readonly JsonObject[];
}

interface Block {
  readonly part: JsonObject;
  /** Of the call that it answers, among all calls. Everything else comes after. */
  readonly place: number;
}
type Turn = MergedTurn<'user' | 'model', Block>;

/**
 * Leading system messages become `systemInstruction`. Later ones stay where they are, in the user's turn and marked for
 * what they are: moved to the front they would be applied to what was said before them, and the provider would find
 * none of its cached prefix again. The mark is a hint for the model, no boundary: users can write it, too.
 */
export function encodeContents(messages: readonly Message[], context: PartContext): EncodedConversation {
  const rest = messages.findIndex((message) => message.role !== 'system');
  const leading = rest === -1 ? messages.length : rest;
  const system = messages.slice(0, leading).flatMap((message) => encodeSystem(message, (text) => text));
  const calls = indexCalls(messages);
  const turns = messages.slice(leading).map((message, offset) => {
    const path = `messages[${leading + offset}]`;
    if (message.role !== 'tool' && message.name !== undefined) context.drop(`${path}.name`);
    return encodeTurn(message, `${path}.content`, calls, context);
  });
  // The API wants results right behind the calls, and older models go by their order, whatever the ids say.
  const contents = mergeTurns(turns).map(({ role, blocks }) => ({
    role,
    parts: blocks.toSorted((a, b) => a.place - b.place).map(({ part }) => part),
  }));
  if (contents.length > 0) return { system, contents };
  // The API wants something to answer; a conversation of nothing but instructions is answered by others.
  if (system.length > 0) return { system: [], contents: [{ role: 'user', parts: system }] };
  throw new GatewayError('invalid-request', 'The conversation holds nothing but empty text', { param: 'messages' });
}

/** Behind all results. */
const LAST = Number.MAX_SAFE_INTEGER;

function encodeTurn(message: Message, path: string, calls: CallIndex, context: PartContext): Turn {
  const turn = (role: Turn['role'], parts: readonly JsonObject[]): Turn => ({
    role,
    blocks: parts.map((part) => ({ part, place: LAST })),
  });
  switch (message.role) {
    case 'system':
      return turn(
        'user',
        encodeSystem(message, (text) => `<system>\n${text}\n</system>`),
      );
    case 'user': {
      const parts = message.content.map((part, index) => encodeContent(part, `${path}[${index}]`, context));
      return turn(
        'user',
        parts.filter((part) => part !== undefined),
      );
    }
    case 'assistant':
      return turn('model', encodeAnswer(message.content, path, context));
    case 'tool':
      return {
        role: 'user',
        blocks: message.content.flatMap((part, index): readonly Block[] => {
          const call = calls.get(part.callId);
          if (call === undefined) throw unanswerable(`${path}[${index}].tool_call_id`);
          const { response, media } = encodeResult(part, call.name, `${path}[${index}]`, context);
          return [{ part: response, place: call.place }, ...media.map((item) => ({ part: item, place: LAST }))];
        }),
      };
  }
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
