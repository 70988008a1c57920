/**
 * Proofs that this dialect has no field for. A client sends `redacted_thinking` back unread and in its place, so that is
 * what carries them: encrypted reasoning of other providers, and Gemini's signatures of calls and of texts, which say in
 * front of their value what they belong to. Signatures are base64: none of them has a dot of its own.
 */
import type { Signature } from '../../core/chat.ts';
import { unwrapSignature, wrapSignature } from '../../core/foreign-signature.ts';
import type { JsonObject } from '../../core/json.ts';

const OWN = 'anthropic-messages';

export type SealedData =
  | { readonly of: 'reasoning'; readonly signature: Signature }
  | { readonly of: 'text'; readonly signature: Signature }
  | { readonly of: 'call'; readonly callId: string; readonly signature: Signature };

export function sealReasoning(redacted: Signature): JsonObject {
  return redactedThinking(redacted);
}

/** Stands in front of its call: programs look for a call at the end of an answer. */
export function sealCall(callId: string, { origin, value }: Signature): JsonObject {
  return redactedThinking({ origin, value: `call.${encodeId(callId)}.${value}` });
}

/** Stands behind its text: programs look for the text at the beginning of an answer, and it is streamed already. */
export function sealText({ origin, value }: Signature): JsonObject {
  return redactedThinking({ origin, value: `text.${value}` });
}

export function openSealed(data: string): SealedData {
  const signature = unwrapSignature(OWN, data);
  const { origin, value } = signature;
  if (origin === OWN) return { of: 'reasoning', signature };
  if (value.startsWith('text.')) return { of: 'text', signature: { origin, value: value.slice(5) } };
  const end = value.startsWith('call.') ? value.indexOf('.', 5) : -1;
  const callId = end === -1 ? undefined : decodeId(value.slice(5, end));
  if (callId === undefined) return { of: 'reasoning', signature };
  return { of: 'call', callId, signature: { origin, value: value.slice(end + 1) } };
}

function redactedThinking(signature: Signature): JsonObject {
  return { type: 'redacted_thinking', data: wrapSignature(OWN, signature) };
}

/** Ids may hold dots (Kimi's are `functions.read:0`). */
function encodeId(id: string): string {
  return encodeURIComponent(id.toWellFormed()).replaceAll('.', '%2E');
}

function decodeId(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not written by `encodeId`: then it is a value that happens to begin like one.
    return undefined;
  }
}
