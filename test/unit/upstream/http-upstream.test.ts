import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpUpstream } from '../../../functions/adapters/http-upstream.ts';
import type { ProviderConfig } from '../../../functions/core/config.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { SecretStore, UpstreamOptions, UpstreamTarget } from '../../../functions/core/ports.ts';
import { providerKeys } from './support.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function upstream(keys: readonly string[] = ['sk-test']) {
  const versions = [...keys];
  const secrets: SecretStore = {
    providerKeys: async (_, options) => {
      if (options?.refresh === true && versions.length > 1) versions.shift();
      return versions.slice(0, 1);
    },
  };
  const created = createHttpUpstream({ keys: providerKeys(secrets) });
  cleanups.push(() => created.close());
  return created;
}

const target = (baseUrl: string, config: Partial<ProviderConfig> = {}): UpstreamTarget => ({
  provider: 'test',
  config: { dialect: 'openai-chat', baseUrl, secret: 'test', ...config },
  baseUrl,
  model: 'm',
});

const request = {
  method: 'POST',
  path: '/chat',
  headers: { 'x-own': '1' },
  body: { model: 'm' },
  dropped: [],
} as const;

const how = (options: Partial<UpstreamOptions> = {}): UpstreamOptions => ({
  stream: true,
  signal: new AbortController().signal,
  connectMs: 1_000,
  firstTokenMs: 5_000,
  idleMs: 5_000,
  ...options,
});

const sse = { 'content-type': 'text/event-stream' };
const failure = (kind: string) => expect.objectContaining({ kind });

async function framesOf(url: string, options: Partial<UpstreamOptions> = {}): Promise<string[]> {
  const reply = await upstream().send(target(url), request, how(options));
  const data: string[] = [];
  for await (const frame of reply.frames('sse')) data.push(frame.data);
  return data;
}

describe('the HTTP upstream', () => {
  it('sends the body, the dialect headers, the configured ones and the key where the provider wants it', async () => {
    const seen: { headers?: IncomingMessage['headers']; url?: string | undefined; body: string } = { body: '' };
    const url = await serve((incoming, response: ServerResponse) => {
      seen.headers = incoming.headers;
      seen.url = incoming.url;
      incoming.on('data', (chunk: Buffer) => (seen.body += chunk.toString()));
      incoming.on('end', () => response.end('{}'));
    });
    const sender = upstream();
    await sender
      .send(target(url, { headers: { 'x-org': 'o' } }), request, how({ stream: false }))
      .then((reply) => reply.text());
    expect(seen).toMatchObject({ url: '/chat', body: '{"model":"m"}' });
    expect(seen.headers).toMatchObject({ authorization: 'Bearer sk-test', 'x-own': '1', 'x-org': 'o' });
    for (const [auth, header] of [
      ['x-api-key', 'x-api-key'],
      ['api-key', 'api-key'],
      ['x-goog-api-key', 'x-goog-api-key'],
    ] as const) {
      await sender.send(target(url, { auth }), request, how({ stream: false })).then((reply) => reply.text());
      expect(seen.headers?.[header]).toBe('sk-test');
      expect(seen.headers?.authorization).toBeUndefined();
    }
  });

  it('reads a compressed stream, though it asked for none', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { ...sse, 'content-encoding': 'gzip' });
      response.end(gzipSync('data: one\n\ndata: zwei ü\n\n'));
    });
    expect(await framesOf(url)).toEqual(['one', 'zwei ü']);
  });

  it('hands on frames as they come, and a broken connection as a truncated answer', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, sse);
      response.write('data: one\n\ndata: tw');
      setTimeout(() => response.destroy(), 20);
    });
    const reply = await upstream().send(target(url), request, how());
    const frames = reply.frames('sse')[Symbol.asyncIterator]();
    expect((await frames.next()).value?.data).toBe('one');
    await expect(frames.next()).rejects.toEqual(failure('upstream-truncated'));
  });

  it('tells a refused connection, a reset and an unknown host as unreachable', async () => {
    const reset = await serve((incoming) => incoming.socket.destroy());
    await expect(upstream().send(target(reset), request, how())).rejects.toEqual(failure('upstream-unreachable'));
    await expect(upstream().send(target('http://127.0.0.1:1'), request, how())).rejects.toEqual(
      failure('upstream-unreachable'),
    );
    await expect(upstream().send(target('http://no.such.host.invalid'), request, how())).rejects.toEqual(
      failure('upstream-unreachable'),
    );
  });

  it('does not blame the provider for what is no request', async () => {
    const well = await serve((_, response) => void response.end('{}'));
    const headers = { 'anthropic-beta': '\u4f60' };
    await expect(upstream().send(target(well), { ...request, headers }, how())).rejects.toEqual(failure('internal'));
  });

  it('ends silence before the headers and within the body by their own time-outs', async () => {
    const silent = await serve(() => {});
    await expect(upstream().send(target(silent), request, how({ firstTokenMs: 50 }))).rejects.toEqual(
      failure('upstream-timeout'),
    );
    const stalled = await serve((_, response) => {
      response.writeHead(200, sse);
      response.write('data: one\n\n');
    });
    await expect(framesOf(stalled, { idleMs: 50 })).rejects.toEqual(failure('upstream-timeout'));
  });

  it('can be aborted before and after the headers', async () => {
    const silent = await serve(() => {});
    const abort = new AbortController();
    const sent = upstream().send(target(silent), request, how({ signal: abort.signal }));
    abort.abort(new GatewayError('deadline', 'too late'));
    await expect(sent).rejects.toEqual(failure('deadline'));

    const begun = await serve((_, response) => {
      response.writeHead(200, sse);
      response.write('data: one\n\n');
    });
    const later = new AbortController();
    const reply = await upstream().send(target(begun), request, how({ signal: later.signal }));
    const frames = reply.frames('sse')[Symbol.asyncIterator]();
    expect((await frames.next()).value?.data).toBe('one');
    const next = frames.next();
    later.abort(new GatewayError('deadline', 'too late'));
    await expect(next).rejects.toEqual(failure('deadline'));
  });

  it('leaves a reply with an error status to be read', async () => {
    const url = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': '7' });
      response.end('{"error":{"message":"slow down"}}');
    });
    const reply = await upstream().send(target(url), request, how());
    expect([reply.status, reply.headers['retry-after'], await reply.text()]).toEqual([
      429,
      '7',
      '{"error":{"message":"slow down"}}',
    ]);
  });
});
