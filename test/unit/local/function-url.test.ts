import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FunctionUrl, startFunctionUrl } from '../../../local/function-url.ts';
import { installAwsLambda } from '../../../local/lambda-runtime.ts';

installAwsLambda();
const { journal } = await import('../../support/handlers/streaming.ts');
const { ended } = await import('../../support/handlers/middy.ts');

const handlerFile = (name: string) => fileURLToPath(new URL(`../../support/handlers/${name}.ts`, import.meta.url));
const start = (name: string, options: { timeoutMs?: number; closeMs?: number; handlerName?: string } = {}) =>
  startFunctionUrl({ module: handlerFile(name), port: 0, ...options });

/** What a client gets, with whether the body came to its proper end. */
async function fetchRaw(url: string): Promise<{ status: number; headers: Headers; text: string; cut: boolean }> {
  const response = await fetch(url);
  let text = '';
  let cut = false;
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  } catch {
    cut = true;
  }
  return { status: response.status, headers: response.headers, text, cut };
}

/** What the emulator writes to standard error, as Lambda would write it to the log. */
const log: string[] = [];
beforeAll(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    log.push(String(chunk));
    return true;
  });
});
afterAll(() => vi.restoreAllMocks());
beforeEach(() => {
  log.length = 0;
  journal.length = 0;
  ended.length = 0;
});

