import type { ChatRequest } from './chat.ts';
import type { JsonObject } from './json.ts';

/** A client's body, for dialects that say there whether they stream: the gateway streams what its client wants whole. */
export function withStream(body: JsonObject, { stream }: ChatRequest): JsonObject {
  return stream && body.stream !== true ? { ...body, stream: true } : body;
}
