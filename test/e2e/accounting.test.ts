import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
  anthropic: { dialect: anthropic-messages, baseUrl: https://api.anthropic.com, secret: anthropic }
models:
  a: { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
  b: { targets: [{ provider: anthropic, model: claude-sonnet-4-5@fast }] }
  throttled: { targets: [{ provider: openai, model: gpt-5-mini@429 }], attempts: 1 }
  cut: { targets: [{ provider: openai, model: gpt-5-mini@fast+cut-at-5 }] }
  unfinished: { targets: [{ provider: anthropic, model: claude-sonnet-4-5@fast+end-at-5 }] }
  backed: { targets: [{ provider: openai, model: gpt-5-mini@503 }], fallbacks: [{ provider: anthropic, model: claude-sonnet-4-5@fast }] }
  mystery: { targets: [{ provider: openai, model: nobody-knows-this@fast }] }
prices:
  - { provider: openai, model: 'gpt-5-mini*', input: 0.25, cacheRead: 0.025, output: 2 }
  - { provider: anthropic, model: 'claude-sonnet-4-5*', input: 3, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6, output: 15 }
limits: { requestBytes: 6000000 }
`;

let stack: LocalStackProcess;
beforeAll(async () => {
  stack = await startLocalStack({ config: CONFIG, patient: true });
});
afterAll(() => stack?.close());

const sdk = (key: string): OpenAI => new OpenAI({ apiKey: key, baseURL: `${stack.url}/v1`, maxRetries: 0 });

/** Rows are written after the last byte, so a client may look before they are there: asked again until `complete`. */
async function rows<Row>(
  sql: string,
  complete: (found: readonly Row[]) => boolean = (found) => found.length > 0,
): Promise<readonly Row[]> {
  for (let round = 0; ; round += 1) {
    const found = await stack.json<readonly Row[]>('query', sql);
    if (complete(found) || round === 20) return found;
    await sleep(250);
  }
}

const post = (key: string, body: string, path = '/v1/chat/completions'): Promise<Response> =>
  fetch(`${stack.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
const hello = (model: string, more: object = {}): string =>
  JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello there' }], ...more });

interface Meter {
  readonly month: { readonly usd: number };
  readonly reservedUsd: number;
  readonly inFlight: readonly unknown[];
}

describe('accounting', () => {
  it('books 200 requests, 50 at once, to the nano-dollar, and leaves nothing in flight', async () => {
    const { key } = await stack.createKey('--team', 'books', '--app', 'load', '--budget-month', '100');
    await stack.json('quotas', 'set', 'team:books', '--budget-month', '50');
    const client = sdk(key);
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let number = next++; number < 200; number = next++) {
        const model = number % 2 === 0 ? 'a' : 'b';
        const messages = [{ role: 'user' as const, content: `Question ${number}: what is a toll gate?` }];
        if (number % 4 < 2) {
          await client.chat.completions.create({ model, messages });
        } else {
          for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
        }
      }
    };
    await Promise.all(Array.from({ length: 50 }, worker));

    const [sum] = await rows<{ requests: number; ids: number; cost: number; reported: number }>(
      `SELECT count(*) AS requests, count(DISTINCT request_id) AS ids, sum(cost_nano_usd) AS cost,
              count(*) FILTER (WHERE usage_source = 'reported' AND outcome = 'ok') AS reported
       FROM requests WHERE team = 'books'`,
      ([found]) => Number(found?.requests) >= 200,
    );
    expect(sum).toMatchObject({ requests: 200, ids: 200, reported: 200 });
    expect(sum?.cost).toBeGreaterThan(0);
    const meter = await stack.json<Meter>('quotas', 'show', 'team:books');
    expect(Math.round(meter.month.usd * 1e9)).toBe(Number(sum?.cost));
    expect(meter).toMatchObject({ inFlight: [], reservedUsd: 0 });
  });

  it('agrees with the books that the simulated providers keep', async () => {
    const { key } = await stack.createKey('--team', 'invoice');
    await fetch(`${stack.info.endpoints.providers}/invoice`, { method: 'DELETE' });
    for (const model of ['a', 'b']) {
      await (await post(key, hello(model))).text();
      await (await post(key, hello(model, { stream: true }))).text();
    }
    const [ours] = await rows<{ tokens: number; requests: number }>(
      `SELECT count(*) AS requests, sum(input_tokens + cache_read_tokens + cache_write_5m_tokens + output_tokens) AS tokens
       FROM requests WHERE team = 'invoice'`,
      ([found]) => Number(found?.requests) >= 4,
    );
    const invoice = await (await fetch(`${stack.info.endpoints.providers}/invoice`)).text();
    expect(ours?.requests).toBe(4);
    expect(totalOf(JSON.parse(invoice))).toBe(Number(ours?.tokens));
  });

  it('charges a stream that broke for what came, and tells the client in-band', async () => {
    const { key } = await stack.createKey('--team', 'broken', '--budget-month', '5');
    for (const model of ['cut', 'unfinished']) {
      const text = await (await post(key, hello(model, { stream: true }))).text();
      expect(text).toContain('"error"');
      expect(text).not.toContain('[DONE]');
      expect(text).not.toMatch(/"finish_reason":"/);
    }
    const found = await rows<{ outcome: string; usage_source: string; cost_nano_usd: number }>(
      `SELECT outcome, usage_source, cost_nano_usd FROM requests WHERE team = 'broken'`,
      (all) => all.length >= 2,
    );
    expect(found).toHaveLength(2);
    for (const row of found) {
      expect(row).toMatchObject({ outcome: 'truncated', usage_source: 'estimated' });
      expect(Number(row.cost_nano_usd)).toBeGreaterThan(0);
    }
  });

  it('falls back before the first byte, and says so', async () => {
    const { key } = await stack.createKey('--team', 'fallback');
    const response = await post(key, hello('backed', { stream: true }));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('[DONE]');
    expect(response.headers.get('x-tollgate-provider')).toBe('anthropic');
    expect(response.headers.get('x-tollgate-attempts')).toBe('2');
    const [row] = await rows<{ attempt_count: number; provider: string }>(
      `SELECT attempt_count, provider FROM requests WHERE team = 'fallback'`,
    );
    expect(row).toMatchObject({ attempt_count: 2, provider: 'anthropic' });
  });
});

describe('limits', () => {
  it('answers a key over its rate with 429, Retry-After and a row', async () => {
    const { id, key } = await stack.createKey('--team', 'rate', '--rpm', '2');
    expect((await post(key, hello('a'))).status).toBe(200);
    const second = await post(key, hello('a'));
    expect(second.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(second.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    const third = await post(key, hello('a'));
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await third.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' } });
    const [row] = await rows(`SELECT http_status, denied_scope, denied_limit, cost_nano_usd, attempt_count FROM requests
                              WHERE team = 'rate' AND outcome = 'denied'`);
    expect(row).toMatchObject({ denied_scope: `key:${id}`, denied_limit: 'limit_rpm', attempt_count: 0 });
  });

  it('answers an exhausted budget with insufficient_quota and a row, and the openai SDK reads it', async () => {
    const { key } = await stack.createKey('--team', 'poor', '--budget-month', '0.000001');
    const failure = await sdk(key)
      .chat.completions.create({ model: 'b', messages: [{ role: 'user', content: 'Hello' }] })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect(failure).toMatchObject({ status: 429, code: 'insufficient_quota' });
    const [row] = await rows(`SELECT outcome, denied_limit FROM requests WHERE team = 'poor'`);
    expect(row).toMatchObject({ outcome: 'denied', denied_limit: 'budget_month_usd' });
  });

  it('caps the answer to what is left of the budget, where the client names no cap', async () => {
    const { key } = await stack.createKey('--team', 'capped', '--budget-month', '0.002');
    await (await post(key, hello('b'))).text();
    const journal = await fetch(`${stack.info.endpoints.providers}/requests?last=1`);
    const { requests } = (await journal.json()) as { requests: { body: string }[] };
    const sent = JSON.parse(requests[0]?.body ?? '{}') as { max_tokens?: number };
    // 0.002 USD at 15 USD a million is 133 tokens, less what the prompt may cost.
    expect(sent.max_tokens).toBeGreaterThan(100);
    expect(sent.max_tokens).toBeLessThan(134);
  });

  it('refuses a model without a price to a key with a budget, and serves it flagged to one without', async () => {
    const rich = await stack.createKey('--team', 'unpriced', '--budget-month', '10');
    const refused = await post(rich.key, hello('mystery'));
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: 'model_unpriced' } }]);
    const free = await stack.createKey('--app', 'unpriced');
    expect((await post(free.key, hello('mystery'))).status).toBe(200);
    const [row] = await rows(`SELECT unpriced, outcome FROM requests WHERE app = 'unpriced'`);
    expect(row).toMatchObject({ unpriced: true, outcome: 'ok' });
  });
});

