import { presentedKey } from '../authenticate.ts';
import type { Gateway } from '../gateway.ts';
import { bindRequestId } from '../request-id.ts';
import { dialectOfPath } from '../routes.ts';
import type { GatewayMiddleware } from '../state.ts';
import { openTrace as createTrace } from '../trace.ts';

/** First of all: an id, a clock reading, and the request as the rest of the gateway sees it. */
export function openTrace(gateway: Gateway): GatewayMiddleware {
  return {
    name: 'openTrace',
    before: ({ event, context }) => {
      // Otherwise kept-alive sockets hold the environment, billed, until they close.
      context.callbackWaitsForEmptyEventLoop = false;
      const headers = Object.fromEntries(
        Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value ?? '']),
      );
      const requestId = bindRequestId(gateway.newId(), presentedKey(headers));
      const trace = createTrace(requestId, gateway.clock.now(), dialectOfPath(event.rawPath));
      const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      trace.requestBytes = body.length;
      const { method } = event.requestContext.http;
      const query = new URLSearchParams(event.rawQueryString);
      context.tollgate = { trace, request: { method, path: event.rawPath, query, headers, body } };
    },
  };
}
