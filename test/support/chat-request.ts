import type { AssistantPart, ChatRequest } from '../../functions/core/chat.ts';

/** A neutral request that greets, where a test says nothing else. */
export function chatRequest(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: 'smart',
    stream: false,
    includeUsage: false,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
    tools: [],
    stop: [],
    candidates: 1,
    extensions: {},
    ...fields,
  };
}

/** A function that the model calls. */
export const call = (id: string, name = 'f', args = '{}'): AssistantPart => ({
  type: 'tool-call',
  id,
  name,
  arguments: args,
  kind: 'function',
});
