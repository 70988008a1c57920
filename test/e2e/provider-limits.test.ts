/** A provider's own limits are meters: one that is full is passed over, and settled like any other. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
  anthropic: { dialect: anthropic-messages, baseUrl: https://api.anthropic.com, secret: anthropic }
  bedrock: { dialect: bedrock-converse, region: eu-central-1 }
models:
  backed: { targets: [{ provider: openai, model: gpt-5-mini@fast }], fallbacks: [{ provider: anthropic, model: claude-sonnet-4-5@fast }] }
  alone: { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
  vectors: { targets: [{ provider: bedrock, model: amazon.titan-embed-text-v2:0 }] }
prices:
  - { provider: openai, model: 'gpt-5-mini*', input: 0.25, output: 2 }
  - { provider: anthropic, model: 'claude-sonnet-4-5*', input: 3, output: 15 }
  - { provider: bedrock, model: 'amazon.titan-embed*', input: 20, output: 0 }
`;

let stack: LocalStackProcess;
beforeAll(async () => {
  stack = await startLocalStack({ config: CONFIG });
});
afterAll(() => stack?.close());

interface Meter {
  readonly minute: { readonly requests: number };
  readonly month: { readonly usd: number };
  readonly inFlight: readonly object[];
}

const show = (scope: string) => stack.json<Meter>('quotas', 'show', scope);

it('passes over a provider that is full by its meter, from the very next request on', async () => {
  const { key } = await stack.createKey('--team', 'capacity', '--budget-month', '50');
  let route: string | null = null;
  const ask = async (model: string) => {
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hello there' }] }),
    });
    await response.text();
    route = response.headers.get('x-tollgate-route');
    return { status: response.status, provider: response.headers.get('x-tollgate-provider') };
  };
  expect(await ask('backed')).toEqual({ status: 200, provider: 'openai' });
  await stack.json('quotas', 'set', 'provider:openai', '--rpm', '2');
  expect(await ask('backed')).toEqual({ status: 200, provider: 'openai' });
  expect(await ask('alone')).toEqual({ status: 200, provider: 'openai' });
  expect(await ask('backed')).toEqual({ status: 200, provider: 'anthropic' });
  expect(route).toMatch(/^openai\/gpt-5-mini@fast!capacity\(\d+s\), anthropic\/claude-sonnet-4-5@fast$/);
  expect((await ask('alone')).status).toBe(429);
  await stack.json('quotas', 'set', 'provider:openai', '--rpm', 'none');
  await stack.json('quotas', 'set', 'provider:openai/gpt-5-mini@fast', '--parallel', '0');
  expect(await ask('backed')).toEqual({ status: 200, provider: 'anthropic' });

  // Settled after the last byte.
  const settled = async (scope: string): Promise<Meter> => {
    await expect.poll(() => show(scope)).toMatchObject({ inFlight: [] });
    return show(scope);
  };
  const [openai, anthropic] = [await settled('provider:openai'), await settled('provider:anthropic')];
  const spent = () =>
    stack.json<{ provider: string; cost: number; requests: number }[]>(
      'query',
      `SELECT provider, count(*) AS requests, sum(cost_nano_usd) AS cost FROM requests
       WHERE outcome = 'ok' AND team = 'capacity' GROUP BY 1 ORDER BY 1`,
    );
  const counts = async () => (await spent()).map(({ provider, requests }) => [provider, Number(requests)]);
  await expect.poll(counts).toEqual([
    ['anthropic', 2],
    ['openai', 3],
  ]);
  const rows = await spent();
  expect(Math.round(anthropic.month.usd * 1e9)).toBe(Number(rows[0]?.cost));
  // The first one was before there was a meter; what was passed over is not counted.
  expect(openai.minute.requests).toBe(2);
  expect(openai.month.usd).toBeGreaterThan(0);
  expect(Math.round(openai.month.usd * 1e9)).toBeLessThan(Number(rows[1]?.cost));
  await settled('team:capacity');
});

it('counts all requests that one attempt is made of', { timeout: 60_000 }, async () => {
  const { key } = await stack.createKey('--team', 'parts');
  await stack.json('quotas', 'set', 'provider:bedrock', '--rpm', '100');
  const response = await fetch(`${stack.url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    // One after the other: this model takes one input at a time.
    body: JSON.stringify({ model: 'vectors', input: ['Hello there', 'and again, at some length', 'Good bye'] }),
  });
  expect(response.status).toBe(200);
  await response.text();
  const row = async () => {
    const [found] = await stack.json<{ cost: number; attempts: number }[]>(
      'query',
      "SELECT cost_nano_usd AS cost, attempt_count AS attempts FROM requests WHERE team = 'parts'",
    );
    return { cost: Number(found?.cost), attempts: Number(found?.attempts) };
  };
  await expect.poll(row).toEqual({ attempts: 3, cost: expect.any(Number) });
  const { cost } = await row();
  expect(cost).toBeGreaterThan(0);
  await expect.poll(() => show('provider:bedrock')).toMatchObject({ inFlight: [] });
  expect(Math.round((await show('provider:bedrock')).month.usd * 1e9)).toBe(cost);
});
