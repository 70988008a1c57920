import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admitted, ask, type Bench, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
const team = (): string => `team:s${++made}`;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const nothing = { inFlight: [], reservedUsd: 0 };

describe('a settlement', () => {
  it('puts what was used in the place of what was reserved', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 10, limit_tpm: 10_000, budget_day_usd: 5, budget_month_usd: 50 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { tokens: 1_000, costNano: usd(2) })));
    expect(await bench.show(scope)).toMatchObject({ reservedUsd: 2, minute: { requests: 1, tokens: 1_000 } });
    await ledger.settle(reservation, { tokens: 1_234, costNano: usd(0.5) }, NOON + 20_000);
    expect(await bench.show(scope)).toMatchObject({
      ...nothing,
      minute: { requests: 1, tokens: 1_234 },
      day: { id: '2026-11-23', usd: 0.5 },
      month: { id: '2026-11', usd: 0.5 },
    });
    expect(await bench.openRecords()).not.toContain(reservation.requestId);
  });

  it('applied twice changes nothing, by whichever process and with whichever figures', async () => {
    const [limited, counted] = [team(), team()];
    await bench.limit(limited, { limit_tpm: 10_000, budget_month_usd: 50 });
    const ledger = bench.ledger();
    const request = ask([limited, counted], { tokens: 100, costNano: usd(1) });
    const reservation = admitted(await ledger.reserve(request));
    await ledger.settle(reservation, { tokens: 50, costNano: usd(0.25) }, NOON);
    // Someone else in between, so that nothing on the meter tells the request any more.
    const next = admitted(await ledger.reserve(ask([counted])));
    await ledger.settle(next, { tokens: 50, costNano: usd(0.5) }, NOON);
    const before = [await bench.show(limited), await bench.show(counted)];
    expect(before.map(({ month }) => month.usd)).toEqual([0.25, 0.75]);
    await ledger.settle(reservation, { tokens: 50, costNano: usd(0.25) }, NOON);
    await bench.ledger().settle(reservation, { tokens: 9_999, costNano: usd(9) }, NOON + MINUTE);
    expect([await bench.show(limited), await bench.show(counted)]).toEqual(before);
    expect(await bench.openRecords()).not.toContain(reservation.requestId);
  });

  it('started at once by two processes is one', async () => {
    const [limited, counted] = [team(), team()];
    await bench.limit(limited, { budget_month_usd: 50 });
    const reservation = admitted(await bench.ledger().reserve(ask([limited, counted], { costNano: usd(1) })));
    const settle = () => bench.ledger().settle(reservation, { tokens: 0, costNano: usd(0.25) }, NOON);
    await Promise.all([settle(), settle(), settle()]);
    expect((await bench.show(limited)).month.usd).toBe(0.25);
    expect((await bench.show(counted)).month.usd).toBe(0.25);
  });

  it('that broke off is finished with the figures it began with', async () => {
    const [first, second] = [team(), team()];
    await bench.limit(first, { budget_month_usd: 50 });
    await bench.limit(second, { budget_month_usd: 50 });
    let dead = false;
    const dying = bench.ledger(({ pk }) => (dead && pk === `meter#${second}` ? 'unsent' : undefined));
    const reservation = admitted(await dying.reserve(ask([first, second], { costNano: usd(1) })));
    dead = true;
    await expect(dying.settle(reservation, { tokens: 0, costNano: usd(0.5) }, NOON)).rejects.toMatchObject({
      kind: 'ledger-unavailable',
    });
    expect(await bench.openRecords()).toContain(reservation.requestId);
    await bench.ledger().settle(reservation, { tokens: 0, costNano: usd(0.75) }, NOON);
    for (const scope of [first, second])
      expect(await bench.show(scope)).toMatchObject({ ...nothing, month: { usd: 0.5 } });
    expect(await bench.openRecords()).not.toContain(reservation.requestId);
  });

  it('may cost more than was reserved', async () => {
    const scope = team();
    await bench.limit(scope, { budget_day_usd: 1 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { costNano: usd(0.5) })));
    await ledger.settle(reservation, { tokens: 0, costNano: usd(1.5) }, NOON);
    expect((await bench.show(scope)).day.usd).toBe(1.5);
    expect(await ledger.room([scope], NOON)).toEqual({ budgetNano: 0 });
  });
});

describe('a reservation that is cancelled', () => {
  it('counts nothing anywhere, not even as a request', async () => {
    const [limited, counted] = [team(), team()];
    await bench.limit(limited, { limit_rpm: 1, limit_tpm: 100, limit_parallel: 1, budget_month_usd: 1 });
    const ledger = bench.ledger();
    for (const _ of [1, 2, 3]) {
      const asked = ask([limited, counted], { tokens: 100, costNano: usd(1) });
      await ledger.cancel(admitted(await ledger.reserve(asked)), NOON);
    }
    expect(await bench.show(limited)).toMatchObject({
      ...nothing,
      minute: { requests: 0, tokens: 0 },
      month: { usd: 0 },
    });
    expect(await bench.item(`meter#${counted}`, 'meter')).toBeUndefined();
    expect(await bench.openRecords()).toEqual([]);
  });
});

