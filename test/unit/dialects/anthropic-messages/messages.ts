/** Neutral messages and parts, short to write, and what becomes of them. */
import type { AssistantPart, ContentPart, Message } from '../../../../functions/core/chat.ts';
import { encode, encodeTarget } from './support.ts';

export const text = (value: string) => ({ type: 'text', text: value }) as const;
export const user = (...content: readonly (string | ContentPart)[]): Message => ({
  role: 'user',
  content: content.map((part) => (typeof part === 'string' ? text(part) : part)),
});
export const assistant = (...content: readonly (string | AssistantPart)[]): Message => ({
  role: 'assistant',
  content: content.map((part) => (typeof part === 'string' ? text(part) : part)),
});
export const messagesOf = (messages: readonly Message[], model?: string) =>
  encode({ messages }, encodeTarget(model)).body;
export const use = (id: string, input = {}) => ({ type: 'tool_use', id, name: 'f', input });
