import { lookup } from 'node:dns';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMediaFetcher, type MediaFetcherOptions } from '../../../functions/adapters/fetch-media.ts';
import type { Resolve } from '../../../functions/adapters/guarded-lookup.ts';
import { isPublicAddress } from '../../../functions/adapters/public-address.ts';
import type { ChatRequest, ContentPart, Message } from '../../../functions/core/chat.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { MediaKind } from '../../../functions/core/media-kind.ts';
import { selfSigned } from '../../support/self-signed.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const PDF = Buffer.from('%PDF-1.7\n%…');
const WAV = Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(4), Buffer.from('WAVEfmt ')]);

const certificate = selfSigned(['localhost', 'files.test', 'other.test', 'inside.test']);
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

const url = (path: string, host = 'files.test'): string => `https://${host}:${port}${path}`;
const serve = (path: string, body: Uint8Array | string, headers: { readonly [name: string]: string } = {}): void => {
  routes.set(path, (response) => response.writeHead(200, headers).end(body));
};
const redirect = (path: string, location: string, status = 302): void => {
  routes.set(path, (response) => response.writeHead(status, { location }).end());
};

/** Names that all lie on the loopback server, and are looked up by nobody else. */
const toLoopback: Resolve = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
const onlyLoopback = (address: string): boolean => address === '127.0.0.1';

function chat(...content: readonly ContentPart[]): ChatRequest {
  return withMessages({ role: 'user', content });
}

function withMessages(...messages: readonly Message[]): ChatRequest {
  const base = { model: 'm', stream: false, includeUsage: false, tools: [], stop: [], candidates: 1, extensions: {} };
  return { ...base, messages };
}

const image = (path: string): ContentPart => ({ type: 'image', source: { type: 'url', url: path } });
const file = (path: string): ContentPart => ({ type: 'file', source: { type: 'url', url: path } });
const audio = (path: string): ContentPart => ({ type: 'audio', source: { type: 'url', url: path } });
const inlined = (mediaType: string, bytes: Uint8Array | string) => ({
  type: 'base64',
  mediaType,
  data: Buffer.from(bytes).toString('base64'),
});

interface Run extends MediaFetcherOptions {
  readonly takes?: readonly MediaKind[];
  readonly signal?: AbortSignal;
}

async function fetchFor(request: ChatRequest, run: Run = {}): Promise<ChatRequest> {
  const { takes = [], signal, ...options } = { allowsAddress: onlyLoopback, resolve: toLoopback, ...run };
  const fetcher = createMediaFetcher({ ca: certificate.cert, ...options });
  try {
    return await fetcher.inline(request, (kind) => takes.includes(kind), signal ?? new AbortController().signal);
  } finally {
    await fetcher.close();
  }
}

