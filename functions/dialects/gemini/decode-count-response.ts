import { GatewayError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { readObject } from '../../core/read.ts';

/** The number of tokens. */
export function decodeCountResponse(body: Json): number {
  const { totalTokens } = readObject(body);
  if (typeof totalTokens === 'number' && Number.isSafeInteger(totalTokens) && totalTokens >= 0) return totalTokens;
  throw new GatewayError('upstream-malformed', 'The provider answered a count without saying how many tokens it is.');
}
