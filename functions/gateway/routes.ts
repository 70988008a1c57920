/** What answers where. A table, so that a new interface is a line. */
import type { ClientDialect } from '../core/chat.ts';
import type { RequestParams } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** As people write it; `{model}` may hold slashes. */
  readonly path: string;
  /** As the log calls it. */
  readonly api: string;
  readonly dialect: ClientDialect;
  readonly serve: 'chat' | 'embeddings' | 'count' | 'feedback' | 'models' | 'health';
  /** A route without a key tells nothing and costs nothing. */
  readonly needsKey: boolean;
  /** Whether a request makes a row. */
  readonly logged: boolean;
  /** Said by the path rather than the body. */
  readonly stream?: boolean;
}

const chat = (path: string, api: string, dialect: ClientDialect, stream?: boolean): Route => ({
  method: 'POST',
  path,
  api,
  dialect,
  serve: 'chat',
  needsKey: true,
  logged: true,
  ...(stream === undefined ? {} : { stream }),
});

const count = (path: string, dialect: ClientDialect): Route => ({
  ...chat(path, 'count_tokens', dialect),
  serve: 'count',
  logged: false,
});

export const ROUTES: readonly Route[] = [
  chat('/v1/chat/completions', 'chat.completions', 'openai-chat'),
  chat('/v1/responses', 'responses', 'openai-responses'),
  chat('/v1/messages', 'messages', 'anthropic-messages'),
  count('/v1/messages/count_tokens', 'anthropic-messages'),
  // Google's SDK goes to v1beta up to its version 2, and to v1 from 3 on.
  ...['/v1beta', '/v1'].flatMap((version) => [
    chat(`${version}/models/{model}:generateContent`, 'generate_content', 'gemini', false),
    chat(`${version}/models/{model}:streamGenerateContent`, 'generate_content', 'gemini', true),
    count(`${version}/models/{model}:countTokens`, 'gemini'),
  ]),
  { ...chat('/v1/embeddings', 'embeddings', 'openai-chat'), serve: 'embeddings' },
  // No dialect has it: its errors have OpenAI's shape.
  { ...chat('/v1/feedback', 'feedback', 'openai-chat'), serve: 'feedback', logged: false },
  {
    method: 'GET',
    path: '/v1/models',
    api: 'models',
    dialect: 'openai-chat',
    serve: 'models',
    needsKey: true,
    logged: false,
  },
  {
    method: 'GET',
    path: '/health',
    api: 'health',
    dialect: 'openai-chat',
    serve: 'health',
    needsKey: false,
    logged: false,
  },
];

export interface FoundRoute {
  readonly route: Route;
  readonly params: RequestParams;
}

/** Throws `not-found` or `method-not-allowed`. */
export function findRoute(method: string, path: string): FoundRoute {
  const normal = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const here = ROUTES.flatMap((route) => {
    const model = matchPath(route.path, normal);
    return model === undefined ? [] : [{ route, model }];
  });
  const found = here.find(({ route }) => route.method === method);
  if (found !== undefined) {
    const { route, model } = found;
    return { route, params: paramsOf(model, route.stream) };
  }
  if (here.length > 0) {
    const allowed = here.map(({ route }) => route.method).join(', ');
    throw new GatewayError('method-not-allowed', `${method} is not allowed on ${normal}: use ${allowed}.`);
  }
  const known = ROUTES.map((route) => `${route.method} ${route.path}`).join(', ');
  throw new GatewayError('not-found', `There is nothing at ${normal.slice(0, 200)}. This gateway answers ${known}.`);
}

/** In which dialect an error is told where no route was found. */
export function dialectOfPath(path: string): ClientDialect {
  return DIALECT_PREFIXES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'openai-chat';
}

const DIALECT_PREFIXES: readonly (readonly [string, ClientDialect])[] = [
  ['/v1/responses', 'openai-responses'],
  ['/v1/messages', 'anthropic-messages'],
  ['/v1beta/', 'gemini'],
  ['/v1/models/', 'gemini'],
];

function paramsOf(model: string, stream: boolean | undefined): RequestParams {
  return { ...(model === '' ? {} : { model }), ...(stream === undefined ? {} : { stream }) };
}

const MODEL = '{model}';

/** What stands for `{model}`, empty where the path has none; undefined where it does not match. */
function matchPath(pattern: string, path: string): string | undefined {
  const at = pattern.indexOf(MODEL);
  if (at === -1) return pattern === path ? '' : undefined;
  const before = pattern.slice(0, at);
  const after = pattern.slice(at + MODEL.length);
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined;
  const model = path.slice(before.length, path.length - after.length);
  if (model === '' || path.length < before.length + after.length) return undefined;
  try {
    return decodeURIComponent(model);
  } catch {
    // Not valid percent-encoding: then it is meant as it stands, and no such model exists.
    return model;
  }
}
