/** Sends one attempt to a provider over HTTP, with undici's pools. One request in, one reply out: no retries here. */
import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import type { EncodedRequest } from '../core/codec.ts';
import type { ProviderConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { SecretStore, Upstream, UpstreamOptions, UpstreamReply, UpstreamTarget } from '../core/ports.ts';
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

export function createHttpUpstream(options: { readonly secrets: SecretStore }): Upstream & { close(): Promise<void> } {
  // undici sets the connect time-out per agent, so there is one agent (and its pools) for each that is configured.
  const agents = new Map<number, Agent>();
  const agentFor = (connectMs: number): Agent => {
    const known = agents.get(connectMs);
    if (known !== undefined) return known;
    const agent = new Agent({ connect: { timeout: connectMs }, connections: 256, keepAliveTimeout: 30_000 });
    agents.set(connectMs, agent);
    return agent;
  };

  async function providerKey({ config: { secret } }: UpstreamTarget): Promise<string | undefined> {
    if (secret === undefined) return undefined;
    const keys = await options.secrets.providerKeys(secret);
    const key = keys[0];
    if (key === undefined) throw new GatewayError('misconfigured', `The secret "${secret}" holds no key.`);
    return key;
  }

  async function send(target: UpstreamTarget, request: EncodedRequest, how: UpstreamOptions): Promise<UpstreamReply> {
    const key = await providerKey(target);
    const { auth, dialect } = target.config;
    const headers = {
      'content-type': 'application/json',
      accept: how.stream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      ...request.headers,
      ...target.config.headers,
      ...(key === undefined ? {} : AUTH_HEADERS[auth ?? DIALECT_AUTH[dialect]](key)),
    };
    how.sending?.(key === undefined ? undefined : { index: 0 });
    let reply: Dispatcher.ResponseData;
    try {
      reply = await httpRequest(`${target.baseUrl}${request.path}`, {
        method: request.method,
        headers,
        body: JSON.stringify(request.body),
        dispatcher: agentFor(how.connectMs),
        // A whole answer's headers come when the model has finished: only the total deadline can bound it.
        headersTimeout: how.stream ? how.firstTokenMs : 0,
        bodyTimeout: how.idleMs,
        signal: how.signal,
      });
    } catch (error) {
      throw connectionError(target.provider, error);
    }
    return createReply({
      provider: target.provider,
      status: reply.statusCode,
      headers: flatten(reply.headers),
      body: reply.body,
      ...(key === undefined ? {} : { secret: key }),
    });
  }

  async function reauthorize(target: UpstreamTarget): Promise<boolean> {
    const { secret } = target.config;
    if (secret === undefined) return false;
    const [before] = await options.secrets.providerKeys(secret);
    const [after] = await options.secrets.providerKeys(secret, { refresh: true });
    return before !== after;
  }

  return {
    send,
    reauthorize,
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.close()));
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
