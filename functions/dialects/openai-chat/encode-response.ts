import type { AssistantPart, ChatEvent } from '../../core/chat.ts';
import type { AnswerContext } from '../../core/codec.ts';
import { type FoldedChoice, foldEvents } from '../../core/fold.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { toWireUsage } from './convert-usage.ts';
import { toWireReason } from './map-finish-reason.ts';
import { encodeCallSignature, encodeDetails } from './reasoning-details.ts';

export function encodeResponse(events: readonly ChatEvent[], context: AnswerContext): JsonObject {
  const reply = foldEvents(events);
  return {
    id: answerId(reply.id, context.requestId),
    object: 'chat.completion',
    created: reply.createdAt ?? context.createdAt,
    model: reply.model,
    choices: reply.choices.map(encodeChoice),
    ...(reply.usage === undefined ? {} : { usage: toWireUsage(reply.usage) }),
    system_fingerprint: null,
  };
}

/** The provider's, by which it can be asked about the answer, where it has one that is fit for logs and databases. */
export function answerId(id: string, requestId: string): string {
  return /^[\w.:-]{4,128}$/.test(id) ? id : `chatcmpl-${requestId}`;
}

export function callId(id: string, requestId: string, position: number): string {
  return id === '' ? `call_${requestId}_${position}` : id;
}

function encodeChoice(choice: FoldedChoice): JsonObject {
  const { blocks, logprobs } = choice;
  const refusal = joined(blocks, 'refusal');
  const seen = { toolCall: blocks.some((block) => block.type === 'tool-call'), refusal: refusal !== '' };
  const probabilities = logprobs.text.length + logprobs.refusal.length > 0;
  return {
    index: choice.index,
    message: encodeMessage(blocks, refusal),
    logprobs: probabilities
      ? {
          content: logprobs.text.length > 0 ? logprobs.text : null,
          refusal: logprobs.refusal.length > 0 ? logprobs.refusal : null,
        }
      : null,
    finish_reason: toWireReason(choice.finish ?? 'stop', seen),
  };
}

function encodeMessage(blocks: readonly AssistantPart[], refusal: string): JsonObject {
  const text = joined(blocks, 'text');
  const reasoning = joined(blocks, 'reasoning');
  const calls = blocks.flatMap((block) => (block.type === 'tool-call' ? [block] : []));
  const details = blocks
    .filter((block) => block.type === 'reasoning')
    .flatMap((block, index) => encodeDetails(block, index));
  const annotations = blocks.flatMap((block): readonly Json[] => {
    const own = block.extensions?.['openai-chat']?.annotations;
    return Array.isArray(own) ? own : [];
  });
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(encodeCall) }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...ownData(blocks),
  };
}

function encodeCall(call: Extract<AssistantPart, { type: 'tool-call' }>): JsonObject {
  const { id, name, kind } = call;
  if (kind === 'custom') return { id, type: 'custom', custom: { name, input: call.arguments } };
  return {
    id,
    type: 'function',
    function: { name, arguments: call.arguments },
    ...encodeCallSignature(call.signature),
  };
}

function joined(blocks: readonly AssistantPart[], type: 'text' | 'refusal' | 'reasoning'): string {
  return blocks.map((block) => (block.type === type ? block.text : '')).join('');
}

/** What this dialect's decoder did not understand goes out as it came; other dialects' cannot be told here. */
function ownData(blocks: readonly AssistantPart[]): JsonObject {
  return Object.fromEntries(
    blocks.flatMap((block) =>
      block.type === 'opaque' && block.origin === 'openai-chat' ? Object.entries(block.data) : [],
    ),
  );
}
