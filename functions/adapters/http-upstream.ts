/**
 * Sends one attempt to a provider over HTTP, with undici's pools. One request in, one reply out: no retries here but of
 * what never reached the provider, because its connection had died before.
 */
import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import type { EncodedRequest } from '../core/codec.ts';
import type { ProviderConfig } from '../core/config.ts';
import type { Upstream, UpstreamOptions, UpstreamReply, UpstreamTarget } from '../core/ports.ts';
import { idleLimitOf, withIdleLimit } from './idle-limit.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { watchSockets } from './reused-socket.ts';
import { connectionError } from './upstream-error.ts';
import { createReply } from './upstream-reply.ts';

type AuthScheme = NonNullable<ProviderConfig['auth']>;

const AUTH_HEADERS: { readonly [S in AuthScheme]: (key: string) => { readonly [name: string]: string } } = {
  bearer: (key) => ({ authorization: `Bearer ${key}` }),
  'x-api-key': (key) => ({ 'x-api-key': key }),
  'x-goog-api-key': (key) => ({ 'x-goog-api-key': key }),
  'api-key': (key) => ({ 'api-key': key }),
  none: () => ({}),
};

const DIALECT_AUTH: { readonly [D in ProviderConfig['dialect']]: AuthScheme } = {
  'openai-chat': 'bearer',
  'openai-responses': 'bearer',
  'anthropic-messages': 'x-api-key',
  gemini: 'x-goog-api-key',
  'bedrock-converse': 'none',
};

/**
 * HTTP/1.1, one request at a time on a connection. Over HTTP/2, which undici would choose by itself, all requests of a
 * process share one connection, and die with it.
 */
const POOL = { allowH2: false, connections: 256, keepAliveTimeout: 30_000 } as const;

interface Agents {
  readonly pooled: Agent;
  /** A new connection for each request. */
  readonly fresh: Agent;
}

export function createHttpUpstream({ keys }: { readonly keys: ProviderKeys }): Upstream & { close(): Promise<void> } {
  const sockets = watchSockets();
  // undici sets the connect time-out (DNS, TCP and TLS) per agent, so there is one for each that is configured.
  const agents = new Map<number, Agents>();
  const agentsFor = (connectMs: number): Agents => {
    const known = agents.get(connectMs);
    if (known !== undefined) return known;
    const options = { ...POOL, connect: { timeout: connectMs } };
    const created = { pooled: new Agent(options), fresh: new Agent({ ...options, pipelining: 0 }) };
    agents.set(connectMs, created);
    return created;
  };

  async function send(target: UpstreamTarget, request: EncodedRequest, how: UpstreamOptions): Promise<UpstreamReply> {
    const chosen = await keys.choose(target, how.conversation);
    const { auth, dialect } = target.config;
    const headers = {
      'content-type': 'application/json',
      accept: how.stream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      ...request.headers,
      ...target.config.headers,
      ...(chosen === undefined ? {} : AUTH_HEADERS[auth ?? DIALECT_AUTH[dialect]](chosen.key)),
    };
    const body = Buffer.from(JSON.stringify(request.body));
    const exchange = (dispatcher: Agent): Promise<Dispatcher.ResponseData> =>
      httpRequest(`${target.baseUrl}${request.path}`, {
        method: request.method,
        headers,
        body,
        dispatcher,
        // A whole answer's headers come when the model has finished: only the total deadline can bound it.
        headersTimeout: how.stream ? how.firstTokenMs : 0,
        // Ours: undici's ticks twice a second, and cannot tell the first token from the next.
        bodyTimeout: 0,
        signal: how.signal,
      });
    const { pooled, fresh } = agentsFor(how.connectMs);
    how.sending?.(chosen?.use);
    try {
      const reply = await exchange(pooled).catch((error: unknown) => {
        if (!sockets.diedUnanswered(body, error)) throw error;
        return exchange(fresh);
      });
      if (reply.statusCode < 300) keys.worked(chosen?.use);
      return createReply({
        provider: target.provider,
        status: reply.statusCode,
        headers: flatten(reply.headers),
        body: reply.body,
        chunks: (body) => withIdleLimit(body, target.provider, idleLimitOf(how)),
        ...(chosen === undefined ? {} : { secret: chosen.key }),
      });
    } catch (error) {
      throw connectionError(target.provider, error);
    }
  }

  return {
    prepare: keys.prepare,
    send,
    keyFailed: keys.failed,
    async close() {
      sockets.close();
      await Promise.all([...agents.values()].flatMap(({ pooled, fresh }) => [pooled.close(), fresh.close()]));
    },
  };
}

function flatten(headers: { readonly [name: string]: string | string[] | undefined }): {
  readonly [name: string]: string;
} {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]];
    }),
  );
}
