import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatChunk, type HostileProvider, sendEvents, startHostileProvider } from '../support/hostile-provider.ts';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const CANARY = 'sk-canary-SECRET-0123456789abcdef';

const messageStart = {
  type: 'message_start',
  message: { id: 'm', model: 'm', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
};

let provider: HostileProvider;
let stack: LocalStackProcess;

beforeAll(async () => {
  provider = await startHostileProvider((request, response, model) => {
    const quoted = String(request.headers.authorization ?? request.headers['x-api-key']);
    const error = { message: `bad header ${quoted}`, type: quoted, code: quoted };
    if (model === 'echo-400' || model === 'echo-500') {
      response.writeHead(Number(model.slice(5)), { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error }));
    } else if (model === 'echo-stream') {
      sendEvents(response, [chatChunk({ content: 'Hello' }), { error }]);
      response.end();
    } else if (model === 'late-end') {
      sendEvents(response, [chatChunk({ content: 'Hello' }), chatChunk({}, 'stop')]);
      response.write('data: [DONE]\n\n');
      setTimeout(() => response.end(), 5);
    } else {
      sendEvents(response, [messageStart]);
      setTimeout(() => response.destroy(), 20);
    }
  });
  stack = await startLocalStack({
    env: { OPENAI_API_KEY: CANARY, ANTHROPIC_API_KEY: CANARY },
    config: `
providers:
  openai: { dialect: openai-chat, baseUrl: ${provider.url}, secret: openai }
  anthropic: { dialect: anthropic-messages, baseUrl: ${provider.url}, secret: anthropic }
models:
  dies: { targets: [{ provider: anthropic, model: starts-and-dies }], attempts: 3 }
prices:
  - { provider: openai, model: '*', input: 1, output: 1 }
  - { provider: anthropic, model: '*', input: 1, output: 1 }
`,
  });
});
afterAll(async () => {
  await stack?.close();
  await provider?.close();
});

async function ask(key: string, model: string, more: object = {}): Promise<Response> {
  return fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], ...more }),
  });
}

describe('a provider that quotes our key', () => {
  it('does not get it out: not to the client, not into the log, not into a row', async () => {
    const { key } = await stack.createKey('--team', 'canary');
    const seen: string[] = [];
    for (const [model, stream] of [
      ['openai/echo-400', false],
      ['openai/echo-500', false],
      ['openai/echo-stream', true],
    ] as const) {
      const response = await ask(key, model, { stream });
      seen.push(JSON.stringify(Object.fromEntries(response.headers)), await response.text());
    }
    expect(seen.join('\n')).toContain('[redacted]');
    const rows = await stack.rows<object>("SELECT * FROM requests WHERE team = 'canary'", 3);
    const { stdout, stderr } = stack.output();
    for (const text of [...seen, JSON.stringify(rows), stdout, stderr]) expect(text).not.toContain('canary-SECRET');
  });
});

describe('a budget that pays for one attempt', () => {
  it('is not passed by further attempts, each of which the provider would charge', async () => {
    // "Hello" is far below 100 tokens: at a dollar a million the worst case of one attempt is some 40 micro-dollars.
    const { key, id } = await stack.createKey('--budget-month', '0.00008');
    const before = provider.requests();
    const response = await ask(key, 'dies', { stream: true, max_tokens: 1 });
    expect(response.status).toBeGreaterThanOrEqual(500);
    await response.text();
    const [row] = await stack.rows<{ cost_nano_usd: string; reserved_nano_usd: string }>(
      `SELECT cost_nano_usd, reserved_nano_usd FROM requests WHERE key_id = '${id}'`,
    );
    expect(provider.requests()).toBeGreaterThan(before);
    expect(Number(row?.cost_nano_usd)).toBeGreaterThan(0);
    expect(Number(row?.cost_nano_usd)).toBeLessThanOrEqual(Number(row?.reserved_nano_usd));
    const meter = await stack.json<{ month: { usd: number } }>('quotas', 'show', `key:${id}`);
    expect(meter.month.usd).toBeLessThanOrEqual(0.00008);
  });
});

describe('a stream that ends a moment after its last event', () => {
  it('leaves a connection that is used again', async () => {
    const { key } = await stack.createKey();
    const before = provider.connections();
    for (let round = 0; round < 10; round += 1) {
      expect(await (await ask(key, 'openai/late-end', { stream: true })).text()).toContain('[DONE]');
    }
    expect(provider.connections() - before).toBeLessThanOrEqual(2);
  });
});

describe('a budget set on a key that had none', () => {
  it('decides the very next request: its targets and its cap', async () => {
    const { key, id } = await stack.createKey();
    expect((await ask(key, 'anthropic/starts-and-dies', { stream: true })).status).toBeGreaterThanOrEqual(500);
    await stack.json('quotas', 'set', `key:${id}`, '--budget-month', '0.0000001');
    const response = await ask(key, 'openai/late-end', { stream: true });
    expect([response.status, await response.json()]).toMatchObject([429, { error: { code: 'insufficient_quota' } }]);
    expect(response.headers.get('x-should-retry')).toBe('false');
  });
});
