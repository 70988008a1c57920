import { spawnSync } from 'node:child_process';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBedrockUpstream } from '../../../functions/adapters/bedrock-upstream.ts';
import { createUpstream } from '../../../functions/adapters/upstream.ts';
import type { ProviderConfig } from '../../../functions/core/config.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { KeyUse, SecretStore, UpstreamOptions, UpstreamTarget } from '../../../functions/core/ports.ts';
import { providerKeys } from './support.ts';

const cleanups: (() => Promise<void> | void)[] = [];
const before = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});

const REFUSED = new GatewayError('upstream-unauthorized', 'no', { upstreamStatus: 401 });

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function serve(listener: RequestListener): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function upstream(keys: readonly string[] = []) {
  const versions = [...keys];
  const secrets: SecretStore = {
    providerKeys: async (_, options) => {
      if (options?.refresh === true && versions.length > 1) versions.shift();
      return versions.slice(0, 1);
    },
  };
  const created = createBedrockUpstream({ keys: providerKeys(secrets) });
  cleanups.push(() => created.close());
  return created;
}

const target = (baseUrl: string, config: Partial<ProviderConfig> = {}): UpstreamTarget => ({
  provider: 'bedrock',
  config: { dialect: 'bedrock-converse', ...(baseUrl === '' ? {} : { baseUrl }), ...config },
  baseUrl,
  model: 'm',
});

const request = (operation = 'converse', id = 'm%3A0') =>
  ({
    method: 'POST',
    path: `/model/${id}/${operation}`,
    headers: { 'x-own': '1' },
    body: { a: 'é' },
    dropped: [],
  }) as const;

const how = (options: Partial<UpstreamOptions> = {}): UpstreamOptions => ({
  stream: false,
  signal: new AbortController().signal,
  connectMs: 1_000,
  firstTokenMs: 5_000,
  idleMs: 5_000,
  ...options,
});

