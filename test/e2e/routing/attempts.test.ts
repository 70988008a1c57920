/** What one request may cost upstream: keys of a provider, refusals, and targets of another dialect. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatChunk, type HostileProvider, sendEvents, startHostileProvider } from '../../support/hostile-provider.ts';
import { type LocalStackProcess, startLocalStack } from '../../support/local-stack.ts';

interface Seen {
  readonly path: string;
  readonly model: string;
  readonly headers: IncomingMessage['headers'];
}

const seen: Seen[] = [];
let provider: HostileProvider;
let stack: LocalStackProcess;
let key: string;

const keyOf = ({ authorization = '' }: IncomingMessage['headers']): string => authorization.replace('Bearer ', '');
const callsOf = (model: string): readonly Seen[] => seen.filter((call) => call.model === model);

function answer(request: IncomingMessage, response: ServerResponse, model: string): unknown {
  seen.push({ path: request.url ?? '', model, headers: request.headers });
  const fail = (status: number, error: object, headers: Record<string, string> = {}): unknown =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error }));
  const throttle = (): unknown => fail(429, { message: 'slow down' }, { 'retry-after': '20' });
  const sent = keyOf(request.headers);
  if (request.url?.startsWith('/v1/messages')) return fail(529, { type: 'overloaded_error', message: 'Overloaded' });
  if (model === 'one-throttled' && sent.startsWith('sk-slow')) return throttle();
  if (model === 'all-throttled') return throttle();
  if (model === 'breaks') return fail(500, { message: 'broken' });
  if (sent.startsWith('sk-bad')) return fail(401, { code: 'invalid_api_key', message: `Incorrect API key: ${sent}` });
  const chunk = (delta: object, finish: string | null): object => ({ ...chatChunk(delta, finish), model });
  const isRefused = model.startsWith('refuses');
  sendEvents(response, [
    ...(isRefused ? [] : [chunk({ role: 'assistant', content: 'Here you are.' }, null)]),
    chunk({}, isRefused ? 'content_filter' : 'stop'),
    { ...chunk({}, null), choices: [], usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 } },
  ]);
  return response.end('data: [DONE]\n\n');
}

beforeAll(async () => {
  provider = await startHostileProvider(answer);
  const target = (model: string, at = 'pooled'): string => `{ provider: ${at}, model: ${model} }`;
  // Names whose keys come from the environment: providers without a key are simulated.
  const keys = (...all: readonly string[]): string => JSON.stringify({ keys: all });
  stack = await startLocalStack({
    env: {
      OPENAI_API_KEY: keys('sk-slow-0123456789abcdef', 'sk-fast-0123456789abcdef'),
      GEMINI_API_KEY: keys('sk-good-0123456789abcdef', 'sk-bad-0123456789abcdef'),
    },
    config: `
providers:
  pooled: { dialect: openai-chat, baseUrl: ${provider.url}, secret: openai }
  shaky: { dialect: openai-chat, baseUrl: ${provider.url}, secret: gemini }
  free: { dialect: openai-chat, baseUrl: ${provider.url} }
  claude: { dialect: anthropic-messages, baseUrl: ${provider.url} }
models:
  one-throttled: { targets: [${target('one-throttled')}] }
  all-throttled: { targets: [${target('all-throttled')}], attempts: 2, timeouts: { totalMs: 10000 } }
  backed: { targets: [${target('all-throttled')}], fallbacks: [${target('fine', 'free')}] }
  shaky: { targets: [${target('fine', 'shaky')}] }
  refused: { targets: [${target('refuses', 'free')}], fallbacks: [${target('fine', 'free')}], onRefusal: fallback }
  refused-for-good: { targets: [${target('refuses', 'free')}], fallbacks: [${target('refuses-too', 'free')}], onRefusal: fallback }
  refused-then-broken: { targets: [${target('refuses', 'free')}], fallbacks: [${target('breaks', 'free')}], onRefusal: fallback, attempts: 2, log: full }
  refused-and-told: { targets: [${target('refuses', 'free')}], fallbacks: [${target('fine', 'free')}] }
  translated: { targets: [${target('claude-sonnet-4-5', 'claude')}], fallbacks: [${target('translated', 'free')}] }
prices:
  - { provider: free, model: '*', input: 1, output: 1 }
`,
  });
  ({ key } = await stack.createKey('--team', 'attempts'));
});
afterAll(async () => {
  await stack?.close();
  await provider?.close();
});

async function ask(model: string, stream = false) {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const rowsOf = (where: string, table = 'requests') =>
  stack.json<readonly Record<string, unknown>[]>('query', `SELECT * FROM ${table} WHERE ${where}`);

/** Until a key that is drawn has been drawn: one in two each time. */
async function askUntil(model: string, isDone: () => boolean): Promise<number> {
  for (let count = 1; count <= 100; count += 1) {
    expect((await ask(model)).status).toBe(200);
    if (isDone()) return count;
  }
  throw new Error('a key was never drawn');
}

