/** https://ai.google.dev/api/caching#Content */
import type { AssistantPart, ContentPart, Message, TextPart, ToolResultPart } from '../../core/chat.ts';
import { invalidRequest } from '../../core/parse.ts';
import { createCallBook } from './call-book.ts';
import { decodeCall, decodeContent, decodeResponse, decodeText, decodeThought, isThought } from './decode-part.ts';
import { type Fields, type FieldsList, optionalText } from './wire.ts';

export function decodeSystem(instruction: Fields | undefined): readonly Message[] {
  if (instruction === undefined) return [];
  const content = instruction.objects('parts').map((part): TextPart => {
    if (part.get('text') !== undefined) return decodeText(part);
    throw invalidRequest(part.at, 'must be text in a systemInstruction');
  });
  return content.length === 0 ? [] : [{ role: 'system', content }];
}

export function decodeContents(contents: FieldsList): readonly Message[] {
  const book = createCallBook();
  const messages: Message[] = [];
  const answers = createAnswers(messages);
  contents.forEach((content, turn) => {
    const role = content.read('role', optionalText) ?? 'user';
    const parts = content.objects('parts');
    if (role === 'model') {
      const decoded = parts.map((part, index) => decodeAnswer(part, `call_${turn}_${index}`));
      for (const part of decoded) if (part.type === 'tool-call') book.called(part.id, part.name);
      answers.add(decoded);
      return;
    }
    answers.close();
    if (role !== 'user' && role !== 'function') {
      throw invalidRequest(content.path('role'), `must be "user" or "model", but is ${JSON.stringify(role)}`);
    }
    if (parts.length === 0) throw invalidRequest(content.path('parts'), 'must not be empty');
    const results: ToolResultPart[] = [];
    const said: ContentPart[] = [];
    parts.forEach((part) => {
      const response = part.object('functionResponse');
      if (response === undefined) said.push(decodeContent(part));
      else results.push({ type: 'tool-result', callId: book.answered(response), ...decodeResponse(response) });
    });
    if (results.length > 0) messages.push({ role: 'tool', content: results });
    if (said.length > 0) messages.push({ role: 'user', content: said });
  });
  answers.close();
  return messages;
}

function decodeAnswer(part: Fields, callId: string): AssistantPart {
  const call = part.object('functionCall');
  if (call !== undefined) return decodeCall(part, call, callId);
  if (isThought(part)) return decodeThought(part);
  // What a stream ends with: a signature for what was said before it.
  if (part.get('text') === '' && part.get('thoughtSignature') !== undefined) return decodeThought(part);
  return decodeContent(part);
}

/**
 * Clients that stream keep each chunk as a content of its own: one answer is one message, and a text is one text.
 * Parts are collected in place: copying what was merged before would be quadratic (16,000 calls fit a MB).
 */
function createAnswers(messages: Message[]) {
  let merged: AssistantPart[] = [];
  return {
    add(parts: readonly AssistantPart[]): void {
      for (const part of parts) {
        const before = merged.at(-1);
        const joined = before === undefined ? undefined : join(before, part);
        if (joined === undefined) merged.push(part);
        else merged[merged.length - 1] = joined;
      }
    },
    close(): void {
      // An answer may consist of nothing but the empty text of its last chunk.
      const content = merged.filter(
        (part) => part.type !== 'text' || part.text !== '' || part.extensions !== undefined,
      );
      if (content.length > 0) messages.push({ role: 'assistant', content });
      merged = [];
    },
  };
}

/** A signature ends what it signs. */
function join(before: AssistantPart, part: AssistantPart): AssistantPart | undefined {
  if (before.type === 'text' && part.type === 'text' && before.extensions === undefined) {
    return { ...part, text: before.text + part.text };
  }
  if (before.type !== 'reasoning' || part.type !== 'reasoning') return undefined;
  if (before.signature !== undefined || before.redacted !== undefined) return undefined;
  return { ...part, text: before.text + part.text };
}
