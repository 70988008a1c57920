import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { Resolve } from '../../../functions/adapters/guarded-lookup.ts';
import type { ContentPart } from '../../../functions/core/chat.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { audio, chat, fetchFor, file, image, PNG, refusalOf, useMediaServer, withMessages } from './support.ts';

const PDF = Buffer.from('%PDF-1.7\n%…');
const WAV = Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(4), Buffer.from('WAVEfmt ')]);
const inlined = (mediaType: string, bytes: Uint8Array | string) => ({
  type: 'base64',
  mediaType,
  data: Buffer.from(bytes).toString('base64'),
});

const { redirect, routes, seen, serve, url } = useMediaServer();

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
    let left = 0;
    routes.set('/slow', (response) => response.once('close', () => (left += 1)));
    const error = await refusalOf(chat(image(url('/slow')), image(url('/missing'))));
    expect(error.param).toBe('messages[0].content[1]');
    await vi.waitFor(() => expect(left).toBe(1));
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
