import { GatewayError } from '../../core/errors.ts';

const HEADER = 'Idempotency-Key';
const MOST = 255;

/** Throws `invalid-request`. */
export function readIdempotencyKey(headers: { readonly [name: string]: string }): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(key) && key.length <= MOST) return key;
  throw new GatewayError('invalid-request', `The header ${HEADER} must be 1 to ${MOST} printable ASCII characters.`, {
    param: HEADER,
  });
}
