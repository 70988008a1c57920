import type { ChatRequest } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readText } from '../../core/read.ts';
import { withStream } from '../../core/with-stream.ts';
import { unwrapProof } from './carried-proof.ts';
import { sealRequest } from './encode-request.ts';
import { DIALECT, OWN_ITEM_ID } from './wire.ts';

/**
 * The client's own body. What changes: the model; the output cap, where the gateway set one; and items of the input that
 * other providers' answers left there, with proofs and ids that this one would refuse. All else, and the order of the
 * keys, stays: fields that nobody here knows, and prompt caches that begin at the first byte, survive.
 */
export function forwardRequest(body: JsonObject, request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const cap = request.maxOutputTokens;
  const entries = Object.entries(withStream(body, request)).map(([field, value]): [string, Json | undefined] => {
    if (field === 'model') return [field, target.model];
    if (field === 'max_output_tokens') return [field, cap ?? value];
    return [field, field === 'input' && Array.isArray(value) ? value.flatMap(cleanItem) : value];
  });
  if (cap !== undefined && !('max_output_tokens' in body)) entries.push(['max_output_tokens', cap]);
  return sealRequest(Object.fromEntries(entries), target, []);
}

function cleanItem(item: Json): readonly Json[] {
  if (!isJsonObject(item)) return [item];
  const ours = typeof item.id === 'string' && OWN_ITEM_ID.test(item.id);
  if (item.type === 'reasoning' && isForeign(item, ours)) return [];
  // A reference to what was never stored is for the provider to refuse; an item that came whole needs no id.
  const known = ours && item.type !== 'item_reference' ? withoutId(item) : item;
  // Clients store what they were streamed for a call without arguments, and every provider refuses an empty string.
  return [known.type === 'function_call' && known.arguments === '' ? { ...known, arguments: '{}' } : known];
}

function withoutId({ id: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** Proven by another provider, or by none and not stored either. */
function isForeign(item: JsonObject, ours: boolean): boolean {
  const encrypted = readText(item.encrypted_content);
  if (encrypted === '') return ours || item.id === undefined || item.id === null;
  return unwrapProof(encrypted).signature.origin !== DIALECT;
}