async function refusalOf(request: ChatRequest, run: Run = {}): Promise<GatewayError> {
  try {
    await fetchFor(request, run);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('what is fetched', () => {
  it('stands in the request in place of its URL, wherever it stood', async () => {
    serve('/a.png', PNG, { 'content-type': 'application/octet-stream' });
    serve('/b.pdf', PDF, { 'content-type': 'application/pdf' });
    serve('/c.wav', WAV, { 'content-type': 'audio/x-wav' });
    const text = { type: 'text', text: 'look' } as const;
    const call = { type: 'tool-call', id: 'c1', name: 'shot', arguments: '{}', kind: 'function' } as const;
    const request = withMessages(
      { role: 'system', content: [text] },
      { role: 'user', content: [text, { ...image(url('/a.png')), cache: { ttl: '5m' } }, file(url('/b.pdf'))] },
      { role: 'assistant', content: [text, call] },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'c1', content: [image(url('/a.png'))] }] },
      { role: 'user', content: [audio(url('/c.wav'))] },
    );
    const before = structuredClone(request);
    const result = await fetchFor(request);
    expect(request).toEqual(before);
    const png = { type: 'image', source: inlined('image/png', PNG) };
    expect(result).toEqual({
      ...request,
      messages: [
        request.messages[0],
        {
          role: 'user',
          content: [text, { ...png, cache: { ttl: '5m' } }, { type: 'file', source: inlined('application/pdf', PDF) }],
        },
        request.messages[2],
        { role: 'tool', content: [{ type: 'tool-result', callId: 'c1', content: [png] }] },
        { role: 'user', content: [{ type: 'audio', source: inlined('audio/wav', WAV) }] },
      ],
    });
    // One URL, however often it stands there.
    expect(seen.map(({ path }) => path).toSorted()).toEqual(['/a.png', '/b.pdf', '/c.wav']);
  });

  it('is only what the target cannot read by itself', async () => {
    serve('/b.pdf', PDF);
    const request = chat(image(url('/a.png')), file(url('/b.pdf')));
    const result = await fetchFor(request, { takes: ['image'] });
    expect(result.messages[0]?.content[0]).toEqual(request.messages[0]?.content[0]);
    expect(result.messages[0]?.content[1]).toMatchObject({ source: { type: 'base64' } });
    expect(await fetchFor(request, { takes: ['image', 'pdf'] })).toBe(request);
    expect(seen).toHaveLength(1);
  });

  it('is asked for without anything of the client’s or ours', async () => {
    serve('/a.png', PNG);
    await fetchFor(chat(image(`${url('/a.png')}#top`)));
    expect(Object.keys(seen[0]?.headers ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('may come compressed, from a server that was asked not to', async () => {
    serve('/a.png', gzipSync(PNG), { 'content-encoding': 'gzip' });
    const result = await fetchFor(chat(image(url('/a.png'))));
    expect(result.messages[0]?.content[0]).toMatchObject({ source: inlined('image/png', PNG) });
  });

  it('may lie behind three redirects, relative ones too', async () => {
    redirect('/1', '/2', 301);
    redirect('/2', url('/3', 'other.test'), 307);
    redirect('/3', '/a.png', 303);
    serve('/a.png', PNG);
    const result = await fetchFor(chat(image(url('/1'))));
    expect(result.messages[0]?.content[0]).toMatchObject({ source: inlined('image/png', PNG) });
  });

  it('is fetched four at a time', async () => {
    let open = 0;
    let most = 0;
    const parts = Array.from({ length: 12 }, (_, index) => {
      routes.set(`/${index}`, (response) => {
        open += 1;
        most = Math.max(most, open);
        setTimeout(() => {
          open -= 1;
          response.end(PNG);
        }, 10);
      });
      return image(url(`/${index}`));
    });
    await fetchFor(chat(...parts));
    expect(seen).toHaveLength(12);
    expect(most).toBe(4);
  });
});

describe('types', () => {
  it.each<[string, ContentPart['type'], Uint8Array | string, string, string]>([
    ['JPEG', 'image', Buffer.from('ffd8ffe000104a464946', 'hex'), 'text/html', 'image/jpeg'],
    ['GIF', 'image', 'GIF89a…', '', 'image/gif'],
    ['WebP', 'image', 'RIFF0000WEBPVP8 ', 'image/png', 'image/webp'],
    ['HEIC', 'image', '0000ftypheic0000', '', 'image/heic'],
    ['MP3', 'audio', 'ID3\u0004', 'application/octet-stream', 'audio/mpeg'],
    ['an image as a file', 'file', PNG, '', 'image/png'],
    ['text', 'file', 'Grüße', 'text/plain; charset=utf-8', 'text/plain'],
    ['JSON', 'file', '{}', 'application/json', 'application/json'],
    [
      'a Word document',
      'file',
      'PK\u0003\u0004',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ],
  ])('%s is known by its bytes', async (_, type, bytes, declared, mediaType) => {
    serve('/x', bytes, declared === '' ? {} : { 'content-type': declared });
    const part = { image, file, audio }[type as 'image' | 'file' | 'audio'](url('/x'));
    const result = await fetchFor(chat(part));
    expect(result.messages[0]?.content[0]).toMatchObject({ source: inlined(mediaType, bytes) });
  });

  it.each<[string, 'image' | 'file' | 'audio', Uint8Array | string, string]>([
    ['a page that says it is an image', 'image', '<!doctype html>', 'image/png'],
    ['a drawing with scripts in it', 'image', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['a PDF as an image', 'image', PDF, 'application/pdf'],
    ['an image as sound', 'audio', PNG, 'audio/wav'],
    ['nothing', 'image', '', 'image/png'],
    ['bytes of no type', 'file', Buffer.from([1, 2, 3, 4]), 'application/octet-stream'],
    ['text that is none', 'file', Buffer.from([0x41, 0, 0x42]), 'text/plain'],
    ['text that is not UTF-8', 'file', Buffer.from([0x41, 0xff]), 'text/plain'],
    ['a zip', 'file', 'PK\u0003\u0004', 'application/zip'],
    ['a program', 'file', '\u007fELF', 'application/x-executable'],
  ])('%s is refused', async (_, type, bytes, declared) => {
    serve('/x', bytes, { 'content-type': declared });
    const error = await refusalOf(chat({ image, file, audio }[type](url('/x'))));
    expect(error).toMatchObject({ kind: 'invalid-request', param: 'messages[0].content[0]' });
    expect(error.message).toMatch(/^messages\[0\]\.content\[0\] is not /);
  });
});

describe('addresses', () => {
  const NOT_PUBLIC = 'messages[0].content[0] cannot be fetched: its host has no public address.';
  /** What is in force where nobody says otherwise. */
  const strict = { allowsAddress: isPublicAddress };

  it.each([
    'https://127.0.0.1/a.png',
    'https://127.1/a.png',
    'https://2130706433/a.png',
    'https://0x7f000001/a.png',
    'https://017700000001/a.png',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/a.png',
    'https://[::1]/a.png',
    'https://[::ffff:127.0.0.1]/a.png',
    'https://[::ffff:a9fe:a9fe]/a.png',
    'https://[fe80::1]/a.png',
    'https://[fd00:ec2::254]/a.png',
    'https://0/a.png',
  ])('%s is refused before anything is connected', async (address) => {
    const error = await refusalOf(chat(image(address)), strict);
    expect(error).toMatchObject({ kind: 'invalid-request', status: 400, message: NOT_PUBLIC });
  });

  it.each([['127.0.0.1'], ['10.1.2.3'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1'], ['fd00::1']])(
    'a name that resolves to %s is refused where the connection would be made',
    async (address) => {
      serve('/a.png', PNG);
      const resolve: Resolve = (_, __, callback) =>
        callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
      const error = await refusalOf(chat(image(url('/a.png'))), { ...strict, resolve });
      expect(error.message).toBe(NOT_PUBLIC);
      expect(connections).toBe(0);
    },
  );

  it('nothing but public addresses is the default', async () => {
    const fetcher = createMediaFetcher({ ca: certificate.cert, resolve: toLoopback });
    const asked = fetcher.inline(chat(image(url('/a.png'))), () => false, new AbortController().signal);
    await expect(asked).rejects.toThrow(NOT_PUBLIC);
    await fetcher.close();
    expect(connections).toBe(0);
  });

  it('localhost is refused as the system resolves it', async () => {
    serve('/a.png', PNG);
    const error = await refusalOf(chat(image(url('/a.png', 'localhost'))), { ...strict, resolve: lookup });
    expect(error.message).toBe(NOT_PUBLIC);
    expect(connections).toBe(0);
  });

  it('a name that does not exist gets the same answer', async () => {
    const resolve: Resolve = (_, __, callback) => callback(new Error('ENOTFOUND'), []);
    expect((await refusalOf(chat(image(url('/a.png'))), { resolve })).message).toBe(NOT_PUBLIC);
  });

  it('of several addresses only those that pass are connected to', async () => {
    serve('/a.png', PNG);
    const resolve: Resolve = (_, __, callback) =>
      callback(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]);
    await fetchFor(chat(image(url('/a.png'))), { resolve });
    expect(connections).toBe(1);
  });

  it('the address that was checked is the one that is connected to', async () => {
    serve('/a.png', PNG);
    const answers = ['127.0.0.1', '10.0.0.1'];
    let lookups = 0;
    const resolve: Resolve = (_, __, callback) => {
      callback(null, [{ address: answers[lookups] ?? '10.0.0.1', family: 4 }]);
      lookups += 1;
    };
    await fetchFor(chat(image(url('/a.png'))), { resolve });
    // A second look-up would have been given another address, and been refused.
    expect(lookups).toBe(1);
    expect((await refusalOf(chat(image(url('/a.png'))), { resolve })).message).toBe(NOT_PUBLIC);
    expect(connections).toBe(1);
  });

  it.each([
    ['a private address', () => 'https://10.0.0.1/a.png', NOT_PUBLIC],
    ['the metadata service', () => 'https://169.254.169.254/latest/', NOT_PUBLIC],
    ['loopback in IPv6', () => `https://[::1]:${port}/a.png`, NOT_PUBLIC],
    ['a name inside', () => `https://inside.test:${port}/a.png`, NOT_PUBLIC],
    ['plain http', () => 'http://files.test/a.png', 'messages[0].content[0] redirects to a URL other than https.'],
    ['a file', () => 'file:///etc/passwd', 'messages[0].content[0] redirects to a URL other than https.'],
    [
      'a URL with credentials',
      () => 'https://a:b@files.test/',
      'messages[0].content[0] redirects to a URL with credentials in it.',
    ],
    ['nonsense', () => 'https://', 'messages[0].content[0] redirects to no valid URL.'],
  ])('a redirect to %s is refused', async (_, location, message) => {
    redirect('/go', location());
    const resolve: Resolve = (hostname, __, callback) =>
      callback(null, [{ address: hostname === 'inside.test' ? '10.0.0.1' : '127.0.0.1', family: 4 }]);
    const error = await refusalOf(chat(image(url('/go'))), { resolve });
    expect(error).toMatchObject({ kind: 'invalid-request', message });
    expect(seen.map(({ path }) => path)).toEqual(['/go']);
  });

  it.each([
    ['http://files.test/a.png', 'is a URL other than https'],
    ['https://user:secret@files.test/a.png', 'is a URL with credentials in it'],
    ['https://', 'is no valid URL'],
    ['ftp://files.test/a.png', 'is a URL other than https'],
  ])('%s is refused', async (address, problem) => {
    const error = await refusalOf(chat({ type: 'text', text: 'x' }, image(address)));
    expect(error).toMatchObject({ param: 'messages[0].content[1]', message: `messages[0].content[1] ${problem}.` });
    expect(error.message).not.toContain('secret');
  });

  it('a server that cannot prove its name is refused', async () => {
    serve('/a.png', PNG);
    const error = await refusalOf(chat(image(url('/a.png', 'files.example'))));
    expect(error.message).toBe('messages[0].content[0] cannot be fetched: the connection failed.');
    expect(seen).toEqual([]);
  });
});

describe('bounds', () => {
  it('a fourth redirect', async () => {
    redirect('/loop', '/loop');
    const error = await refusalOf(chat(image(url('/loop'))));
    expect(error.message).toBe('messages[0].content[0] redirects more than 3 times.');
    expect(seen).toHaveLength(4);
  });

  it.each([[404], [403], [500], [204]])('an answer of %i', async (status) => {
    routes.set('/x', (response) => response.writeHead(status).end());
    const error = await refusalOf(chat(image(url('/x'))));
    expect(error.message).toBe(`messages[0].content[0] cannot be fetched: its server answers ${status}.`);
  });

  it('a size that the server announces', async () => {
    routes.set('/x', (response) => response.writeHead(200, { 'content-length': '1001' }).write(PNG));
    expect((await refusalOf(chat(image(url('/x'))), { maxBytes: 1_000 })).message).toMatch(/is over 1000 bytes/);
  });

  it.each<[string, { readonly [name: string]: string }, Uint8Array]>([
    ['that it does not announce', { 'transfer-encoding': 'chunked' }, Buffer.alloc(1_001)],
    ['that unfolds', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(100_000))],
  ])('a size %s', async (_, headers, bytes) => {
    serve('/x', bytes, headers);
    expect((await refusalOf(chat(image(url('/x'))), { maxBytes: 1_000 })).message).toMatch(/is over 1000 bytes/);
  });

  it('an endless answer, after its first bytes', async () => {
    let sent = 0;
    routes.set('/x', (response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return;
        }
      };
      response.on('drain', more);
      more();
    });
    const error = await refusalOf(chat(image(url('/x'))), { maxBytes: 100_000 });
    expect(error.message).toMatch(/is over 100000 bytes/);
    expect(sent).toBeLessThan(10_000_000);
  });

  it('what all parts hold together', async () => {
    const one = Buffer.concat([PNG, Buffer.alloc(500)]);
    serve('/1', one);
    serve('/2', one);
    serve('/3', one);
    const parts = [image(url('/1')), image(url('/2')), image(url('/3'))];
    expect((await refusalOf(chat(...parts), { maxTotalBytes: 1_200 })).message).toMatch(/all media over 1200/);
    await expect(fetchFor(chat(...parts), { maxTotalBytes: 1_600 })).resolves.toBeDefined();
  });

  it('more URLs than anybody needs', async () => {
    const parts = Array.from({ length: 65 }, (_, index) => image(url(`/${index}`)));
    expect((await refusalOf(chat(...parts))).message).toMatch(/is one of 65 URLs; at most 64 are fetched/);
    expect(seen).toEqual([]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['says nothing', () => {}],
    ['stops in its answer', (response) => response.writeHead(200).write(PNG)],
  ])('a server that %s', async (_, answer) => {
    routes.set('/x', answer);
    const error = await refusalOf(chat(image(url('/x'))), { timeoutMs: 100 });
    expect(error).toMatchObject({ kind: 'invalid-request', message: expect.stringContaining('within 0.1 s') });
  });

  it('a name that nobody answers for', async () => {
    const resolve: Resolve = () => {};
    const error = await refusalOf(chat(image(url('/x'))), { timeoutMs: 100, resolve });
    expect(error.message).toMatch(/within 0.1 s/);
  });

  it('the caller’s own deadline, which stays what it is', async () => {
    routes.set('/x', () => {});
    const deadline = new AbortController();
    const reason = new GatewayError('deadline', 'too late');
    setTimeout(() => deadline.abort(reason), 50);
    expect(await refusalOf(chat(image(url('/x'))), { signal: deadline.signal })).toBe(reason);
  });

  it('one failure ends the others', async () => {
    routes.set('/slow', () => {});
    const before = performance.now();
    const error = await refusalOf(chat(image(url('/slow')), image(url('/missing'))));
    expect(error.param).toBe('messages[0].content[1]');
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('refuses all URLs where nothing may be fetched', async () => {
    const error = await refusalOf(chat({ type: 'text', text: 'x' }, image(url('/a.png'))), { mode: 'refuse' });
    expect(error).toMatchObject({
      kind: 'invalid-request',
      param: 'messages[0].content[1]',
      message: expect.stringContaining('which this target does not read'),
    });
    const known = chat(image(url('/a.png')));
    expect(await fetchFor(known, { mode: 'refuse', takes: ['image'] })).toBe(known);
  });
});
