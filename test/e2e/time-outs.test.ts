/** Providers that hang, each in its own phase: every one of them is ended, by the time-out that is meant for it. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatChunk, type HostileProvider, sendEvents, startHostileProvider } from '../support/hostile-provider.ts';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';
import { selfSigned } from '../support/self-signed.ts';

const delta = (content: string): object => chatChunk({ content });
const thought = (reasoning_content: string): object => chatChunk({ reasoning_content });
const FINISH = chatChunk({}, 'stop');
const SSE = { 'content-type': 'text/event-stream' };

const cleanups: (() => unknown)[] = [];
let stack: LocalStackProcess;
let provider: HostileProvider;
let key: string;

async function listen(secure: boolean): Promise<number> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
  };
  const server = secure ? createTlsServer(selfSigned(['localhost']), onSocket) : createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  provider = await startHostileProvider((_, response, model) => {
    const every = (milliseconds: number, text: string): void => {
      const timer = setInterval(() => response.write(text), milliseconds);
      response.on('close', () => clearInterval(timer));
    };
    const scripts: Record<string, () => void> = {
      silent: () => {},
      headers: () => void response.writeHead(200, SSE).flushHeaders(),
      comments: () => {
        response.writeHead(200, SSE);
        every(50, ': still here\n\n');
      },
      stall: () => sendEvents(response, [delta('Hello')]),
      'life-signs': () => {
        sendEvents(response, [delta('Hello')]);
        every(50, ': still here\n\n');
      },
      drip: () => {
        response.writeHead(200, SSE);
        every(50, `data: ${JSON.stringify(delta('word '))}\n\n`);
      },
      'body-stall': () => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":'),
      'error-stall': () => void response.writeHead(500, { 'content-type': 'application/json' }).write('{"err'),
    };
    const [, word, thinkMs = '0'] = /^(?:gpt-5|plain)-(.*)-(\d+)$/.exec(model) ?? [];
    if (word !== undefined) {
      if (word === 'aloud') sendEvents(response, [thought('Let me see.')]);
      setTimeout(() => {
        if (!response.headersSent) response.writeHead(200, SSE);
        response.end(`${[delta('Hello'), FINISH].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}`);
      }, Number(thinkMs));
    }
    scripts[model]?.();
  });
  cleanups.push(() => provider.close());
  const silentPort = await listen(false);
  const distrusted = await listen(true);
  const timeouts = 'timeouts: { connectMs: 400, firstTokenMs: 900, idleMs: 400, totalMs: 3000 }, attempts: 1';
  const model = (name: string, at: string, target = name): string =>
    `  ${name}: { targets: [{ provider: ${at}, model: ${target} }], ${timeouts} }`;
  stack = await startLocalStack({
    config: `
providers:
  plain: { dialect: openai-chat, baseUrl: ${provider.url} }
  unstreamed: { dialect: openai-chat, baseUrl: ${provider.url}, quirks: { streamUsage: false } }
  aws: { dialect: bedrock-converse, region: us-east-1, baseUrl: ${provider.url} }
  no-tls: { dialect: openai-chat, baseUrl: 'https://127.0.0.1:${silentPort}' }
  aws-no-tls: { dialect: bedrock-converse, region: us-east-1, baseUrl: 'https://127.0.0.1:${silentPort}' }
  no-http: { dialect: openai-chat, baseUrl: 'http://127.0.0.1:${silentPort}' }
  distrusted: { dialect: openai-chat, baseUrl: 'https://localhost:${distrusted}' }
  aws-distrusted: { dialect: bedrock-converse, region: us-east-1, baseUrl: 'https://localhost:${distrusted}' }
  nowhere: { dialect: openai-chat, baseUrl: 'http://no.such.host.invalid' }
  aws-nowhere: { dialect: bedrock-converse, region: us-east-1, baseUrl: 'http://no.such.host.invalid' }
models:
${['silent', 'headers', 'comments', 'stall', 'life-signs', 'drip', 'error-stall'].map((name) => model(name, 'plain')).join('\n')}
${['gpt-5-silent-1800', 'gpt-5-aloud-1800', 'plain-silent-1800', 'plain-aloud-1800'].map((name) => model(name, 'plain').replace('firstTokenMs: 900', 'firstTokenMs: 900, thinkingMs: 10000').replace('totalMs: 3000', 'totalMs: 12000')).join('\n')}
${model('whole-silent', 'unstreamed', 'silent')}
${model('whole-stall', 'unstreamed', 'body-stall')}
${model('aws-silent', 'aws', 'silent')}
${['no-tls', 'aws-no-tls', 'no-http', 'distrusted', 'aws-distrusted', 'nowhere', 'aws-nowhere'].map((name) => model(name, name)).join('\n')}
prices:
  - { provider: plain, model: '*', input: 1, output: 1 }
`,
  });
  ({ key } = await stack.createKey('--team', 'hang'));
});
afterAll(async () => {
  await stack?.close();
  for (const cleanup of cleanups) await cleanup();
});

/** The error that the client gets, in front of the stream or in it. */
async function ask(model: string, stream: boolean, more: object = {}) {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }], ...more }),
  });
  const text = await response.text();
  if (/"error":/.test(text)) expect(text).not.toContain('[DONE]');
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  const [, message] = /"message":"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  return { status: response.status, code, message };
}

