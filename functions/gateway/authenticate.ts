import { GatewayError } from '../core/errors.ts';
import type { Caller, KeyStore } from '../core/ports.ts';

/** From wherever the client's SDK puts it. */
export function presentedKey(headers: { readonly [name: string]: string }): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
  return bearer ?? headers['x-api-key'] ?? headers['x-goog-api-key'];
}

/** Throws `unauthenticated`. */
export async function authenticate(
  headers: { readonly [name: string]: string },
  keys: KeyStore,
  nowMs: number,
): Promise<Caller> {
  const key = presentedKey(headers);
  if (key === undefined || key === '') {
    throw new GatewayError('unauthenticated', 'No API key. Send yours as "Authorization: Bearer sk-tg-…".');
  }
  const caller = await keys.find(key, nowMs);
  if (caller === undefined) {
    throw new GatewayError('unauthenticated', 'The API key is not valid: unknown, disabled or expired.');
  }
  return caller;
}
