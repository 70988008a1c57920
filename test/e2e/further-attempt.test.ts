/** Keys with a budget get another target, too, after one has died half-way and cost something: as far as it pays for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatChunk, type HostileProvider, sendEvents, startHostileProvider } from '../support/hostile-provider.ts';
import { type LocalStackProcess, startLocalStack } from '../support/local-stack.ts';

const TOKENS = 60;
const words = (count: number): readonly object[] =>
  Array.from({ length: count }, () => chatChunk({ content: 'toll ' }));
const usage = { prompt_tokens: 9, completion_tokens: TOKENS, total_tokens: 9 + TOKENS };

let provider: HostileProvider;
let stack: LocalStackProcess;

beforeAll(async () => {
  provider = await startHostileProvider((_, response, model) => {
    if (model === 'dies') {
      sendEvents(response, words(40));
      setTimeout(() => response.destroy(), 20);
      return;
    }
    sendEvents(response, [...words(TOKENS), chatChunk({}, 'stop'), { ...chatChunk({}), choices: [], usage }]);
    response.end('data: [DONE]\n\n');
  });
  const targets = (...models: string[]): string =>
    `[${models.map((model) => `{ provider: openai, model: ${model} }`).join(', ')}]`;
  stack = await startLocalStack({
    env: { OPENAI_API_KEY: 'sk-further-attempt' },
    config: `
providers:
  openai: { dialect: openai-chat, baseUrl: ${provider.url}, secret: openai }
models:
  rescued: { targets: ${targets('dies')}, fallbacks: ${targets('answers')}, rescue: buffer }
  twice: { targets: ${targets('dies')}, fallbacks: ${targets('dies', 'answers')}, attempts: 3, rescue: buffer }
# Nothing but failures of the first target: it is to be tried all the same.
breaker: { failures: 1000, minRequests: 1000 }
prices:
  - { provider: openai, model: '*', input: 1, output: 10 }
`,
  });
});
afterAll(async () => {
  await stack?.close();
  await provider?.close();
});

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly sent: number;
  readonly row: { readonly outcome: string; readonly cost: number; readonly lost: number; readonly reserved: number };
}

/** Asks with a key of its own, and sees to it that the meter has what the row has. */
async function ask(model: string, stream: boolean, budgetNano: number): Promise<Outcome> {
  const budget = (budgetNano / 1e9).toFixed(9);
  const { key, id } = await stack.createKey('--budget-month', budget);
  const before = provider.requests();
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, max_tokens: TOKENS, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  const body = await response.text();
  const sent = provider.requests() - before;
  for (let tries = 0; ; tries += 1) {
    const [row] = await stack.json<{ [name: string]: string }[]>(
      'query',
      `SELECT outcome, cost_nano_usd, failed_attempt_cost_nano_usd, reserved_nano_usd FROM requests WHERE key_id = '${id}'`,
    );
    const meter = await stack.json<{ month: { usd: number }; inFlight: unknown[]; reservedUsd: number }>(
      'quotas',
      'show',
      `key:${id}`,
    );
    if (tries < 50 && (row === undefined || meter.inFlight.length > 0)) {
      await sleep(100);
      continue;
    }
    const cost = Number(row?.cost_nano_usd);
    expect(meter).toMatchObject({ inFlight: [], reservedUsd: 0 });
    expect(Math.round(meter.month.usd * 1e9)).toBe(cost);
    expect(cost).toBeLessThanOrEqual(budgetNano);
    const [lost, reserved] = [Number(row?.failed_attempt_cost_nano_usd), Number(row?.reserved_nano_usd)];
    return { status: response.status, body, sent, row: { outcome: row?.outcome ?? '', cost, lost, reserved } };
  }
}

const PLENTY = 1_000_000_000;
const ANSWER_NANO = 9 * 1_000 + TOKENS * 10_000;

it.each([false, true])('reserves for the next target what the first has cost (streamed: %s)', async (stream) => {
  const { status, body, sent, row } = await ask('rescued', stream, PLENTY);
  expect([status, sent]).toEqual([200, 2]);
  expect(body.split('toll ')).toHaveLength(TOKENS + 1);
  expect(row).toMatchObject({ outcome: 'ok' });
  expect(row.lost).toBeGreaterThan(0);
  expect(row.cost).toBe(row.lost + ANSWER_NANO);

  const worst = row.reserved - row.lost;
  const exact = await ask('rescued', stream, row.reserved);
  expect([exact.status, exact.sent, exact.row.reserved]).toEqual([200, 2, row.reserved]);

  const poor = await ask('rescued', stream, row.reserved - 1);
  expect(poor.status).toBeGreaterThanOrEqual(500);
  expect(poor.sent).toBe(1);
  expect(poor.row).toMatchObject({ cost: row.lost, reserved: worst });
});

it('goes on reserving, attempt by attempt', async () => {
  const { status, sent, row } = await ask('twice', false, PLENTY);
  expect([status, sent]).toEqual([200, 3]);
  expect(row.cost).toBe(row.lost + ANSWER_NANO);
  const poor = await ask('twice', false, row.reserved - 1);
  expect([poor.status >= 500, poor.sent]).toEqual([true, 2]);
});
