import { afterAll, beforeAll, expect, it } from 'vitest';
import { listMeters, setLimits, showMeter } from '../../../functions/adapters/meter-admin.ts';
import { admitted, ask, type Bench, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let admin: { client: ReturnType<Bench['client']>; table: string };
beforeAll(async () => {
  bench = await startBench();
  admin = { client: bench.client(), table: bench.table };
});
afterAll(() => bench.close());

it('sets limits, changes one and takes one away, and leaves what was counted', async () => {
  const scope = 'team:limits';
  await setLimits({ ...admin, scope, limits: { limit_rpm: 10, limit_tpm: 1_000, budget_day_usd: 0.5 } });
  admitted(await bench.ledger().reserve(ask([scope], { tokens: 10, costNano: usd(0.25) })));
  await setLimits({ ...admin, scope, limits: { limit_rpm: 20, limit_tpm: null, limit_parallel: 3 } });
  expect(await showMeter({ ...admin, scope, nowMs: NOON })).toMatchObject({
    limits: { limit_rpm: 20, budget_day_usd: 0.5, limit_parallel: 3 },
    minute: { requests: 1, tokens: 10 },
    day: { usd: 0.25 },
  });
});

it('shows what counts now, not what lies in the item from windows that are over', async () => {
  const scope = 'user:ann';
  await setLimits({ ...admin, scope, limits: { limit_rpm: 10 } });
  const request = ask([scope], { tokens: 10, costNano: usd(0.25), expiresAtMs: NOON + 2 * MINUTE });
  admitted(await bench.ledger().reserve(request));
  const nextMonth = Date.UTC(2026, 11, 1);
  expect(await showMeter({ ...admin, scope, nowMs: nextMonth })).toEqual({
    scope,
    limits: { limit_rpm: 10 },
    inherited: {},
    timeZone: 'UTC',
    shards: 1,
    minute: { requests: 0, tokens: 0 },
    day: { id: '2026-12-01', usd: 0 },
    month: { id: '2026-12', usd: 0 },
    reservedUsd: 0.25,
    inFlight: [{ request: request.requestId.slice(-10), expiresAt: '2026-11-23T12:02:00.000Z', abandoned: true }],
  });
});

it('knows nothing of a meter that is not there', async () => {
  expect(await showMeter({ ...admin, scope: 'team:nobody' })).toBeUndefined();
});

it('lists more meters than one read takes, and the broken one with what is wrong with it', async () => {
  const names = Array.from({ length: 130 }, (_, index) => `app:${String(index).padStart(3, '0')}`);
  await Promise.all(names.map((scope) => setLimits({ ...admin, scope, limits: { limit_rpm: 1 } })));
  await bench.edit('app:007', { limit_rpm: { S: 'seven' } });
  const meters = await listMeters(admin);
  expect(meters.map(({ scope }) => scope).filter((scope) => scope.startsWith('app:'))).toEqual(names);
  const broken = meters.filter(({ problem }) => problem !== undefined);
  expect(broken.map(({ scope }) => scope)).toEqual(['app:007']);
  expect(broken[0]?.problem).toMatch(/meter#app:007.*"limit_rpm".*"seven"/);
  // The limit that was typed wrong can be put right.
  await setLimits({ ...admin, scope: 'app:007', limits: { limit_rpm: 7 } });
  expect((await showMeter({ ...admin, scope: 'app:007' }))?.limits).toEqual({ limit_rpm: 7 });
});

const wrong: readonly (readonly [scope: string, limits: Record<string, number>, param: string])[] = [
  ['team:a', { limit_rpm: -1 }, 'limit_rpm'],
  ['team:a', { limit_rpm: 1.5 }, 'limit_rpm'],
  ['team:a', { limit_tpm: Number.NaN }, 'limit_tpm'],
  ['team:a', { limit_tpm: Number.POSITIVE_INFINITY }, 'limit_tpm'],
  ['team:a', { limit_parallel: 1_000_000 }, 'limit_parallel'],
  ['team:a', { budget_month_usd: 1e9 }, 'budget_month_usd'],
  ['team:a', { budget_day_usd: -0.01 }, 'budget_day_usd'],
  ['team:a', { budget_year_usd: 1 }, 'budget_year_usd'],
  ['teem:a', { limit_rpm: 1 }, 'scope'],
  ['team:', { limit_rpm: 1 }, 'scope'],
  ['team', { limit_rpm: 1 }, 'scope'],
  ['org:a', { limit_rpm: 1 }, 'scope'],
  ['team:a#1', { limit_rpm: 1 }, 'scope'],
  ['team: a', { limit_rpm: 1 }, 'scope'],
];
it.each(wrong)('refuses %s with %j, naming %s, and makes no item', async (scope, limits, param) => {
  await expect(setLimits({ ...admin, scope, limits })).rejects.toMatchObject({ kind: 'invalid-request', param });
  expect(await bench.item(`meter#${scope}`, 'meter')).toBeUndefined();
});

it('takes every kind of scope', async () => {
  const scopes = [
    'org',
    'key:key_abc',
    'user:ann@example.com',
    'env:prod',
    'provider:openai',
    'provider:openai/gpt-5.6',
  ];
  for (const scope of scopes) {
    await setLimits({ ...admin, scope, limits: { limit_rpm: 0 } });
    expect((await showMeter({ ...admin, scope }))?.limits).toEqual({ limit_rpm: 0 });
  }
});
