import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createMediaFetcher, type MediaFetcherOptions } from '../../../functions/adapters/fetch-media.ts';
import type { Resolve } from '../../../functions/adapters/guarded-lookup.ts';
import type { ChatRequest, ContentPart, Message } from '../../../functions/core/chat.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { MediaKind } from '../../../functions/core/media-kind.ts';
import { chatRequest } from '../../support/chat-request.ts';
import { selfSigned } from '../../support/self-signed.ts';

export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

export const certificate = selfSigned(['localhost', 'files.test', 'other.test', 'inside.test']);

/** A server on loopback for the test file, that forgets everything between two tests. */
export function useMediaServer() {
  const routes = new Map<string, (response: ServerResponse) => void>();
  const seen: { readonly path: string; readonly headers: { readonly [name: string]: unknown } }[] = [];
  let connections = 0;
  let server: Server;
  let port = 0;

  beforeAll(async () => {
    server = createServer(certificate, (request, response) => {
      seen.push({ path: request.url ?? '', headers: request.headers });
      const answer = routes.get(request.url ?? '');
      if (answer === undefined) response.writeHead(404).end('nothing here');
      else answer(response);
    });
    server.on('secureConnection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  beforeEach(() => {
    routes.clear();
    seen.length = 0;
    connections = 0;
  });

  return {
    routes,
    seen,
    connections: () => connections,
    url: (path: string, host = 'files.test'): string => `https://${host}:${port}${path}`,
    serve: (path: string, body: Uint8Array | string, headers: { readonly [name: string]: string } = {}): void => {
      routes.set(path, (response) => response.writeHead(200, headers).end(body));
    },
    redirect: (path: string, location: string, status = 302): void => {
      routes.set(path, (response) => response.writeHead(status, { location }).end());
    },
  };
}

/** Names that all lie on the loopback server, and are looked up by nobody else. */
export const toLoopback: Resolve = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
const onlyLoopback = (address: string): boolean => address === '127.0.0.1';

export function chat(...content: readonly ContentPart[]): ChatRequest {
  return withMessages({ role: 'user', content });
}

export function withMessages(...messages: readonly Message[]): ChatRequest {
  return chatRequest({ messages });
}

export const image = (path: string): ContentPart => ({ type: 'image', source: { type: 'url', url: path } });
export const file = (path: string): ContentPart => ({ type: 'file', source: { type: 'url', url: path } });
export const audio = (path: string): ContentPart => ({ type: 'audio', source: { type: 'url', url: path } });

interface Run extends MediaFetcherOptions {
  readonly takes?: readonly MediaKind[];
  readonly signal?: AbortSignal;
}

export async function fetchFor(request: ChatRequest, run: Run = {}): Promise<ChatRequest> {
  const { takes = [], signal, ...options } = { allowsAddress: onlyLoopback, resolve: toLoopback, ...run };
  const fetcher = createMediaFetcher({ ca: certificate.cert, ...options });
  try {
    return await fetcher.inline(request, (kind) => takes.includes(kind), signal ?? new AbortController().signal);
  } finally {
    await fetcher.close();
  }
}

export async function refusalOf(request: ChatRequest, run: Run = {}): Promise<GatewayError> {
  try {
    await fetchFor(request, run);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
