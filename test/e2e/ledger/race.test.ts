/**
 * Eight gateways in processes of their own, with fifty requests each, all at once, on one budget and one token limit.
 * TOLLGATE_RACE_SEEDS runs more than ten.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../../functions/adapters/meter-admin.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../../support/gateway-fleet.ts';

const PROCESSES = 8;
const EACH = 50;
const SEEDS = Number(process.env.TOLLGATE_RACE_SEEDS ?? 10);
/** USD per million tokens. */
const PRICE = { input: 1, output: 10 };
const MAX_TOKENS = 500;
const FITTING = 100;

let fleet: Fleet;
let gateways: readonly GatewayProcess[];
/** Requests that have reached the upstream, and wait there until all have been decided. */
let held: { readonly request: IncomingMessage; readonly response: ServerResponse }[] = [];

beforeAll(async () => {
  fleet = await startFleet((request, response) => held.push({ request, response }), {
    models: { smart: { targets: [{ provider: 'upstream', model: 'm' }], timeouts: { firstTokenMs: 120_000 } } },
    prices: [{ provider: 'upstream', model: '*', ...PRICE }],
  });
  gateways = await Promise.all(Array.from({ length: PROCESSES }, () => fleet.start({ patient: true })));
}, 120_000);
afterAll(() => fleet?.close());

/** Park and Miller: enough to make seeds differ. */
function randomOf(seed: number): () => number {
  let state = seed * 48_271 + 11;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe.each(Array.from({ length: SEEDS }, (_, index) => index + 1))('400 requests at once, seed %i', (seed) => {
  it('are admitted up to the limit, never beyond, and every counter is what the rows say', {
    timeout: 120_000,
  }, async () => {
    held = [];
    const random = randomOf(seed);
    const team = `race-${seed}`;
    const scope = `team:${team}`;
    const admin = adminOf(fleet.table);
    const { key } = await createKey({ ...admin, team });
    const content = 'What does the bridge cost? '.repeat(1 + Math.floor(random() * 8));
    const body = JSON.stringify({ model: 'smart', max_tokens: MAX_TOKENS, messages: [{ role: 'user', content }] });
    const send = async (url: string): Promise<number> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
      await response.text();
      return response.status;
    };

    // One alone tells what a request reserves.
    await setLimits({ ...admin, scope, limits: { budget_month_usd: 100, limit_tpm: 1_000_000 } });
    const [first] = gateways;
    const alone = send(first?.url ?? '');
    await until(() => held.length === 1);
    const probe = await showMeter({ ...admin, scope });
    const [worst, tokens] = [probe?.reservedUsd ?? 0, probe?.minute.tokens ?? 0];
    release(random);
    expect(await alone).toBe(200);
    const used = await settled(admin, scope);

    const byTokens = seed % 2 === 0 ? FITTING - 20 : FITTING + 100;
    const limits = {
      budget_month_usd: usdOf(Math.round((used.month.usd + worst * FITTING) * 1e9)),
      limit_tpm: used.minute.tokens + tokens * byTokens,
    };
    await setLimits({ ...admin, scope, limits });
    const fits = Math.min(FITTING, byTokens);

    const answers: number[] = [];
    const all = gateways.flatMap(({ url }) =>
      Array.from({ length: EACH }, async () => {
        answers.push(await send(url));
      }),
    );
    await until(() => held.length + answers.length === PROCESSES * EACH);
    const atPeak = await showMeter({ ...admin, scope });
    expect(held.length).toBeLessThanOrEqual(fits);
    expect(held.length).toBeGreaterThanOrEqual(fits * 0.95);
    expect(atPeak?.month.usd).toBeLessThanOrEqual(limits.budget_month_usd + 1e-9);
    expect(atPeak?.minute.tokens).toBeLessThanOrEqual(limits.limit_tpm);
    expect(atPeak?.inFlight).toHaveLength(held.length);
    const admitted = held.length;
    release(random);
    await Promise.all(all);
    expect(answers.filter((status) => status === 200)).toHaveLength(admitted);
    expect(new Set(answers)).toEqual(new Set([200, 429]));

    const after = await settled(admin, scope);
    // Of what was refused they are written behind the answer, and no record tells of it.
    const rows = await vi.waitFor(
      async () => {
        const found = await fleet.rows(`team = '${team}'`);
        expect(found).toHaveLength(PROCESSES * EACH + 1);
        return found;
      },
      { timeout: 30_000, interval: 250 },
    );
    const spent = rows.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
    const counted = await showMeter({ ...admin, scope: 'org' });
    expect(Math.round(after.month.usd * 1e9)).toBe(spent);
    expect(after).toMatchObject({ reservedUsd: 0, inFlight: [] });
    orgSpent += spent;
    expect(Math.round((counted?.month.usd ?? 0) * 1e9)).toBe(orgSpent);
    expect(await fleet.table.openRecords()).toEqual([]);
  });
});

/** All seeds together. */
let orgSpent = 0;

const usdOf = (nano: number): number => nano / 1e9;

/** Each gets an answer of some length. */
function release(random: () => number): void {
  for (const { request, response } of held.splice(0)) {
    const completion = 1 + Math.floor(random() * MAX_TOKENS);
    void text(request).then(() => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          id: 'chatcmpl-1',
          object: 'chat.completion',
          created: 1,
          model: 'm',
          choices: [{ index: 0, message: { role: 'assistant', content: 'A penny.' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 10, completion_tokens: completion, total_tokens: 10 + completion },
        }),
      );
    });
  }
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error('It takes too long.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Settlements are after the answer. */
async function settled(admin: ReturnType<typeof adminOf>, scope: string) {
  await until(async () => (await fleet.table.openRecords()).length === 0);
  const report = await showMeter({ ...admin, scope });
  if (report === undefined) throw new Error(`There is no meter ${scope}.`);
  return report;
}
