import type { AssistantPart, ChatEvent, ReasoningPart, ToolCallPart } from '../../core/chat.ts';
import type { AnswerContext } from '../../core/codec.ts';
import { type FoldedChoice, foldEvents } from '../../core/fold.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { readList, readObject } from '../../core/read.ts';
import { toWireLogprobs } from './convert-logprobs.ts';
import { toWireUsage } from './convert-usage.ts';
import { toWireReason } from './map-finish-reason.ts';
import { wrapCallSignature, wrapReasoning } from './signature.ts';
import { DIALECT, parseJson } from './wire.ts';

export function encodeResponse(events: readonly ChatEvent[], context: AnswerContext): JsonObject {
  const reply = foldEvents(events);
  return {
    candidates: reply.choices.map(encodeChoice),
    ...(reply.usage === undefined ? {} : { usageMetadata: toWireUsage(reply.usage) }),
    modelVersion: reply.model,
    responseId: answerId(reply.id, context.requestId),
  };
}

/** The provider's, by which it can be asked about the answer, where it has one. */
export function answerId(id: string, requestId: string): string {
  return id === '' ? requestId : id;
}

function encodeChoice(choice: FoldedChoice): JsonObject {
  const { blocks, logprobs } = choice;
  const parts = blocks.flatMap(encodeBlock);
  const broken = blocks.some((block) => block.type === 'tool-call' && readArguments(block) === undefined);
  return {
    content: { role: 'model', parts: parts.length === 0 ? [{ text: '' }] : parts },
    finishReason: toWireReason(choice.finish ?? 'stop', broken),
    index: choice.index,
    ...metadataOf(blocks),
    ...(logprobs.text.length === 0 ? {} : { logprobsResult: toWireLogprobs(logprobs.text) }),
  };
}

/** None where the block leaves nothing that this dialect could tell. */
export function encodeBlock(block: AssistantPart): readonly JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text === '' ? [] : [{ text: block.text }];
    case 'reasoning': {
      const signature = signatureOf(block);
      return block.text === '' && !('thoughtSignature' in signature)
        ? []
        : [{ text: block.text, thought: true, ...signature }];
    }
    case 'tool-call': {
      const call = encodeCall(block);
      return call === undefined ? [] : [call];
    }
    case 'opaque':
      return block.origin === DIALECT ? [block.data] : [];
    // Only requests hold these: what a model makes of media comes as its dialect's own.
    case 'image':
    case 'audio':
    case 'file':
      return [];
  }
}

export function signatureOf(part: Pick<ReasoningPart, 'signature' | 'redacted'>): JsonObject {
  const signature = wrapReasoning(part);
  return signature === undefined ? {} : { thoughtSignature: signature };
}

/** Undefined where the arguments are no object, because the answer was cut: half a call must not look like a whole one. */
export function encodeCall(part: ToolCallPart): JsonObject | undefined {
  const args = readArguments(part);
  if (args === undefined) return undefined;
  return {
    functionCall: { id: part.id, name: part.name, args },
    ...(part.signature === undefined ? {} : { thoughtSignature: wrapCallSignature(part.signature) }),
  };
}

function readArguments(part: ToolCallPart): JsonObject | undefined {
  if (part.kind === 'custom') return { input: part.arguments };
  const value = part.arguments.trim() === '' ? {} : parseJson(part.arguments);
  return isJsonObject(value) ? value : undefined;
}

/** What Google's own answers say beside their parts. */
function metadataOf(blocks: readonly AssistantPart[]): JsonObject {
  const annotations = blocks.flatMap((block) => readList(block.extensions?.[DIALECT]?.annotations).map(readObject));
  return Object.assign({}, ...annotations);
}
