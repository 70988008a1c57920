import { createHash, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import { ORIGIN_HEADER } from '../../env.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayMiddleware } from '../state.ts';

/** Where the gateway has a domain of its own, nobody comes past what stands in front of it. */
export function requireOrigin(gateway: Gateway): GatewayMiddleware {
  return {
    name: 'requireOrigin',
    before: async ({ context: { tollgate } }) => {
      if (tollgate.route?.needsKey !== true) return;
      // Beside what is read of the origin and of the caller: one round trip where all are cold. Who needs it has its failure.
      gateway.setup().catch(() => undefined);
      if (gateway.originKeys === undefined) return;
      const shown = tollgate.request.headers[ORIGIN_HEADER];
      if (shown !== undefined) {
        if (isOneOf(shown, await gateway.originKeys())) return;
        // It may have been replaced since.
        if (isOneOf(shown, await gateway.originKeys({ refresh: true }))) return;
      }
      throw new GatewayError('forbidden', 'This gateway is reached by its own domain only.');
    },
  };
}

function isOneOf(shown: string, keys: readonly string[]): boolean {
  // Of one length, so that nothing can be learned from the time that it takes.
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return keys.map((key) => timingSafeEqual(digest(key), digest(shown))).includes(true);
}