describe('refusals', () => {
  it('answers an unknown and a disabled key with 401, and a row', async () => {
    expect((await post('sk-tg-unknown', hello('a'))).status).toBe(401);
    const { id, key } = await stack.createKey('--team', 'disabled');
    await stack.json('keys', 'disable', id);
    const response = await post(key, hello('a'));
    expect([response.status, await response.json()]).toMatchObject([401, { error: { code: 'invalid_api_key' } }]);
    const [row] = await rows<{ count: number }>(
      `SELECT count(*) AS count FROM requests WHERE http_status = 401`,
      ([found]) => Number(found?.count) >= 2,
    );
    expect(Number(row?.count)).toBe(2);
  });

  it.each([
    ['{', 400, null, /not valid JSON/],
    ['[]', 400, null, /JSON object/],
    ['{"model":"a"}', 400, 'messages', /messages/],
    ['{"model":"a","messages":[]}', 400, 'messages', /messages/],
    ['{"model":"a","messages":[{"role":"user"}]}', 400, 'messages[0].content', /content/],
    ['{"model":"a","messages":[{"role":"robot","content":"x"}]}', 400, 'messages[0].role', /role/],
    ['{"model":"a","messages":[{"role":"user","content":"x"}],"temperature":"hot"}', 400, 'temperature', /temperature/],
    ['{"model":"b","messages":[{"role":"user","content":"x"}],"seed":1}', 400, 'seed', /seed/],
    ['{"model":"nothing","messages":[{"role":"user","content":"x"}]}', 404, 'model', /nothing/],
  ] as const)('answers %s with %i and the field', async (body, status, param, message) => {
    const { key } = await stack.createKey();
    const response = await post(key, body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    const { error } = (await response.json()) as { error: { message: string; param: string | null } };
    expect(error.param).toBe(param);
    expect(error.message).toMatch(message);
  });

  it('answers 7 MB with 413 and a row, a wrong path with 404, a wrong method with 405', async () => {
    const { id, key } = await stack.createKey();
    const large = await post(key, hello('a', { user: 'x'.repeat(7_000_000) }));
    expect([large.status, await large.json()]).toMatchObject([413, { error: { code: 'request_too_large' } }]);
    const [row] = await rows(`SELECT http_status FROM requests WHERE key_id = '${id}'`);
    expect(Number((row as { http_status: number }).http_status)).toBe(413);
    expect((await post(key, '{}', '/v1/nothing')).status).toBe(404);
    const wrong = await fetch(`${stack.url}/v1/chat/completions`);
    expect([wrong.status, await wrong.json()]).toMatchObject([405, { error: { code: 'method_not_allowed' } }]);
  });

  it('hands on what the provider refuses, with when to come back', async () => {
    const { key } = await stack.createKey();
    const response = await post(key, hello('throttled'));
    expect([response.status, await response.json()]).toMatchObject([429, { error: { type: 'rate_limit_error' } }]);
  });
});

/** Every token count of the invoice, whatever it is called there. */
function totalOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, entry]) => {
    if (typeof entry === 'number') return /tokens/i.test(name) && !/reasoning/i.test(name) ? sum + entry : sum;
    return sum + totalOf(entry);
  }, 0);
}
