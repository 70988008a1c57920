import type { ChatRequest } from '../../core/chat.ts';
import type { AnswerContext, StreamEncoder } from '../../core/codec.ts';
import type { JsonObject } from '../../core/json.ts';
import { createAnswer } from './answer.ts';

export function createEncoder(request: ChatRequest, context: AnswerContext): StreamEncoder {
  const answer = createAnswer({ ...context, request });
  let sequence = 0;
  const line = (event: JsonObject): string => {
    const { type, ...fields } = event;
    const data = JSON.stringify({ type, sequence_number: sequence, ...fields });
    sequence += 1;
    return `event: ${String(type)}\ndata: ${data}\n\n`;
  };
  return {
    push: (event) => answer.push(event).map(line).join(''),
    end: () => line(answer.end()),
    fail: (error) => answer.fail(error).map(line).join(''),
  };
}