describe('a request to Bedrock', () => {
  it('is signed, and otherwise as the dialect wrote it', async () => {
    const { url, seen } = await serve((_, response) => response.end('{"fine":true,"unknown":{"field":1}}'));
    const config = { region: 'eu-west-3', headers: { 'x-amzn-bedrock-trace': 'ENABLED' } };
    const reply = await upstream().send(target(`${url}/prefix`, config), request(), how());
    expect(reply.status).toBe(200);
    expect(await reply.text()).toBe('{"fine":true,"unknown":{"field":1}}');
    const [only] = seen;
    expect(only).toMatchObject({ method: 'POST', url: '/prefix/model/m%3A0/converse', body: '{"a":"é"}' });
    expect(only?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '10',
      'x-own': '1',
      'x-amzn-bedrock-trace': 'ENABLED',
    });
    expect(only?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-3\/bedrock\/aws4_request, SignedHeaders=[a-z0-9;-]*x-amzn-bedrock-trace[a-z0-9;-]*, Signature=[0-9a-f]{64}$/,
    );
  });

  it.each([
    ['converse-stream', 'arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx'],
    ['invoke', 'amazon.titan-embed-text-v2%3A0'],
  ])('goes where its path says: %s', async (operation, id) => {
    const { url, seen } = await serve((_, response) => response.end('{}'));
    await (await upstream().send(target(url), request(operation, id), how())).text();
    expect(seen[0]?.url).toBe(`/model/${id}/${operation}`);
  });

  it('finds the endpoint where the AWS SDK looks for it', async () => {
    const { url, seen } = await serve((_, response) => response.end('{}'));
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = url;
    await (await upstream().send(target(''), request(), how())).text();
    expect(seen[0]?.headers.authorization).toContain('/us-east-1/bedrock/');
  });

  it('carries an API key where the provider has a secret, and the new one after it was rotated', async () => {
    const { url, seen } = await serve((_, response) => response.end('{}'));
    const bedrock = upstream(['old', 'new']);
    const keyed = target(url, { secret: 'bedrock' });
    const uses: (KeyUse | undefined)[] = [];
    const sending = (key: KeyUse | undefined) => uses.push(key);
    await (await bedrock.send(keyed, request(), how({ sending }))).text();
    expect(await bedrock.keyFailed(keyed, uses[0], REFUSED)).toEqual({ another: true, takenOut: false });
    await (await bedrock.send(keyed, request(), how({ sending }))).text();
    expect(await bedrock.keyFailed(keyed, uses[1], REFUSED)).toEqual({ another: false, takenOut: true });
    expect(seen.map((one) => one.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it('reads IAM credentials again after they were refused', async () => {
    const { url, seen } = await serve((_, response) => response.end('{}'));
    const bedrock = upstream();
    await (await bedrock.send(target(url), request(), how())).text();
    expect(await bedrock.keyFailed(target(url), undefined, REFUSED)).toEqual({ another: false, takenOut: false });
    process.env.AWS_ACCESS_KEY_ID = 'AKIDROTATED';
    expect(await bedrock.keyFailed(target(url), undefined, REFUSED)).toEqual({ another: true, takenOut: false });
    await (await bedrock.send(target(url), request(), how())).text();
    expect(seen.map((one) => /Credential=(\w+)/.exec(one.headers.authorization ?? '')?.[1])).toEqual([
      'AKIDEXAMPLE',
      'AKIDROTATED',
    ]);
  });

  it('is sent once, whatever the answer', async () => {
    for (const status of [400, 429, 500, 503]) {
      const { url, seen } = await serve((_, response) => {
        response.writeHead(status, { 'x-amzn-errortype': 'SomeException', 'retry-after': '7' });
        response.end('{"message":"no"}');
      });
      const reply = await upstream().send(target(url), request(), how());
      expect(reply).toMatchObject({ status, headers: { 'x-amzn-errortype': 'SomeException', 'retry-after': '7' } });
      expect(await reply.text()).toBe('{"message":"no"}');
      expect(seen).toHaveLength(1);
    }
  });

  it('keeps its connection for the next', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await serve((one, response) => {
      ports.add(one.socket.remotePort);
      response.end('{}');
    });
    const bedrock = upstream();
    for (let count = 0; count < 3; count += 1) await (await bedrock.send(target(url), request(), how())).text();
    expect(ports.size).toBe(1);
  });
});

describe('what keeps a request to Bedrock from an answer', () => {
  it.each<readonly [string, (env: NodeJS.ProcessEnv) => void, string, RegExp]>([
    [
      'credentials',
      (env) => {
        delete env.AWS_ACCESS_KEY_ID;
      },
      'http://127.0.0.1:9',
      /no AWS credentials/,
    ],
    [
      'a region',
      (env) => {
        delete env.AWS_REGION;
      },
      '',
      /needs a region/,
    ],
  ])('is the lack of %s, said to the operator', async (_, take, baseUrl, message) => {
    take(process.env);
    await expect(upstream().send(target(baseUrl), request(), how())).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringMatching(message),
    });
  });

  it('is a secret that holds no key', async () => {
    await expect(
      upstream([]).send(target('http://127.0.0.1:9', { secret: 'x' }), request(), how()),
    ).rejects.toMatchObject({ kind: 'misconfigured' });
  });

  it('is a port where nobody listens', async () => {
    const { port } = await unusedPort();
    await expect(upstream().send(target(`http://127.0.0.1:${port}`), request(), how())).rejects.toMatchObject({
      kind: 'upstream-unreachable',
      upstreamCode: 'ECONNREFUSED',
    });
  });

  it('is a connection that breaks before the headers', async () => {
    const { url } = await serve((one) => one.socket.destroy());
    await expect(upstream().send(target(url), request(), how())).rejects.toMatchObject({
      kind: 'upstream-unreachable',
    });
  });

  it('is silence before the headers, in a stream', async () => {
    const { url } = await serve(() => {});
    const sent = upstream().send(target(url), request('converse-stream'), how({ stream: true, firstTokenMs: 50 }));
    await expect(sent).rejects.toMatchObject({ kind: 'upstream-timeout' });
  });

  it('is not silence before the headers of a whole answer: models think for long', async () => {
    const { url } = await serve((_, response) => setTimeout(() => response.end('{}'), 120));
    const reply = await upstream().send(target(url), request(), how({ firstTokenMs: 20, idleMs: 20 }));
    expect(reply.status).toBe(200);
  });

  it('is the end of its time', async () => {
    const { url } = await serve(() => {});
    const abort = new AbortController();
    const sent = upstream().send(target(url), request(), how({ signal: abort.signal }));
    setTimeout(() => abort.abort(new Error('enough')), 30);
    await expect(sent).rejects.toMatchObject({ kind: 'upstream-unreachable' });
  });
});

