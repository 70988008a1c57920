import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setLimits, showMeter } from '../../../functions/adapters/meter-admin.ts';
import { admitted, ask, type Bench, denied, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
/** A table each: a template holds for all scopes of its kind. */
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

describe('a template', () => {
  it('limits every scope of its kind that has no limit of its own, one by one', async () => {
    await bench.limit('user:*', { limit_rpm: 2, budget_day_usd: 5 });
    await bench.limit('user:ann', { limit_rpm: 3 });
    const ledger = bench.ledger();
    for (const _ of [1, 2]) admitted(await ledger.reserve(ask(['user:bob'])));
    for (const _ of [1, 2, 3]) admitted(await ledger.reserve(ask(['user:ann'])));
    expect(denied(await ledger.reserve(ask(['user:bob'])))).toMatchObject({ scope: 'user:bob', limit: 'limit_rpm' });
    expect(denied(await ledger.reserve(ask(['user:ann'])))).toMatchObject({ limit: 'limit_rpm', limitValue: 3 });
    expect(denied(await ledger.reserve(ask(['user:cid'], { costNano: usd(6) })))).toMatchObject({
      limit: 'budget_day_usd',
      limitValue: 5,
    });
    admitted(await ledger.reserve(ask(['team:user:*'], { costNano: usd(6) })));
    expect(
      await showMeter({ client: bench.client(), table: bench.table, scope: 'user:ann', nowMs: NOON }),
    ).toMatchObject({
      limits: { limit_rpm: 3, budget_day_usd: 5 },
      inherited: { budget_day_usd: 5 },
    });
  });

  it('that appears, changes or goes is in force on the very next request, remembered or not', async () => {
    const ledger = bench.ledger();
    admitted(await ledger.reserve(ask(['app:x', 'app:y'], { costNano: usd(3) })));
    await bench.limit('app:*', { budget_month_usd: 1 });
    expect(denied(await ledger.reserve(ask(['app:x', 'app:y'], { costNano: usd(3) })))).toMatchObject({
      limitValue: 1,
    });
    await bench.limit('app:*', { budget_month_usd: 10 });
    const kept = admitted(await ledger.reserve(ask(['app:x', 'app:y'], { costNano: usd(3) })));
    expect(kept.reserved).toHaveLength(2);
    await bench.limit('app:*', { budget_month_usd: 4 });
    expect(denied(await ledger.reserve(ask(['app:x'], { costNano: usd(3) })))).toMatchObject({ limitValue: 4 });
    expect((await bench.show('app:x')).reservedUsd).toBe(3);
    await bench.edit('app:*', { budget_month_usd: undefined });
    expect(admitted(await ledger.reserve(ask(['app:x'], { costNano: usd(30) }))).counted).toEqual(['app:x']);
    await bench.limit('app:x', { budget_month_usd: 3 });
    denied(await ledger.reserve(ask(['app:x'], { costNano: usd(1) })));
  });

  it('costs no round trip: it is read while the reservation is written', async () => {
    await bench.limit('team:*', { limit_rpm: 100 });
    await bench.limit('key:k', { limit_rpm: 100 });
    const ledger = bench.ledger();
    const first = admitted(await ledger.reserve(ask(['key:k', 'team:t', 'org'])));
    const before = ledger.calls.length;
    admitted(await ledger.reserve(ask(['key:k', 'team:t', 'org'])));
    expect(
      ledger.calls
        .slice(before)
        .map(({ command }) => command)
        .sort(),
    ).toEqual(['BatchGetItemCommand', 'PutItemCommand', 'UpdateItemCommand', 'UpdateItemCommand']);
    expect(first.reserved.map(({ scope }) => scope)).toEqual(['key:k', 'team:t']);
  });

  it('that someone broke closes its scopes, and says which attribute', async () => {
    await bench.edit('key:*', { limit_rpm: { S: 'plenty' } });
    await expect(bench.ledger().reserve(ask(['key:z']))).rejects.toMatchObject({
      kind: 'ledger-unavailable',
      message: expect.stringContaining('meter#key:* is broken: "limit_rpm"'),
    });
    await bench.edit('key:*', { limit_rpm: undefined });
  });
});

describe('a time zone', () => {
  it('decides what a day and a month are, and when to come back', async () => {
    const admin = { client: bench.client(), table: bench.table };
    const scope = 'env:berlin';
    await setLimits({
      ...admin,
      scope,
      limits: { budget_day_usd: 1, budget_month_usd: 1.5 },
      timeZone: 'Europe/Berlin',
    });
    const ledger = bench.ledger();
    // 23:30 on 30 November in Berlin.
    const late = Date.UTC(2026, 10, 30, 22, 30);
    const request = (nowMs: number, costNano: number) => ledger.reserve(ask([scope], { nowMs, costNano }));
    const [reserved] = admitted(await request(late, usd(1))).reserved;
    expect(reserved).toMatchObject({ day: '2026-11-30', month: '2026-11' });
    expect(denied(await request(late, usd(0.25)))).toMatchObject({
      limit: 'budget_day_usd',
      retryAfterMs: 30 * MINUTE,
    });
    expect(denied(await request(late, usd(0.75)))).toMatchObject({ retryAfterMs: 30 * MINUTE });
    // Still 30 November in UTC.
    const early = late + 30 * MINUTE;
    const next = admitted(await request(early, usd(1)));
    expect(next.reserved).toMatchObject([{ day: '2026-12-01', month: '2026-12' }]);
    await ledger.settle(next, { tokens: 0, costNano: usd(0.25) }, early + MINUTE);
    expect(await bench.show(scope, early)).toMatchObject({
      timeZone: 'Europe/Berlin',
      day: { id: '2026-12-01', usd: 0.25 },
      month: { id: '2026-12', usd: 0.25 },
    });
  });

  it('of a template holds where the scope has none; its counted spend falls into its own days', async () => {
    const admin = { client: bench.client(), table: bench.table };
    await setLimits({ ...admin, scope: 'app:*', limits: {}, timeZone: 'America/New_York' });
    const ledger = bench.ledger();
    // 23:00 on 31 December in New York.
    const nowMs = Date.UTC(2027, 0, 1, 4);
    const counted = admitted(await ledger.reserve(ask(['app:ny'], { nowMs })));
    await ledger.settle(counted, { tokens: 0, costNano: usd(2) }, nowMs + 2 * 60 * MINUTE);
    expect(await bench.show('app:ny', nowMs)).toMatchObject({ month: { id: '2026-12', usd: 2 } });
    expect(await bench.show('app:ny', nowMs + 60 * MINUTE)).toMatchObject({ month: { id: '2027-01', usd: 0 } });
  });

  it('typed wrong is an error with its name, by hand or by command', async () => {
    const admin = { client: bench.client(), table: bench.table };
    await expect(setLimits({ ...admin, scope: 'env:x', limits: {}, timeZone: 'Mars/Olympus' })).rejects.toMatchObject({
      kind: 'invalid-request',
      param: 'time_zone',
    });
    await bench.edit('env:x', { time_zone: { S: 'Berlin' } });
    await expect(bench.ledger().reserve(ask(['env:x']))).rejects.toThrow('"time_zone" must be a time zone');
  });

  it('that is changed never opens a window anew', async () => {
    const scope = 'env:moving';
    await bench.limit(scope, { budget_day_usd: 1 });
    const nowMs = Date.UTC(2026, 10, 24, 1);
    admitted(await bench.ledger().reserve(ask([scope], { nowMs, costNano: usd(1) })));
    await bench.edit(scope, { time_zone: { S: 'America/Los_Angeles' } });
    denied(await bench.ledger().reserve(ask([scope], { nowMs: nowMs + MINUTE, costNano: usd(1) })));
  });
});
