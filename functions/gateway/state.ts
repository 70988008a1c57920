import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { RequestParams } from '../core/codec.ts';
import type { JsonObject } from '../core/json.ts';
import type { Caller } from '../core/ports.ts';
import type { HttpRequest, HttpResponse } from './http.ts';
import type { Route } from './routes.ts';
import type { Trace } from './trace.ts';

/** What the middlewares have found out of one request. Lives on the invocation's context, never in a module. */
export interface RequestState {
  readonly trace: Trace;
  readonly request: HttpRequest;
  route?: Route;
  params?: RequestParams;
  caller?: Caller;
  body?: JsonObject;
}

export type GatewayContext = Context & { tollgate: RequestState };

export type GatewayMiddleware = MiddlewareObj<APIGatewayProxyEventV2, HttpResponse, Error, GatewayContext>;
