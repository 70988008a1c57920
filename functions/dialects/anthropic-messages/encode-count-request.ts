/** https://platform.claude.com/docs/en/api/messages/count_tokens */
import type { ChatRequest } from '../../core/chat.ts';
import type { EncodedRequest, EncodeTarget } from '../../core/codec.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeRequest, forwardRequest } from './encode-request.ts';
import { COUNT_TOKENS_PATH } from './wire.ts';

/** All that counts; the API refuses fields of the answer, as `max_tokens`, which it does not know here. */
const FIELDS = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'context_management',
  'mcp_servers',
  'speed',
]);

export function encodeCountRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  // There is no cap to keep a thinking budget below.
  const budget = request.reasoning?.budgetTokens ?? 0;
  const roomy = { ...target, defaultMaxOutputTokens: Math.max(target.defaultMaxOutputTokens, budget + 1) };
  const encoded = asCount(encodeRequest(request, roomy), (field) => FIELDS.has(field));
  // Settings of an answer that is not given are no loss.
  return { ...encoded, dropped: encoded.dropped.filter((name) => /^(messages|tools)\b/.test(name)) };
}

/** The client's own body, for the same dialect. */
export function forwardCountRequest(body: JsonObject, request: ChatRequest, target: EncodeTarget): EncodedRequest {
  return asCount(forwardRequest(body, request, target), (field) => field in body);
}

function asCount(encoded: EncodedRequest, keeps: (field: string) => boolean): EncodedRequest {
  return {
    ...encoded,
    path: COUNT_TOKENS_PATH,
    body: Object.fromEntries(Object.entries(encoded.body).filter(([field]) => keeps(field))),
  };
}