const TIMEOUT = 'provider_timeout';

describe.concurrent('a provider that hangs', () => {
  it.each<readonly [what: string, model: string, stream: boolean, status: number, code: string, message: RegExp]>([
    ['before TLS is there', 'no-tls', true, 504, TIMEOUT, /accept a connection/],
    ['before TLS is there, whole', 'no-tls', false, 504, TIMEOUT, /accept a connection/],
    ['before TLS is there, by the AWS SDK', 'aws-no-tls', true, 504, TIMEOUT, /accept a connection/],
    ['after it has accepted', 'no-http', true, 504, TIMEOUT, /no (token|answer)/],
    ['before its headers', 'silent', true, 504, TIMEOUT, /no (token|answer)/],
    ['before its headers, put together from a stream', 'silent', false, 504, TIMEOUT, /no (token|answer)/],
    [
      'before its headers, whole, where only the total can tell',
      'whole-silent',
      false,
      504,
      'deadline_exceeded',
      /within/,
    ],
    ['after its headers', 'headers', true, 504, TIMEOUT, /no token|stopped/],
    ['within a body', 'whole-stall', false, 504, TIMEOUT, /stopped/],
    ['within the body of an error', 'error-stall', true, 504, TIMEOUT, /stopped/],
    ['with comments only', 'comments', true, 504, TIMEOUT, /no token/],
    ['with comments only, put together', 'comments', false, 504, TIMEOUT, /no token/],
    ['between two tokens', 'stall', true, 200, TIMEOUT, /stopped/],
    ['between two tokens, put together', 'stall', false, 504, TIMEOUT, /stopped/],
    ['between two tokens, with comments', 'life-signs', true, 200, TIMEOUT, /signs of life/],
    ['and never ends', 'drip', true, 200, 'deadline_exceeded', /within/],
    ['and never ends, put together', 'drip', false, 504, 'deadline_exceeded', /within/],
    ['before its headers, by the AWS SDK', 'aws-silent', true, 504, TIMEOUT, /no (token|answer)/],
  ])('%s is ended', { timeout: 30_000 }, async (_, model, stream, status, code, message) => {
    expect(await ask(model, stream)).toEqual({ status, code, message: expect.stringMatching(message) });
  });
});

describe.concurrent('a model that thinks', () => {
  it.each<readonly [what: string, model: string, more: object, status: number]>([
    ['in silence is waited for', 'gpt-5-silent-1800', {}, 200],
    ['and shows some of it is waited for', 'gpt-5-aloud-1800', {}, 200],
    ['because it was asked to is waited for', 'plain-silent-1800', { reasoning_effort: 'high' }, 200],
    ['and was asked not to is not', 'gpt-5-silent-1800', { reasoning_effort: 'minimal' }, 504],
    ['is another one', 'plain-silent-1800', {}, 504],
  ])('%s', { timeout: 30_000 }, async (_, model, more, status) => {
    expect(await ask(model, false, more)).toMatchObject({ status });
    const streamed = await ask(model, true, more);
    expect([streamed.status, streamed.code]).toEqual(status === 200 ? [200, undefined] : [504, TIMEOUT]);
  });
});

describe.concurrent('a provider that cannot be reached', () => {
  it.each<readonly [what: string, model: string, code: RegExp]>([
    ['has no address', 'nowhere', /ENOTFOUND|EAI_AGAIN/],
    ['has no address, for the AWS SDK', 'aws-nowhere', /ENOTFOUND|EAI_AGAIN/],
    ['has a certificate that nobody trusts', 'distrusted', /SELF_SIGNED/],
    ['has a certificate that nobody trusts, for the AWS SDK', 'aws-distrusted', /SELF_SIGNED/],
  ])('because it %s is told as such', { timeout: 30_000 }, async (_, model, code) => {
    const expected = { status: 502, code: 'provider_unreachable', message: expect.stringMatching(code) };
    expect(await ask(model, true)).toEqual(expected);
    expect(await ask(model, false)).toEqual(expected);
  });
});

it('is in the row of its request, as the one attempt that was made', async () => {
  await vi.waitFor(
    async () => {
      const rows = await stack.json<readonly Record<string, unknown>[]>(
        'query',
        `SELECT model, error_kind, attempt_count, attempts[1].error_kind AS attempt_kind FROM requests
         WHERE model IN ('no-tls', 'whole-silent', 'nowhere', 'life-signs') ORDER BY model, stream`,
      );
      expect(rows.map((row) => Object.values(row).map(String))).toEqual([
        ['life-signs', 'upstream-timeout', '1', 'upstream-timeout'],
        ['no-tls', 'upstream-timeout', '1', 'upstream-timeout'],
        ['no-tls', 'upstream-timeout', '1', 'upstream-timeout'],
        ['nowhere', 'upstream-unreachable', '1', 'upstream-unreachable'],
        ['nowhere', 'upstream-unreachable', '1', 'upstream-unreachable'],
        ['whole-silent', 'deadline', '1', 'deadline'],
      ]);
    },
    { timeout: 15_000, interval: 500 },
  );
});
