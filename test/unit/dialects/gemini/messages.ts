/** Neutral messages and parts, short to write, and what becomes of them. */
import type { AssistantPart, Message } from '../../../../functions/core/chat.ts';

export const text = (value: string) => ({ type: 'text', text: value }) as const;
export const user = (...content: Extract<Message, { role: 'user' }>['content']): Message => ({ role: 'user', content });
export const assistant = (...content: readonly AssistantPart[]): Message => ({ role: 'assistant', content });
export const call = (id: string, name = 'f', more: Partial<AssistantPart> = {}): AssistantPart =>
  ({ type: 'tool-call', kind: 'function', id, name, arguments: '{"n":1}', ...more }) as AssistantPart;
export const result = (callId: string, value: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', callId, content: [text(value)] }],
});
