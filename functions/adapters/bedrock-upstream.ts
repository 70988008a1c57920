/**
 * Sends one attempt to Bedrock. The AWS SDK's client finds credentials and endpoint, signs, and corrects its clock;
 * what it would do with the bodies is left out: they go and come as the JSON that the dialect writes and reads. So fields
 * that the SDK does not know yet survive, and a stream's events are parsed once instead of twice.
 *
 * HTTP/1.1 with kept-alive connections: the SDK's own choice, HTTP/2 without keep-alive, was seen to hang for ever
 * (n8n-io/n8n #35323). All time-outs are our own.
 */
import { Readable } from 'node:stream';
import type { BedrockRuntimeClient, BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { EncodedRequest } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';
import type { Upstream, UpstreamOptions, UpstreamReply, UpstreamTarget } from '../core/ports.ts';
import { awsConnectionError } from './aws-connection-error.ts';
import { idleLimitOf, withIdleLimit } from './idle-limit.ts';
import { createNodeAgents, type NodeAgents } from './node-agents.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { createReply, type RawReply } from './upstream-reply.ts';

type Sdk = typeof import('./bedrock-sdk.ts');

/** Loaded by the first request to Bedrock: nobody else's cold start should read it. */
let loading: Promise<Sdk> | undefined;
const loadSdk = (): Promise<Sdk> => {
  loading ??= import('./bedrock-sdk.ts');
  return loading;
};

/** Each holds a pool of connections. Few: one a provider, key and connect time-out. */
const MAX_CLIENTS = 32;

interface Client {
  readonly runtime: BedrockRuntimeClient;
  readonly agents: NodeAgents;
}

export function createBedrockUpstream({
  keys,
}: {
  readonly keys: ProviderKeys;
}): Upstream & { close(): Promise<void> } {
  const clients = new Map<string, Client>();

  /** With a Bedrock API key, where the provider has a secret; IAM credentials are the default chain's to find. */
  function clientFor(sdk: Sdk, target: UpstreamTarget, connectMs: number, apiKey: string | undefined): Client {
    const { region, baseUrl, baseUrls } = target.config;
    const endpoint = baseUrl === undefined && baseUrls === undefined ? undefined : target.baseUrl;
    const id = JSON.stringify([region, endpoint, connectMs, apiKey]);
    const known = clients.get(id);
    if (known !== undefined) return known;
    const agents = createNodeAgents(connectMs);
    const client = { runtime: new sdk.BedrockRuntimeClient(configure({ region, endpoint, apiKey, agents })), agents };
    clients.set(id, client);
    const [oldest] = clients;
    if (clients.size > MAX_CLIENTS && oldest !== undefined) clients.delete(oldest[0]);
    return client;
  }

  async function send(target: UpstreamTarget, request: EncodedRequest, how: UpstreamOptions): Promise<UpstreamReply> {
    const sdk = await loadSdk();
    const chosen = await keys.choose(target, how.conversation);
    const { runtime, agents } = clientFor(sdk, target, how.connectMs, chosen?.key);
    how.sending?.(chosen?.use);
    const abort = new AbortController();
    // A whole answer's headers come when the model has finished: only the total deadline can bound it.
    const patience = how.stream ? setTimeout(() => abort.abort(silence(target.provider)), how.firstTokenMs) : undefined;
    try {
      const headers = { ...request.headers, ...target.config.headers };
      const signal = AbortSignal.any([how.signal, abort.signal]);
      const once = (): Promise<Exchanged> => exchange(sdk, runtime, { ...request, headers }, signal);
      const raw = await once().catch((error: unknown) => {
        if (!agents.diedUnanswered(error)) throw error;
        agents.dropIdle();
        return once();
      });
      if (raw.status < 300) keys.worked(chosen?.use);
      return createReply({
        ...raw,
        provider: target.provider,
        ...(chosen === undefined ? {} : { secret: chosen.key }),
        chunks: (body) => withIdleLimit(body, target.provider, idleLimitOf(how)),
      });
    } catch (error) {
      throw abort.signal.aborted ? abort.signal.reason : awsConnectionError(target.provider, error);
    } finally {
      clearTimeout(patience);
    }
  }

  /** True where the default chain finds others than those that were refused. */
  async function hasNewCredentials(target: UpstreamTarget): Promise<boolean> {
    const sdk = await loadSdk();
    const find = () => clientFor(sdk, target, RENEW_CONNECT_MS, undefined).runtime.config.credentials();
    try {
      const before = await find();
      // A client keeps the credentials that it found; what is under way in the old ones ends there.
      clients.clear();
      const after = await find();
      return before.accessKeyId !== after.accessKeyId || before.sessionToken !== after.sessionToken;
    } catch (error) {
      throw awsConnectionError(target.provider, error);
    }
  }

  return {
    async prepare(target) {
      await Promise.allSettled([loadSdk(), keys.prepare(target)]);
    },
    send,
    async keyFailed(target, key, error) {
      if (target.config.secret !== undefined) return keys.failed(target, key, error);
      const another = error.kind === 'upstream-unauthorized' && (await hasNewCredentials(target));
      return { another, takenOut: false };
    },
    async close() {
      for (const { runtime } of clients.values()) runtime.destroy();
      clients.clear();
    },
  };
}

/** The client that only looks for credentials sends nothing. */
const RENEW_CONNECT_MS = 3_000;

interface ClientSettings {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly apiKey: string | undefined;
  readonly agents: NodeAgents;
}

function configure({ region, endpoint, apiKey, agents }: ClientSettings): BedrockRuntimeClientConfig {
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(apiKey === undefined ? {} : { token: { token: apiKey }, authSchemePreference: ['httpBearerAuth'] }),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      // All 0: silence on the socket is told by the agents, by `firstTokenMs` and by `idleMs`.
      connectionTimeout: 0,
      requestTimeout: 0,
      socketTimeout: 0,
      httpAgent: agents.httpAgent,
      httpsAgent: agents.httpsAgent,
    }),
  };
}