describe('the keys of a provider', () => {
  it('stand in for one that is throttled, within the request and after it', async () => {
    const slow = () => callsOf('one-throttled').filter(({ headers }) => keyOf(headers).startsWith('sk-slow'));
    await askUntil('one-throttled', () => slow().length > 0);
    for (let count = 0; count < 10; count += 1) expect((await ask('one-throttled')).status).toBe(200);
    expect(slow()).toHaveLength(1);
    await vi.waitFor(
      async () => {
        const [row] = await rowsOf(`model = 'one-throttled' AND attempt_count = 2`);
        const attempts = row?.attempts as readonly Record<string, unknown>[];
        expect(attempts.map((each) => [Number(each.key_index), Number(each.http_status), each.error_kind])).toEqual([
          [0, 429, 'upstream-throttled'],
          [1, 200, null],
        ]);
      },
      { timeout: 15_000, interval: 500 },
    );
  });

  it('are tried within the budget of attempts, and then the client is told when to come back', async () => {
    const beforeMs = Date.now();
    const refused = await ask('all-throttled');
    expect([refused.status, refused.headers.get('x-tollgate-attempts')]).toEqual([429, '2']);
    // What is left of the twenty seconds that the first one was told.
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThanOrEqual(Math.ceil((beforeMs + 20_000 - Date.now()) / 1_000));
    expect(retryAfter).toBeLessThanOrEqual(20);
    expect(callsOf('all-throttled')).toHaveLength(2);
  });

  it('are not asked again before they are due: another target answers at once', async () => {
    const before = callsOf('all-throttled').length;
    const { status, headers } = await ask('backed');
    expect([status, headers.get('x-tollgate-provider'), headers.get('x-tollgate-attempts')]).toEqual([
      200,
      'free',
      '1',
    ]);
    expect(callsOf('all-throttled')).toHaveLength(before);
  });

  it('are taken out where they are not accepted, with an alarm that names their place and not them', async () => {
    const bad = () => seen.filter(({ headers }) => keyOf(headers).startsWith('sk-bad'));
    await askUntil('shaky', () => bad().length > 0);
    for (let count = 0; count < 10; count += 1) expect((await ask('shaky')).status).toBe(200);
    expect(bad()).toHaveLength(1);
    const { stdout, stderr } = stack.output();
    const alarms = stdout.split('\n').filter((line) => line.includes('ProviderKeyRefused'));
    expect(alarms.map((line) => JSON.parse(line) as object)).toMatchObject([
      { metric: 'ProviderKeyRefused', provider: 'shaky', secret: 'gemini', keyIndex: 1, status: 401 },
    ]);
    expect(stdout + stderr).not.toContain('sk-bad');
  });
});

describe('an answer that is refused for its content', () => {
  it.each([false, true])('is asked of the next target where the model says so (stream: %s)', async (stream) => {
    const { status, headers, text } = await ask('refused', stream);
    expect([status, headers.get('x-tollgate-model'), headers.get('x-tollgate-attempts')]).toEqual([200, 'fine', '2']);
    expect(text).toContain('Here you are.');
    expect(text).not.toContain('content_filter');
  });

  it.each([false, true])('is given where nobody has a better one (stream: %s)', async (stream) => {
    const { status, text } = await ask('refused-for-good', stream);
    expect(status).toBe(200);
    expect(text).toContain('content_filter');
    if (stream) expect(text).toContain('[DONE]');
  });

  it('is what is kept, where it was given and another one asked after it', async () => {
    const { headers, text } = await ask('refused-then-broken');
    expect(text).toContain('content_filter');
    expect([headers.get('x-tollgate-model'), headers.get('x-tollgate-attempts')]).toEqual(['refuses', '2']);
    await vi.waitFor(
      async () => {
        const [kept, ...others] = await rowsOf(`model = 'refused-then-broken'`, 'contents');
        expect(others).toEqual([]);
        expect(kept).toMatchObject({ target_model: 'refuses', answer: expect.stringContaining('content-filter') });
      },
      { timeout: 20_000, interval: 500 },
    );
  });

  it.each([false, true])('is the answer, where the model does not say so (stream: %s)', async (stream) => {
    const { headers, text } = await ask('refused-and-told', stream);
    expect([headers.get('x-tollgate-model'), headers.get('x-tollgate-attempts')]).toEqual(['refuses', '1']);
    expect(text).toContain('content_filter');
  });

  it('is paid for, each time', async () => {
    await vi.waitFor(
      async () => {
        const rows = await rowsOf(`model = 'refused'`);
        expect(rows).toHaveLength(2);
        for (const row of rows) {
          expect([row.target_model, row.outcome, Number(row.attempt_count)]).toEqual(['fine', 'ok', 2]);
          expect([Number(row.input_tokens), Number(row.output_tokens)]).toEqual([20, 8]);
          expect(row.finish_reason).toBe('stop');
        }
      },
      { timeout: 15_000, interval: 500 },
    );
  });
});

describe('a target of another dialect', () => {
  it('gets the request translated from the original, and nothing that was meant for the first', async () => {
    const response = await fetch(`${stack.url}/v1/messages`, {
      method: 'POST',
      headers: {
        'x-api-key': key,
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'interleaved-thinking-2025-05-14',
      },
      body: JSON.stringify({
        model: 'translated',
        max_tokens: 100,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello', cache_control: { type: 'ephemeral' } }] }],
      }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { type: 'message', content: [{ type: 'text', text: 'Here you are.' }], stop_reason: 'end_turn' },
    ]);
    const [first] = callsOf('claude-sonnet-4-5');
    expect(first?.headers['anthropic-beta']).toBe('interleaved-thinking-2025-05-14');
    const [second, ...others] = callsOf('translated');
    expect(others).toEqual([]);
    expect(second?.path).toBe('/chat/completions');
    expect(Object.keys(second?.headers ?? {}).filter((name) => /anthropic|x-api-key|authorization/.test(name))).toEqual(
      [],
    );
  });
});

it('a request that no provider can be sent is refused before anything is planned or reserved for it', async () => {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'openai-beta': 'caf\u00e9' },
    body: JSON.stringify({ model: 'translated', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'openai-beta' } }]);
  expect(response.headers.get('x-tollgate-route')).toBeNull();
});
