import type { JsonObject } from '../../core/json.ts';

export function encodeCountResponse(inputTokens: number): JsonObject {
  return { input_tokens: inputTokens };
}
