import { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { createMediaFetcher } from '../../../functions/adapters/fetch-media.ts';
import type { Resolve } from '../../../functions/adapters/guarded-lookup.ts';
import { isPublicAddress } from '../../../functions/adapters/public-address.ts';
import { certificate, chat, fetchFor, image, PNG, refusalOf, toLoopback, useMediaServer } from './support.ts';

const { connections, redirect, seen, serve, url } = useMediaServer();

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
      expect(connections()).toBe(0);
    },
  );

  it('nothing but public addresses is the default', async () => {
    const fetcher = createMediaFetcher({ ca: certificate.cert, resolve: toLoopback });
    const asked = fetcher.inline(chat(image(url('/a.png'))), () => false, new AbortController().signal);
    await expect(asked).rejects.toThrow(NOT_PUBLIC);
    await fetcher.close();
    expect(connections()).toBe(0);
  });

  it('localhost is refused as the system resolves it', async () => {
    serve('/a.png', PNG);
    const error = await refusalOf(chat(image(url('/a.png', 'localhost'))), { ...strict, resolve: lookup });
    expect(error.message).toBe(NOT_PUBLIC);
    expect(connections()).toBe(0);
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
    expect(connections()).toBe(1);
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
    expect(connections()).toBe(1);
  });

  it.each([
    ['a private address', () => 'https://10.0.0.1/a.png', NOT_PUBLIC],
    ['the metadata service', () => 'https://169.254.169.254/latest/', NOT_PUBLIC],
    ['loopback in IPv6', () => url('/a.png', '[::1]'), NOT_PUBLIC],
    ['a name inside', () => url('/a.png', 'inside.test'), NOT_PUBLIC],
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
