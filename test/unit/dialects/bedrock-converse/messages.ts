/** Neutral messages and parts, short to write, and what becomes of them. */
import type { AssistantPart, ContentPart, Message, ToolResultPart } from '../../../../functions/core/chat.ts';
import { encode } from './support.ts';

export const text = (value: string, cache?: '5m' | '1h'): ContentPart => ({
  type: 'text',
  text: value,
  ...(cache === undefined ? {} : { cache: { ttl: cache } }),
});
export const user = (...content: readonly ContentPart[]): Message => ({ role: 'user', content });
export const assistant = (...content: readonly AssistantPart[]): Message => ({ role: 'assistant', content });
export const tool = (...content: readonly ToolResultPart[]): Message => ({ role: 'tool', content });
export const result = (callId: string, ...content: readonly ContentPart[]): ToolResultPart => ({
  type: 'tool-result',
  callId,
  content,
});
export const messagesOf = (messages: readonly Message[], model?: string) => encode({ messages }, model).body.messages;