type Exchanged = Pick<RawReply, 'status' | 'headers' | 'body'>;

/**
 * `InvokeModelWithResponseStream` is an operation whose body the SDK takes as it is, and whose answer is a stream. The
 * others differ from it in the last part of their path, and in nothing that concerns credentials, endpoint or signature.
 */
async function exchange(
  sdk: Sdk,
  client: BedrockRuntimeClient,
  request: EncodedRequest,
  abortSignal: AbortSignal,
): Promise<Exchanged> {
  const { modelId, operation } = readPath(request.path);
  const command = new sdk.InvokeModelWithResponseStreamCommand({
    modelId,
    body: JSON.stringify(request.body),
    contentType: 'application/json',
  });
  command.middlewareStack.add(
    (next) => (args) => {
      if (isHttpRequest(args.request)) {
        args.request.path = args.request.path.replace(/[^/]*$/, operation);
        Object.assign(args.request.headers, request.headers);
      }
      return next(args);
    },
    { name: 'operationMiddleware', step: 'build' },
  );
  let exchanged: Exchanged | undefined;
  // Takes the place of the SDK's own, which would read the body, and throw for errors.
  command.middlewareStack.add(
    (next) => async (args) => {
      const { response } = await next(args);
      exchanged = readResponse(response);
      return { response, output: { body: undefined, contentType: undefined, $metadata: {} } };
    },
    { name: 'deserializerMiddleware', step: 'deserialize', override: true },
  );
  await client.send(command, { abortSignal });
  if (exchanged === undefined) throw new Error('The AWS SDK returned without an answer.');
  return exchanged;
}

/** `/model/ID/converse`, the id encoded: what the dialect writes. */
function readPath(path: string): { readonly modelId: string; readonly operation: string } {
  const [, id, operation] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(path) ?? [];
  if (id !== undefined && operation !== undefined) return { modelId: decodeURIComponent(id), operation };
  throw new GatewayError('internal', `"${path}" is no path of Bedrock's runtime.`);
}

function isHttpRequest(request: unknown): request is { path: string; readonly headers: object } {
  if (typeof request !== 'object' || request === null) return false;
  return 'path' in request && typeof request.path === 'string' && 'headers' in request;
}

function readResponse(response: unknown): Exchanged | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  if (!('statusCode' in response && 'headers' in response && 'body' in response)) return undefined;
  const { statusCode, headers, body } = response;
  if (typeof statusCode !== 'number' || !(body instanceof Readable)) return undefined;
  return { status: statusCode, headers: { ...(headers as Exchanged['headers']) }, body };
}

function silence(provider: string): GatewayError {
  return new GatewayError('upstream-timeout', `The provider "${provider}" sent no answer in time.`);
}
