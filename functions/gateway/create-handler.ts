/** The Lambda handler around a gateway: middy's streaming mode, our middlewares, then the route. */

import middy, { type Request } from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { GatewayError } from '../core/errors.ts';
import { finish } from './finish.ts';
import type { Gateway } from './gateway.ts';
import { type HttpResponse, jsonResponse } from './http.ts';
import { answerOnce } from './idempotency/answer-once.ts';
import { authenticateCaller } from './middleware/authenticate-caller.ts';
import { errorResponse } from './middleware/error-response.ts';
import { openTrace } from './middleware/open-trace.ts';
import { readBody } from './middleware/read-body.ts';
import { requireOrigin } from './middleware/require-origin.ts';
import { routeRequest } from './middleware/route-request.ts';
import { readPriority } from './read-priority.ts';
import type { Route } from './routes.ts';
import { type ServeInput, serveChat } from './serve-chat.ts';
import { serveCount } from './serve-count.ts';
import { serveEmbeddings } from './serve-embeddings.ts';
import { serveFeedback } from './serve-feedback.ts';
import { serveModels } from './serve-models.ts';
import type { GatewayContext } from './state.ts';

export function createHandler(gateway: Gateway) {
  return middy<APIGatewayProxyEventV2, HttpResponse, Error, GatewayContext>({
    executionMode: executionModeStreamifyResponse,
    // After the body is piped, and also where piping failed: usage is only known then.
    requestEnd: async (request: Request) => {
      const { trace, route } = (request.context as GatewayContext).tollgate;
      if (route === undefined || route.logged) await finish(gateway, trace);
      await gateway.settled();
    },
  })
    .use([
      openTrace(gateway),
      routeRequest(),
      requireOrigin(gateway),
      authenticateCaller(gateway),
      readBody(gateway),
      errorResponse(gateway),
    ])
    .handler(async (_event, context) => serve(gateway, context));
}

type Serve = (input: ServeInput) => Promise<HttpResponse>;

const SERVE: { readonly [S in Exclude<Route['serve'], 'health'>]: Serve } = {
  chat: serveChat,
  embeddings: serveEmbeddings,
  count: serveCount,
  feedback: serveFeedback,
  models: serveModels,
};

async function serve(gateway: Gateway, context: GatewayContext): Promise<HttpResponse> {
  const { trace, request, route, params = {}, caller, body = {} } = context.tollgate;
  if (route === undefined || route.serve === 'health') return jsonResponse(200, { status: 'ok' });
  if (caller === undefined) throw new GatewayError('unauthenticated', 'No API key.');
  const remainingMs = context.getRemainingTimeInMillis();
  const priority = readPriority(request.headers, caller);
  const input = { gateway, trace, caller, request, params, body, priority, remainingMs };
  const response = await (route.logged ? answerOnce(input, SERVE[route.serve]) : SERVE[route.serve](input));
  trace.status = response.statusCode;
  return response;
}
