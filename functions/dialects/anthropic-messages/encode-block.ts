/** Blocks of whole answers. What streams say of the same blocks is in write-block.ts; tests hold both to each other. */
import type { AssistantPart, Dialect, Extensions, Signature, ToolCallPart } from '../../core/chat.ts';
import { DIALECTS } from '../../core/chat.ts';
import { wrapSignature } from '../../core/foreign-signature.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseInput } from './complete-json.ts';
import { sealCall, sealReasoning, sealText } from './foreign-blocks.ts';

const OWN = 'anthropic-messages';

/** `nextCallId` for calls that came without an id. */
export function encodeBlocks(parts: readonly AssistantPart[], requestId: string): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of parts) for (const block of encodeBlock(part, requestId, blocks.length)) blocks.push(block);
  return blocks;
}

function encodeBlock(part: AssistantPart, requestId: string, position: number): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
    // The dialect has no block for a refusal: what was said is text, and the stop reason tells what it is.
    case 'refusal': {
      const citations = annotationsOf(part.extensions);
      // Clients send back what they get, and empty texts are refused in every later turn.
      const empty = part.text === '' && citations.length === 0;
      return [
        ...(empty ? [] : [{ type: 'text', text: part.text, ...(citations.length === 0 ? {} : { citations }) }]),
        ...textSignatures(part.extensions).map(sealText),
      ];
    }
    case 'reasoning': {
      const { text, signature, redacted } = part;
      const thinking = { type: 'thinking', thinking: text, signature: signature ? wrapSignature(OWN, signature) : '' };
      return [
        ...(text === '' && signature === undefined ? [] : [thinking]),
        ...(redacted === undefined ? [] : [sealReasoning(redacted)]),
      ];
    }
    case 'tool-call': {
      const seal = part.signature === undefined ? [] : [part.signature];
      const id = callId(part.id, requestId, position + seal.length);
      return [...seal.map((signature) => sealCall(id, signature)), encodeCall(part, id)];
    }
    case 'opaque':
      return part.origin === OWN ? [part.data] : [];
    // Nothing that answers in this dialect can show.
    case 'image':
    case 'file':
    case 'audio':
      return [];
  }
}

export function callId(id: string, requestId: string, position: number): string {
  return id === '' ? `toolu_${requestId}_${position}` : id;
}

/** Free text is the one argument of the function that stands for the tool, as it is in requests. */
function encodeCall(part: ToolCallPart, id: string): JsonObject {
  const input = part.kind === 'custom' ? { input: part.arguments } : parseInput(part.arguments);
  const callers = annotationsOf(part.extensions).filter((annotation) => 'caller' in annotation);
  return Object.assign({ type: 'tool_use', id, name: part.name, input }, ...callers);
}

function annotationsOf(extensions: Extensions | undefined): readonly JsonObject[] {
  const annotations = extensions?.[OWN]?.annotations;
  return Array.isArray(annotations) ? (annotations as readonly Json[]).filter(isJsonObject) : [];
}

/** Gemini signs texts, too; see `foldEvents`. */
function textSignatures(extensions: Extensions | undefined): readonly Signature[] {
  return DIALECTS.flatMap((origin: Dialect) => {
    const value = extensions?.[origin]?.signature;
    return origin !== OWN && typeof value === 'string' ? [{ origin, value }] : [];
  });
}
