/** Connections that died while nobody looked, as those of a frozen Lambda environment do: over both transports. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createUpstream } from '../../../functions/adapters/upstream.ts';
import type { UpstreamTarget } from '../../../functions/core/ports.ts';
import { selfSigned } from '../../support/self-signed.ts';

/** What a server does with the n-th request on a connection, n from 1: answers it, or breaks the connection. */
type Script = (requestOnSocket: number, socket: Socket, connection: number) => void;

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
const certificate = selfSigned(['localhost']);
const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, certificate.cert]));
afterAll(() => setDefaultCACertificates(trusted));

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface RawServer {
  readonly url: string;
  readonly counts: { connections: number; requests: number };
}

async function serve(script: Script, secure: boolean): Promise<RawServer> {
  const counts = { connections: 0, requests: 0 };
  const sockets = new Set<Socket>();
  const listen = (socket: Socket): void => {
    counts.connections += 1;
    const connection = counts.connections;
    sockets.add(socket);
    let onSocket = 0;
    let received = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received += data.toString();
      const [, length] = /content-length: (\d+)\r\n/i.exec(received) ?? [];
      const end = received.indexOf('\r\n\r\n');
      if (end < 0 || received.length < end + 4 + Number(length)) return;
      received = '';
      onSocket += 1;
      counts.requests += 1;
      script(onSocket, socket, connection);
    });
  };
  const server = secure ? createTlsServer(certificate, listen) : createServer(listen);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `${secure ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`, counts };
}

const DIALECTS = { undici: 'openai-chat', 'the AWS SDK': 'bedrock-converse' } as const;

describe.each(['http', 'https'] as const)('a connection over %s that was used before', (scheme) => {
  describe.each(['undici', 'the AWS SDK'] as const)('by %s', (transport) => {
    function setUp(url: string) {
      const upstream = createUpstream({
        secrets: { providerKeys: async () => ['sk-test'] },
        clock: { now: () => 0 },
        random: () => 0,
      });
      cleanups.unshift(() => upstream.close());
      const dialect = DIALECTS[transport];
      const target: UpstreamTarget = {
        provider: 'test',
        config: { dialect, baseUrl: url, secret: 's', region: 'us-east-1' },
        baseUrl: url,
        model: 'm',
      };
      const sent = { times: 0 };
      const ask = async (marker = 'm'): Promise<string> => {
        const path = dialect === 'bedrock-converse' ? '/model/m/converse' : '/chat';
        const reply = await upstream.send(
          target,
          { method: 'POST', path, headers: {}, body: { model: marker }, dropped: [] },
          {
            stream: false,
            signal: AbortSignal.timeout(20_000),
            connectMs: 5_000,
            firstTokenMs: 5_000,
            idleMs: 5_000,
            sending: () => {
              sent.times += 1;
            },
          },
        );
        const text = await reply.text();
        // Its connection goes back into the pool a moment after the last byte.
        await setImmediate();
        return text;
      };
      return { ask, sent };
    }

    const secure = scheme === 'https';

    it('and was reset before a byte of the answer costs nothing', async () => {
      const server = await serve((number, socket) => {
        if (number === 1) socket.write(ANSWER);
        else reset(socket);
      }, secure);
      const { ask, sent } = setUp(server.url);
      for (let round = 1; round <= 3; round += 1) expect(await ask()).toBe('{}');
      expect(sent.times).toBe(3);
      expect(server.counts.connections).toBeGreaterThanOrEqual(2);
    });

    it('and was closed in between costs nothing', async () => {
      const server = await serve((number, socket) => {
        if (number === 1) socket.write(ANSWER);
        else socket.end();
      }, secure);
      const { ask } = setUp(server.url);
      for (let round = 1; round <= 3; round += 1) expect(await ask()).toBe('{}');
    });

    it('is sent again once, not for as long as it takes', async () => {
      // Every connection breaks at its second request, and the one of the repeat at its first.
      const server = await serve((number, socket, connection) => {
        if (number === 1 && connection === 1) socket.write(ANSWER);
        else reset(socket);
      }, secure);
      const { ask } = setUp(server.url);
      await ask();
      await expect(ask()).rejects.toMatchObject({ kind: 'upstream-unreachable' });
      expect(server.counts.requests).toBe(3);
    });

    it('repeats on a new connection, though others are waiting in the pool', async () => {
      const held: Socket[] = [];
      // Two at once are answered together, so that there are two connections; both die with their next request.
      const server = await serve((number, socket, connection) => {
        if (number > 1) return reset(socket);
        if (connection > 2) return void socket.write(ANSWER);
        held.push(socket);
        if (held.length === 2) for (const each of held) each.write(ANSWER);
      }, secure);
      const { ask } = setUp(server.url);
      expect(await Promise.all([ask('one'), ask('two')])).toEqual(['{}', '{}']);
      expect(await ask('three')).toBe('{}');
      expect(server.counts).toEqual({ connections: 3, requests: 4 });
    });

    it('is not sent again after a byte of the answer', async () => {
      const server = await serve((number, socket) => {
        if (number === 1) return void socket.write(ANSWER);
        socket.write('HTTP/1.1 2', () => setTimeout(() => reset(socket), 50));
      }, secure);
      const { ask } = setUp(server.url);
      await ask();
      await expect(ask()).rejects.toMatchObject({ kind: expect.stringMatching(/^upstream-/) });
      expect(server.counts.requests).toBe(2);
    });

    it('is the condition: a new connection that is reset is a failure', async () => {
      const server = await serve((_, socket) => reset(socket), secure);
      const { ask, sent } = setUp(server.url);
      await expect(ask()).rejects.toMatchObject({ kind: 'upstream-unreachable' });
      expect([server.counts.requests, sent.times]).toEqual([1, 1]);
    });
  });
});

/** RST over plain TCP; over TLS the connection ends without a word, which is as good. */
function reset(socket: Socket): void {
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}
