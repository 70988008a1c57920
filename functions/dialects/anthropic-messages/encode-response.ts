/** https://platform.claude.com/docs/en/api/messages/create */
import type { ChatEvent } from '../../core/chat.ts';
import type { AnswerContext } from '../../core/codec.ts';
import { foldEvents } from '../../core/fold.ts';
import type { JsonObject } from '../../core/json.ts';
import { toWireUsage } from './convert-usage.ts';
import { encodeBlocks } from './encode-block.ts';
import { type Finish, type Seen, toWireReason } from './map-finish-reason.ts';

export function encodeResponse(events: readonly ChatEvent[], context: AnswerContext): JsonObject {
  const reply = foldEvents(events);
  // The dialect cannot ask for more than one answer.
  const [choice] = reply.choices;
  const parts = choice?.blocks ?? [];
  const seen = {
    toolCall: parts.some((part) => part.type === 'tool-call'),
    refusal: parts.some((part) => part.type === 'refusal'),
  };
  const finish = events.findLast((event) => event.type === 'finish' && event.choice === 0);
  return {
    ...messageHead(reply.id, reply.model || (context.request?.model ?? ''), context.requestId),
    content: encodeBlocks(parts, context.requestId),
    ...encodeStop(finish?.type === 'finish' ? finish : undefined, seen),
    usage: toWireUsage(reply.usage),
  };
}

/** The provider's id, by which it can be asked about the answer, where it has one that is fit for logs and databases. */
export function messageHead(id: string, model: string, requestId: string): JsonObject {
  return { id: /^[\w.:-]{4,128}$/.test(id) ? id : `msg_${requestId}`, type: 'message', role: 'assistant', model };
}

export function encodeStop(finish: Finish | undefined, seen: Seen): JsonObject {
  const reason = toWireReason(finish, seen);
  return {
    stop_reason: reason,
    stop_sequence: reason === 'stop_sequence' ? (finish?.stopSequence ?? null) : null,
    // What was said in refusing is in the content.
    stop_details: reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  };
}