describe('a plain streaming handler', () => {
  let server: FunctionUrl;
  beforeAll(async () => {
    server = await start('streaming');
  });
  afterAll(() => server.close());

  it('gets the request as payload format 2.0', async () => {
    const response = await fetch(`${server.url}/echo?a=1&b=x%20y&a=2`, {
      method: 'POST',
      headers: [
        ['Content-Type', 'application/json; charset=utf-8'],
        ['X-Thing', 'one'],
        ['X-Thing', 'two'],
        ['Cookie', 'k=v; l=w'],
        ['User-Agent', 'tester'],
      ],
      body: '{"ä":1}',
    });
    const { event, context } = (await response.json()) as { event: Record<string, unknown>; context: object };
    const { host } = new URL(server.url);
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/echo',
      rawQueryString: 'a=1&b=x%20y&a=2',
      queryStringParameters: { a: '1,2', b: 'x y' },
      cookies: ['k=v', 'l=w'],
      headers: { 'x-thing': expect.stringMatching(/^one, ?two$/), host, 'user-agent': 'tester' },
      body: '{"ä":1}',
      isBase64Encoded: false,
      requestContext: {
        accountId: 'anonymous',
        apiId: 'local',
        domainName: '127.0.0.1',
        domainPrefix: 'local',
        http: { method: 'POST', path: '/echo', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'tester' },
        routeKey: '$default',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
        requestId: response.headers.get('x-amzn-requestid'),
      },
    });
    expect(context).toMatchObject({
      awsRequestId: response.headers.get('x-amzn-requestid'),
      functionName: 'tollgate',
      functionVersion: '$LATEST',
      memoryLimitInMB: '512',
      callbackWaitsForEmptyEventLoop: true,
    });
    expect((context as { remaining: number }).remaining).toBeGreaterThan(890_000);
  });

  it('gets no body, cookies or parameters where there are none', async () => {
    const { event } = (await (await fetch(`${server.url}/echo`)).json()) as { event: object };
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
    expect(Object.keys(event)).not.toEqual(expect.arrayContaining(['body']));
    expect(event).not.toHaveProperty('cookies');
    expect(event).not.toHaveProperty('queryStringParameters');
  });

  it.each([
    ['application/json', false],
    ['text/plain; charset=utf-8', false],
    ['application/vnd.api+json', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    [undefined, true],
  ])('gets a body of type %s in base64: %s', async (type, base64) => {
    const send = {
      method: 'POST',
      body: Buffer.from('a=b'),
      headers: type === undefined ? {} : { 'content-type': type },
    };
    const { event } = (await (await fetch(`${server.url}/echo`, send)).json()) as { event: object };
    expect(event).toMatchObject({ isBase64Encoded: base64, body: base64 ? 'YT1i' : 'a=b' });
  });

  it('gets bodies that AWS would refuse, up to 20 MB, so that its own limit answers', async () => {
    const send = (bytes: number) => fetch(`${server.url}/bytes`, { method: 'POST', body: Buffer.alloc(bytes, 1) });
    expect(await (await send(7_000_000)).json()).toMatchObject({ length: 7_000_000 });
    const refused = await send(21 * 1024 * 1024);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toEqual({ Message: 'Request Entity Too Large' });
  });

  it('sets status, headers and cookies in its prelude, and streams any kind of chunk', async () => {
    const { status, headers, text, cut } = await fetchRaw(`${server.url}/prelude`);
    expect({ status, text, cut }).toEqual({ status: 201, text: 'first second {"third":3} last', cut: false });
    expect(headers.get('x-one')).toBe('eins');
    expect(headers.get('x-number')).toBe('7');
    expect(headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(headers.get('content-length')).toBeNull();
    expect(headers.get('x-amzn-remapped-content-length')).toBe('3');
    expect(headers.get('connection')).not.toBe('close');
    expect(headers.get('content-type')).toBe('application/octet-stream');
  });

  it('sends nothing before its first write, and the head with an empty one', async () => {
    const begun = performance.now();
    const response = await fetch(`${server.url}/flush?quiet=100&wait=150`);
    const head = performance.now() - begun;
    expect(response.status).toBe(202);
    expect(head).toBeGreaterThanOrEqual(95);
    expect(await response.text()).toBe('done');
    expect(performance.now() - begun - head).toBeGreaterThanOrEqual(140);
  });

  it('is 200 and octets without a prelude', async () => {
    const { status, headers, text } = await fetchRaw(`${server.url}/no-prelude`);
    expect({ status, text }).toEqual({ status: 200, text: 'plain' });
    expect(headers.get('content-type')).toBe('application/octet-stream');
  });

  it('loses its status where it ends without a write, as on AWS', async () => {
    const { status, headers, text, cut } = await fetchRaw(`${server.url}/end-only`);
    expect({ status, text, cut }).toEqual({ status: 200, text: '', cut: false });
    expect(headers.get('x-lost')).toBeNull();
    expect((await fetchRaw(`${server.url}/end-with-text`)).status).toBe(502);
  });

  it.each(['/throw-before', '/silent', '/not-async', '/bad-prelude', '/bad-header', '/huge-prelude', '/nowhere'])(
    'is 502 where it fails before its head: %s',
    async (path) => {
      const { status, text, cut } = await fetchRaw(`${server.url}${path}`);
      expect({ status, text, cut }).toEqual({ status: 502, text: 'Internal Server Error', cut: false });
      expect(log.join('')).not.toBe('');
    },
  );

  it.each([
    ['/throw-after', 'data: 1\n\n', 'planned: after the head'],
    ['/unfinished', 'half', 'Response stream is not finished.'],
    ['/destroy', 'half', 'planned: destroyed'],
    ['/late-content-type', 'early', 'Cannot set content-type, too late.'],
  ])('is cut with the status it sent where it fails after its head: %s', async (path, text, reason) => {
    expect(await fetchRaw(`${server.url}${path}`)).toMatchObject({ status: 200, text, cut: true });
    await vi.waitFor(() => expect(log.join('')).toContain(reason));
  });

  it('works on after its end, unseen by the client', async () => {
    expect((await fetchRaw(`${server.url}/after-end`)).text).toBe('{"ok":true}');
    expect(journal).toEqual([]);
    journal.push('go');
    await vi.waitFor(() => expect(journal).toEqual(['go', 'after-end']));
  });

  it('does not notice that its client has left', async () => {
    const abort = new AbortController();
    const response = await fetch(`${server.url}/long`, { signal: abort.signal });
    await response.body?.getReader().read();
    abort.abort();
    await vi.waitFor(() => expect(journal).toEqual(['long']), { timeout: 2_000 });
    await vi.waitFor(() => expect(server.pending()).toBe(0));
    expect(log).toEqual([]);
  });

  it('is not run for a client that leaves in the middle of its body', async () => {
    const { port } = new URL(server.url);
    const request = httpRequest({ port, path: '/echo', method: 'POST', headers: { 'content-length': 1_000 } });
    request.on('error', () => undefined);
    request.write('half');
    await delay(50);
    request.destroy();
    await vi.waitFor(() => expect(server.pending()).toBe(0));
    expect(log).toEqual([]);
    expect((await fetch(`${server.url}/echo`)).status).toBe(200);
  });

  it('is told to wait when its client is slow, and not for ever when that client leaves', async () => {
    const { port } = new URL(server.url);
    const response = await new Promise<IncomingMessage>((resolve) => {
      httpRequest({ port, path: '/fast' }, resolve).end();
    });
    response.pause();
    await vi.waitFor(() => expect(journal.length).toBeGreaterThan(0));
    await delay(100);
    const held = journal.length;
    await delay(100);
    expect(journal.length).toBe(held);
    // Some socket buffers lie between the two, but nothing like the 64 MB that the handler has.
    expect(Number(journal.at(-1)?.split(' ')[1])).toBeLessThan(24 * 1024 * 1024);
    response.destroy();
    await vi.waitFor(() => expect(journal.at(-1)).toMatch(/^fast done/), { timeout: 5_000 });
  });

  it('serves many requests at once, each with its own answer', async () => {
    const answers = Array.from({ length: 100 }, async (_, index) => {
      const response = await fetch(`${server.url}/gated?n=${index}`);
      return `${response.status} ${await response.text()}`;
    });
    await vi.waitFor(() => expect(server.pending()).toBe(100), { timeout: 20_000 });
    journal.push('go');
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['202 begun, done']));
    expect(server.pending()).toBe(0);
  });
});

