import { expect, test } from 'vitest';
import type { InvoiceLine } from '../../../local/providers/invoice.ts';
import { post, useProviders } from './support.ts';

const start = useProviders();
const model = 'text-embedding-3-small';
const input = ['Nobody pays twice for the same bridge.', '通行料は先に払う'];

test('several texts, as numbers and as base64', async () => {
  const { embeddings } = start().openai;
  // The client asks for base64 unless told otherwise, and unpacks it.
  const packed = await embeddings.create({ model, input });
  const plain = await embeddings.create({ model, input, encoding_format: 'float' });
  expect(packed.data.map((item) => [item.index, item.embedding.length])).toEqual([
    [0, 1536],
    [1, 1536],
  ]);
  expect(packed).toEqual(plain);
  expect(Math.hypot(...(plain.data[0]?.embedding ?? []))).toBeCloseTo(1, 5);
  expect(plain.data[0]?.embedding).not.toEqual(plain.data[1]?.embedding);
  const wire = await post(`${start().providers.openaiBaseUrl}/embeddings`, { model, input, encoding_format: 'base64' });
  expect(await wire.json()).toMatchObject({ data: [{ embedding: expect.any(String) }, {}] });
});

test('equal texts have equal vectors, and shorter vectors point in the same direction', async () => {
  const { embeddings } = start().openai;
  const ask = async (dimensions: number) =>
    (await embeddings.create({ model, input: 'toll', dimensions, encoding_format: 'float' })).data[0]?.embedding ?? [];
  const [short, long] = [await ask(8), await ask(16)];
  expect(await ask(8)).toEqual(short);
  const ratios = short.map((value, index) => value / (long[index] ?? 0));
  for (const ratio of ratios) expect(ratio).toBeCloseTo(ratios[0] ?? 0, 4);
});

test('tokens are reported and charged, those that were counted before too', async () => {
  await fetch(`${start().providers.url}/invoice`, { method: 'DELETE' });
  const { usage } = await start().openai.embeddings.create({ model, input });
  const counted = await start().openai.embeddings.create({ model, input: [[1, 2, 3], [4]] });
  expect(usage.prompt_tokens).toBeGreaterThan(10);
  expect(counted.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
  const { lines } = (await (await fetch(`${start().providers.url}/invoice`)).json()) as { lines: InvoiceLine[] };
  expect(lines).toEqual([
    expect.objectContaining({ provider: 'openai', model, requests: 2, inputTokens: usage.prompt_tokens + 4 }),
  ]);
});

test.each([
  ['no input', {}, 'input', /Missing required parameter/],
  ['an empty text', { input: '' }, 'input', /is invalid/],
  ['an empty list', { input: [] }, 'input', /is invalid/],
  ['objects', { input: [{ text: 'x' }] }, 'input', /is invalid/],
  ['too many texts', { input: Array.from({ length: 2049 }, () => 'x') }, 'input', /too long/],
  ['a text that is too long', { input: 'toll '.repeat(9000) }, null, /maximum context length/],
  ['an unknown format', { input: 'x', encoding_format: 'hex' }, 'encoding_format', /'float' and 'base64'/],
  ['too many dimensions', { input: 'x', dimensions: 1537 }, 'dimensions', /less than or equal to 1536/],
])('refuses %s', async (_, change, param, message) => {
  const response = await post(`${start().providers.openaiBaseUrl}/embeddings`, { model, ...change });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { param, message: expect.stringMatching(message) } });
});

test('faults come here too', async () => {
  const { embeddings } = start().openai;
  for (const status of [429, 500]) {
    await expect(embeddings.create({ model: `${model}@${status}`, input })).rejects.toMatchObject({ status });
  }
  expect((await embeddings.create({ model: `${model}@no-usage`, input })).usage).toBeUndefined();
  await expect(embeddings.create({ model: `${model}@cut-at-1`, input })).rejects.toThrow();
});
