import type { JsonObject } from '../../core/json.ts';

export interface TokenCount {
  readonly totalTokens: number;
  /** Of them, those that lie in a cache. */
  readonly cachedTokens?: number;
}

export function encodeCountResponse({ totalTokens, cachedTokens = 0 }: TokenCount): JsonObject {
  return { totalTokens, ...(cachedTokens === 0 ? {} : { cachedContentTokenCount: cachedTokens }) };
}