describe('a handler that runs out of time', () => {
  it('is cut off, with what it wrote', async () => {
    const server = await start('streaming', { timeoutMs: 100 });
    expect(await fetchRaw(`${server.url}/stuck`)).toMatchObject({ status: 200, text: 'begun', cut: true });
    expect(await fetchRaw(`${server.url}/stuck-silent`)).toMatchObject({ status: 502, text: 'Internal Server Error' });
    expect(log.join('')).toContain('Task timed out after 0.10 seconds');
    await server.close();
    expect(journal).toEqual(['stuck']);
  });
});

describe('close', () => {
  it('waits for handlers that still work', async () => {
    const server = await start('streaming');
    await fetchRaw(`${server.url}/after-end`);
    const closed = server.close();
    journal.push('go');
    await closed;
    expect(journal).toEqual(['go', 'after-end']);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('waits for streams under way', async () => {
    const server = await start('streaming');
    const stream = fetchRaw(`${server.url}/long`);
    await delay(40);
    await server.close();
    expect(await stream).toMatchObject({ cut: false, text: '0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n' });
  });

  it('does not wait for ever', async () => {
    const server = await start('streaming', { closeMs: 50 });
    const stream = fetchRaw(`${server.url}/gated`);
    await vi.waitFor(() => expect(server.pending()).toBe(1));
    await server.close();
    expect(await stream).toMatchObject({ cut: true });
    // The handler is of this process, and outlives its server.
    journal.push('go');
  });
});

describe('a handler under middy', () => {
  let server: FunctionUrl;
  beforeAll(async () => {
    server = await start('middy');
  });
  afterAll(() => server.close());

  it('streams, and ends its request before the next', async () => {
    const { status, headers, text, cut } = await fetchRaw(`${server.url}/`);
    expect({ status, text, cut }).toEqual({ status: 200, text: 'data: 0\n\ndata: 1\n\ndata: 2\n\n', cut: false });
    expect(headers.get('content-type')).toBe('text/event-stream');
    await vi.waitFor(() => expect(ended).toEqual(['end']));
  });

  it('sends text larger than any buffer, and an answer without a body', async () => {
    expect(await fetchRaw(`${server.url}/text`)).toMatchObject({ status: 200, cut: false, text: 'x'.repeat(200_000) });
    const { status, headers } = await fetchRaw(`${server.url}/empty`);
    expect({ status, kept: headers.get('x-kept') }).toEqual({ status: 204, kept: 'yes' });
  });

  it('is 502 where it throws, and cut where its source breaks', async () => {
    expect(await fetchRaw(`${server.url}/throw`)).toMatchObject({ status: 502 });
    expect(await fetchRaw(`${server.url}/break`)).toMatchObject({ status: 200, cut: true });
    await vi.waitFor(() => expect(log.join('')).toContain('planned: the source broke'));
  });
});

describe('a module that cannot serve', () => {
  it('is refused by name', async () => {
    await expect(start('streaming', { handlerName: 'nothing' })).rejects.toThrow(/no function named "nothing"/);
    await expect(start('streaming', { handlerName: 'plain' })).rejects.toThrow(/does not stream/);
  });
});
