import { findRoute } from '../routes.ts';
import type { GatewayMiddleware } from '../state.ts';

/** 404 and 405, and the dialect in which everything after it speaks. */
export function routeRequest(): GatewayMiddleware {
  return {
    name: 'routeRequest',
    before: ({ context: { tollgate } }) => {
      const { route, params } = findRoute(tollgate.request.method, tollgate.request.path);
      tollgate.route = route;
      tollgate.params = params;
      tollgate.trace.api = route.api;
      tollgate.trace.dialect = route.dialect;
    },
  };
}
