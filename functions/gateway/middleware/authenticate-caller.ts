import { authenticate } from '../authenticate.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayMiddleware } from '../state.ts';

/** 401, before a byte of the body is looked at. */
export function authenticateCaller(gateway: Gateway): GatewayMiddleware {
  return {
    name: 'authenticateCaller',
    before: async ({ context: { tollgate } }) => {
      if (tollgate.route?.needsKey !== true) return;
      tollgate.caller = await authenticate(tollgate.request.headers, gateway.keys, tollgate.trace.startedAtMs);
      tollgate.trace.caller = tollgate.caller;
    },
  };
}
