import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import type { InvoiceLine } from '../../../local/providers/invoice.ts';
import type { JournalEntry } from '../../../local/providers/journal.ts';
import { post, useProviders } from './support.ts';

const start = useProviders();

async function invoice(): Promise<readonly InvoiceLine[]> {
  const response = await fetch(`${start().providers.url}/invoice`);
  return ((await response.json()) as { lines: InvoiceLine[] }).lines;
}

const ask = (model: string, stream = false, signal?: AbortSignal) =>
  fetch(`${start().providers.openaiBaseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-secret-key' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] }),
    signal: signal ?? null,
  });

beforeEach(async () => {
  await fetch(`${start().providers.url}/invoice`, { method: 'DELETE' });
});

test('charges what the answers report, by provider and model', async () => {
  const { openai, anthropic } = start();
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const { usage } = await openai.chat.completions.create({ model: 'gpt-4.1@fast', messages });
  await openai.chat.completions.create({ model: 'gpt-4.1@fast', messages });
  const reply = await anthropic.messages.create({ model: 'claude@fast', max_tokens: 100, messages });

  expect(await invoice()).toEqual([
    expect.objectContaining({
      provider: 'openai',
      model: 'gpt-4.1',
      requests: 2,
      inputTokens: 2 * (usage?.prompt_tokens ?? 0),
      outputTokens: 2 * (usage?.completion_tokens ?? 0),
    }),
    expect.objectContaining({
      provider: 'anthropic',
      model: 'claude',
      requests: 1,
      inputTokens: reply.usage.input_tokens,
      outputTokens: reply.usage.output_tokens,
    }),
  ]);
});

test('a stream cut by a fault is charged up to the cut, an error not at all', async () => {
  await (await ask('cut@fast+end-at-5', true)).text();
  await (await ask('broken@500')).text();
  expect(await invoice()).toEqual([
    expect.objectContaining({ model: 'cut', requests: 1, cut: 1, failed: 0, outputTokens: 5 }),
    expect.objectContaining({ model: 'broken', requests: 1, cut: 0, failed: 1, inputTokens: 0, outputTokens: 0 }),
  ]);
});

test.each([
  ['streamed', true],
  ['whole', false],
])('a client that leaves stops the generation: %s', async (_, stream) => {
  const leave = new AbortController();
  const request = ask('left@tokens-500', stream, leave.signal).then((response) => response.text());
  await sleep(700);
  leave.abort();
  await expect(request).rejects.toThrow();
  await expect.poll(invoice).toEqual([expect.objectContaining({ model: 'left', cut: 1 })]);
  const [line] = await invoice();
  expect(line?.outputTokens).toBeGreaterThan(0);
  expect(line?.outputTokens).toBeLessThan(100);
  expect(line?.inputTokens).toBeGreaterThan(0);
});

test('the last requests can be looked at, without their credentials', async () => {
  await (await ask('noted@fast')).text();
  await post(
    `${start().providers.anthropicBaseUrl}/v1/messages`,
    { model: 'm@fast' },
    { 'x-api-key': 'sk-ant-secret' },
  );
  const text = await (await fetch(`${start().providers.url}/requests?last=2`)).text();
  const { requests } = JSON.parse(text) as { requests: JournalEntry[] };
  expect(requests.map((entry) => entry.path)).toEqual(['/openai/v1/chat/completions', '/anthropic/v1/messages']);
  expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({ model: 'noted@fast' });
  expect(text).not.toContain('secret');
  expect(requests[0]?.headers.authorization).toMatch(/^Bearer sha256:[0-9a-f]{12}$/);
});

test('the first page tells what there is, and other paths are 404 in the shape of their provider', async () => {
  const page = (await (await fetch(start().providers.url)).json()) as { faults: object };
  expect(Object.keys(page.faults)).toContain('cut-at-5');
  const missing = await post(`${start().providers.openaiBaseUrl}/nothing`, {});
  expect(missing.status).toBe(404);
  expect(await missing.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  expect((await fetch(`${start().providers.url}/nothing`)).status).toBe(404);
});