describe('a window that passes while the request runs', () => {
  const midnight = Date.UTC(2026, 11, 1);

  it('keeps its spend: a request at the month’s end is paid by the month it began in', async () => {
    const scope = team();
    await bench.limit(scope, { budget_day_usd: 10, budget_month_usd: 10 });
    const ledger = bench.ledger();
    const old = admitted(await ledger.reserve(ask([scope], { nowMs: midnight - 1_000, costNano: usd(8) })));
    expect(old.reserved).toMatchObject([{ day: '2026-11-30', month: '2026-11' }]);
    const young = admitted(await ledger.reserve(ask([scope], { nowMs: midnight + 1_000, costNano: usd(8) })));
    await ledger.settle(old, { tokens: 0, costNano: usd(1) }, midnight + 2_000);
    expect(await bench.show(scope, midnight + 2_000)).toMatchObject({
      day: { id: '2026-12-01', usd: 8 },
      month: { id: '2026-12', usd: 8 },
      reservedUsd: 8,
    });
    await ledger.settle(young, { tokens: 0, costNano: usd(2) }, midnight + 3_000);
    expect(await bench.show(scope, midnight + 3_000)).toMatchObject({ ...nothing, month: { id: '2026-12', usd: 2 } });
  });

  it('that nobody has noticed yet is not touched either', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 10 });
    const ledger = bench.ledger();
    const old = admitted(await ledger.reserve(ask([scope], { nowMs: midnight - 1_000, costNano: usd(8) })));
    await ledger.settle(old, { tokens: 0, costNano: usd(1) }, midnight + 2_000);
    expect(await bench.show(scope, midnight + 2_000)).toMatchObject({ ...nothing, month: { id: '2026-12', usd: 0 } });
    admitted(await ledger.reserve(ask([scope], { nowMs: midnight + 3_000, costNano: usd(10) })));
  });

  it.each([
    ['budgets', { budget_day_usd: 10, budget_month_usd: 10 }],
    ['rates', { limit_tpm: 1_000 }],
  ])('is told from the item where this clock lags behind it: %s', async (_, limits) => {
    const scope = team();
    await bench.limit(scope, limits);
    const reserve = (nowMs: number) => bench.ledger().reserve(ask([scope], { nowMs, costNano: usd(5), tokens: 600 }));
    const slow = admitted(await reserve(midnight - 70_000));
    admitted(await reserve(midnight + 1_000));
    await bench.ledger().settle(slow, { tokens: 1, costNano: usd(1) }, midnight - 60_000);
    expect(await bench.show(scope, midnight + 1_000)).toMatchObject({
      day: { id: '2026-12-01', usd: 5 },
      month: { id: '2026-12', usd: 5 },
      minute: 'limit_tpm' in limits ? { requests: 1, tokens: 600 } : { requests: 0, tokens: 0 },
      reservedUsd: 5,
    });
  });

  it('of a minute gives tokens back to the slot they were charged to', async () => {
    const scope = team();
    await bench.limit(scope, { limit_tpm: 1_000 });
    const ledger = bench.ledger();
    const early = admitted(await ledger.reserve(ask([scope], { tokens: 500 })));
    const late = admitted(await ledger.reserve(ask([scope], { nowMs: NOON + 30_000, tokens: 500 })));
    await ledger.settle(early, { tokens: 100, costNano: 0 }, NOON + 40_000);
    await ledger.settle(late, { tokens: 700, costNano: 0 }, NOON + 40_000);
    const held = async (afterMs: number) => (await bench.show(scope, NOON + afterMs)).minute.tokens;
    expect([await held(40_000), await held(62_999), await held(63_000), await held(93_000)]).toEqual([
      800, 800, 700, 0,
    ]);
    // The next reservations roll the ring, and its sum stays what its slots hold.
    admitted(await ledger.reserve(ask([scope], { nowMs: NOON + 63_000, tokens: 300 })));
    expect(await held(63_000)).toBe(1_000);
  });

  it('of a minute is not rolled from what another process remembers of it', async () => {
    const scope = team();
    await bench.limit(scope, { limit_tpm: 1_000, limit_rpm: 10 });
    const [mine, other] = [bench.ledger(), bench.ledger()];
    const first = admitted(await mine.reserve(ask([scope], { tokens: 500 })));
    admitted(await mine.reserve(ask([scope], { nowMs: NOON + 30_000, tokens: 200 })));
    await other.room([scope], NOON + 30_000);
    await mine.settle(first, { tokens: 100, costNano: 0 }, NOON + 62_000);
    // The first slot leaves with the 100 that it holds, not with the 500 that the other has seen in it.
    admitted(await other.reserve(ask([scope], { nowMs: NOON + 63_000, tokens: 300 })));
    expect((await bench.show(scope, NOON + 63_000)).minute).toEqual({ requests: 2, tokens: 500 });
    expect((await bench.item(`meter#${scope}`, 'meter'))?.minute_tokens).toEqual({ N: '500' });
  });

  it('of a minute is left alone when it is over', async () => {
    const scope = team();
    await bench.limit(scope, { limit_tpm: 1_000 });
    const ledger = bench.ledger();
    const old = admitted(await ledger.reserve(ask([scope], { tokens: 500 })));
    admitted(await ledger.reserve(ask([scope], { nowMs: NOON + 63_000, tokens: 400 })));
    await ledger.settle(old, { tokens: 100, costNano: 0 }, NOON + 64_000);
    expect(await bench.show(scope, NOON + 64_000)).toMatchObject({ minute: { requests: 1, tokens: 400 } });
  });
});

describe('an item that an operator has changed meanwhile', () => {
  it('is settled as far as it goes', async () => {
    const scope = team();
    await bench.limit(scope, { limit_tpm: 1_000, budget_day_usd: 10 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { tokens: 500, costNano: usd(1) })));
    await bench.edit(scope, { day_nano: undefined, reserved_nano: undefined, slot_tokens: undefined });
    await ledger.settle(reservation, { tokens: 100, costNano: usd(0.5) }, NOON);
    expect(await bench.show(scope)).toMatchObject({ ...nothing, month: { usd: 0.5 } });
    expect(await bench.openRecords()).not.toContain(reservation.requestId);
  });
});
