import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type LocalStack, startLocal } from '../../local/start.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let stack: LocalStack;
let data: string;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'tollgate-keyless-'));
  const handlerModule = file('../support/handlers/keyless.ts');
  stack = await startLocal({ port: 0, config: file('../../gateway.yaml'), data, handlerModule });
});
afterAll(async () => {
  await stack?.close();
  rmSync(data, { recursive: true, force: true });
});

it('answers a provider without a secret with a 503 that says what to do, again and again', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  for (let round = 0; round < 3; round += 1) {
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.firstKey?.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'claude', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: { code: 'provider_misconfigured', message: expect.stringContaining('tollgate secrets set anthropic') },
    });
  }
  expect((await fetch(`${stack.url}/health`)).status).toBe(200);
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as object);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      provider: 'anthropic',
      kind: 'misconfigured',
      requestId: expect.any(String),
    }),
  );
  log.mockRestore();
});