describe('the body of an answer', () => {
  const begin: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"a":');
  };

  it('that stops is a time-out', async () => {
    const { url } = await serve(begin);
    const reply = await upstream().send(target(url), request(), how({ idleMs: 50 }));
    await expect(reply.text()).rejects.toMatchObject({ kind: 'upstream-timeout' });
  });

  it('that breaks off is truncated', async () => {
    const { url } = await serve((one, response) => {
      begin(one, response);
      setTimeout(() => response.destroy(), 20);
    });
    const reply = await upstream().send(target(url), request(), how());
    await expect(reply.text()).rejects.toMatchObject({ kind: 'upstream-truncated' });
  });

  it('waits for a slow reader', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      response.end(Buffer.from('0000001000000000', 'hex'));
    });
    const reply = await upstream().send(target(url), request('converse-stream'), how({ stream: true, idleMs: 30 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(reply.text()).resolves.toHaveLength(8);
  });

  it('is let go of, before and after it began, and when its time is up', async () => {
    const closed: string[] = [];
    const { url } = await serve((one, response) => {
      response.on('close', () => closed.push(one.url ?? ''));
      begin(one, response);
    });
    const bedrock = upstream();
    const first = await bedrock.send(target(url), request('converse', 'first'), how());
    first.cancel();
    const abort = new AbortController();
    const second = await bedrock.send(target(url), request('converse', 'second'), how({ signal: abort.signal }));
    const reading = second.text();
    abort.abort();
    await expect(reading).rejects.toMatchObject({ kind: 'upstream-truncated' });
    await expect
      .poll(() => closed)
      .toEqual(expect.arrayContaining(['/model/first/converse', '/model/second/converse']));
  });
});

describe('the table of transports', () => {
  it('signs for Bedrock and for nobody else', async () => {
    const { url, seen } = await serve((_, response) => response.end('{}'));
    const secrets: SecretStore = { providerKeys: async () => ['sk-test'] };
    const all = createUpstream({ secrets, clock: { now: () => 0 }, random: () => 0 });
    cleanups.push(() => all.close());
    await (await all.send(target(url), request(), how())).text();
    const openai = { ...target(url), config: { dialect: 'openai-chat', baseUrl: url, secret: 'x' } } as const;
    await (await all.send(openai, { ...request(), path: '/chat/completions' }, how())).text();
    expect(seen.map((one) => one.headers.authorization?.split(' ')[0])).toEqual(['AWS4-HMAC-SHA256', 'Bearer']);
  });

  it('does not load the SDK for Bedrock before somebody asks for it', () => {
    const module = fileURLToPath(new URL('../../../functions/adapters/upstream.ts', import.meta.url));
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      const { createUpstream } = await import(${JSON.stringify(module)});
      createUpstream({ secrets: { providerKeys: async () => [] } });
      console.log(loaded.some((url) => url.includes('http-upstream')), loaded.filter((url) => url.includes('bedrock-runtime')).length);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(`${stdout}${stderr}`.trim()).toBe('true 0');
  });
});

async function unusedPort(): Promise<{ readonly port: number }> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { port };
}
