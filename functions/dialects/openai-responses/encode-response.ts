import type { ChatEvent } from '../../core/chat.ts';
import type { AnswerContext } from '../../core/codec.ts';
import type { JsonObject } from '../../core/json.ts';
import { readObject } from '../../core/read.ts';
import { createAnswer } from './answer.ts';

export function encodeResponse(events: readonly ChatEvent[], context: AnswerContext): JsonObject {
  const answer = createAnswer(context);
  for (const event of events) answer.push(event);
  return readObject(answer.end().response);
}
