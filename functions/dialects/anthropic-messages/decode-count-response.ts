import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';

export function decodeCountResponse(body: Json): number {
  const count = isJsonObject(body) ? body.input_tokens : undefined;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new GatewayError('upstream-malformed', 'The provider counted the tokens and did not say how many there are');
}
