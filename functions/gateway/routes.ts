/** What answers where. A table, so that a new interface is a line. */
import type { ClientDialect } from '../core/chat.ts';
import { GatewayError } from '../core/errors.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** As the log calls it. */
  readonly api: string;
  readonly dialect: ClientDialect;
  readonly serve: 'chat' | 'models' | 'health';
  /** A route without a key tells nothing and costs nothing. */
  readonly needsKey: boolean;
}

export const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    api: 'chat.completions',
    dialect: 'openai-chat',
    serve: 'chat',
    needsKey: true,
  },
  { method: 'GET', path: '/v1/models', api: 'models', dialect: 'openai-chat', serve: 'models', needsKey: true },
  { method: 'GET', path: '/health', api: 'health', dialect: 'openai-chat', serve: 'health', needsKey: false },
];

/** Throws `not-found` or `method-not-allowed`. */
export function findRoute(method: string, path: string): Route {
  const normal = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const here = ROUTES.filter((route) => route.path === normal);
  const route = here.find((candidate) => candidate.method === method);
  if (route !== undefined) return route;
  if (here.length > 0) {
    const allowed = here.map((candidate) => candidate.method).join(', ');
    throw new GatewayError('method-not-allowed', `${method} is not allowed on ${normal}: use ${allowed}.`);
  }
  const known = ROUTES.map((candidate) => `${candidate.method} ${candidate.path}`).join(', ');
  throw new GatewayError('not-found', `There is nothing at ${normal.slice(0, 200)}. This gateway answers ${known}.`);
}

/** In which dialect an error is told where no route was found. */
export const DEFAULT_DIALECT: ClientDialect = 'openai-chat';
