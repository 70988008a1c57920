import type { Gateway } from '../gateway.ts';
import { readJson } from '../read-json.ts';
import { readMetadata } from '../read-metadata.ts';
import type { GatewayMiddleware } from '../state.ts';

/** 413 and 400. Our own: middy's parser answers text/plain, and 415 or 422 where clients expect 400. */
export function readBody(gateway: Gateway): GatewayMiddleware {
  return {
    name: 'readBody',
    before: async ({ context: { tollgate } }) => {
      if (tollgate.route?.method !== 'POST') return;
      const { config } = await gateway.setup();
      tollgate.body = readJson(tollgate.request.body, config.limits);
      tollgate.trace.metadata = readMetadata(tollgate.request.headers['x-tollgate-metadata']);
    },
  };
}
