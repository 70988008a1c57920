import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStack, startLocal } from '../../local/start.ts';

const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
  anthropic: { dialect: anthropic-messages, baseUrl: https://api.anthropic.com, secret: anthropic }
models:
  thinking: { targets: [{ provider: anthropic, model: claude-sonnet-4-5@slow-first-token-700 }] }
  mute:
    targets: [{ provider: openai, model: gpt-5-mini@silence }]
    attempts: 1
    timeouts: { firstTokenMs: 1000 }
  mute-then-backed:
    targets: [{ provider: openai, model: gpt-5-mini@silence }]
    fallbacks: [{ provider: anthropic, model: claude-sonnet-4-5@fast }]
    timeouts: { firstTokenMs: 1000 }
prices:
  - { provider: openai, model: 'gpt-5-mini*', input: 0.25, output: 2 }
`;

let stack: LocalStack;
let data: string;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'tollgate-silence-'));
  const config = join(data, 'gateway-under-test.yaml');
  writeFileSync(config, CONFIG);
  const handlerModule = fileURLToPath(new URL('../support/handlers/pinging.ts', import.meta.url));
  stack = await startLocal({ port: 0, config, data: join(data, 'data'), handlerModule });
});
afterAll(async () => {
  await stack?.close();
  rmSync(data, { recursive: true, force: true });
});

const ask = (model: string): Promise<Response> =>
  fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.firstKey?.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
  });

describe('silence before the first token', () => {
  it('is filled with pings that the openai SDK does not see', async () => {
    const text = await (await ask('thinking')).text();
    expect(text).toMatch(/^(: ping\n\n){3,}data: /);
    const client = new OpenAI({ apiKey: stack.firstKey?.key ?? '', baseURL: `${stack.url}/v1`, maxRetries: 0 });
    let answer = '';
    for await (const chunk of await client.chat.completions.create({
      model: 'thinking',
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    })) {
      answer += chunk.choices[0]?.delta.content ?? '';
    }
    expect(answer.length).toBeGreaterThan(10);
  });

  it('that ends in a time-out is told in-band once a ping has gone out', async () => {
    const response = await ask('mute');
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain(': ping');
    expect(text).toContain('"code":"provider_timeout"');
    expect(text).not.toContain('[DONE]');
  });

  it('still leaves room for another target: no content has gone out', async () => {
    const response = await ask('mute-then-backed');
    // Who will answer was not known when the headers went out.
    for (const name of ['provider', 'model', 'attempts']) {
      expect(response.headers.get(`x-tollgate-${name}`)).toBeNull();
    }
    expect(response.headers.get('x-tollgate-request-id')).toMatch(/^req_/);
    const text = await response.text();
    expect(text).toMatch(/^: ping\n\n/);
    expect(text).toContain('data: [DONE]');
    expect(text).not.toContain('"error"');
  });
});
