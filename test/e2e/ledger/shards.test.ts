import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoLedger } from '../../../functions/adapters/dynamo-ledger.ts';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import type { Ledger, Reservation } from '../../../functions/core/ports.ts';
import { expiryMinute } from '../../../functions/ledger/markers.ts';
import { parseOpenRecord } from '../../../functions/ledger/open-record.ts';
import { injectFaults } from '../../support/dynamo-faults.ts';
import { admitted, ask, type Bench, denied, isAdmitted, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
const team = (): string => `team:h${++made}`;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const split = (scope: string, shards: number, nowMs = NOON) =>
  setLimits({ client: bench.client(), table: bench.table, scope, limits: {}, shards, nowMs });

/** Until nobody is let in any more. */
async function fill(ledger: Ledger, scope: string, request: { costNano?: number; tokens?: number; nowMs?: number }) {
  const inside: Reservation[] = [];
  for (;;) {
    const result = await ledger.reserve(ask([scope], request));
    if (result.outcome === 'denied') return { inside, denial: result.denial };
    inside.push(result.reservation);
  }
}

describe('a meter of several shards', () => {
  it.each([
    ['requests', { limit_rpm: 23 }, 23],
    ['requests at once', { limit_parallel: 11 }, 11],
    ['tokens', { limit_tpm: 70 }, 7],
    ['money, a day', { budget_day_usd: 0.21 }, 21],
    ['money, a month', { budget_month_usd: 0.1 }, 10],
  ])('admits in sum what its limit says, exactly: %s', async (_, limits, fits) => {
    const scope = team();
    await bench.limit(scope, limits);
    await split(scope, 4);
    const ledger = bench.ledger();
    const { inside, denial } = await fill(ledger, scope, { tokens: 10, costNano: usd(0.01) });
    // Of 70 tokens two shards have 18 and two have 17: seven times ten do not fit into them, four do.
    expect(inside.length).toBe('limit_tpm' in limits ? 4 : 'budget_month_usd' in limits ? 8 : fits === 21 ? 20 : fits);
    expect(denial).toMatchObject({ scope, limitValue: Object.values(limits)[0] });
    expect(new Set(inside.flatMap(({ reserved }) => reserved.map(({ shard }) => shard))).size).toBe(4);
    const report = await bench.show(scope);
    expect(report).toMatchObject({ shards: 4, inFlight: { length: inside.length } });
    for (const reservation of inside) await ledger.settle(reservation, { tokens: 1, costNano: usd(0.001) }, NOON);
    expect(await bench.show(scope)).toMatchObject({ inFlight: [], reservedUsd: 0 });
    expect((await bench.show(scope)).month.usd).toBeCloseTo(inside.length * 0.001, 9);
  });

  it('never admits more, raced by many; and nearly all that fits', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 100, budget_month_usd: 1 });
    await split(scope, 8);
    const ledgers = Array.from({ length: 6 }, () => bench.ledger());
    const results = await Promise.all(
      ledgers.flatMap((ledger) =>
        Array.from({ length: 30 }, () => ledger.reserve(ask([scope], { costNano: usd(0.002) }))),
      ),
    );
    const admittedCount = results.filter(isAdmitted).length;
    expect(admittedCount).toBeLessThanOrEqual(100);
    expect(admittedCount).toBeGreaterThanOrEqual(95);
    expect((await bench.show(scope)).minute.requests).toBe(admittedCount);
  });

  it('takes an edit of its limits on the very next request, whichever shard that meets', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 40 });
    await split(scope, 4);
    const ledger = bench.ledger();
    for (let index = 0; index < 12; index += 1) admitted(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { limit_rpm: { N: '0' } });
    for (let index = 0; index < 6; index += 1) {
      expect(denied(await ledger.reserve(ask([scope])))).toMatchObject({ limit: 'limit_rpm', limitValue: 0, used: 12 });
    }
    await bench.edit(scope, { limit_rpm: { N: '80' } });
    expect((await fill(ledger, scope, {})).inside).toHaveLength(68);
    await bench.edit(scope, { limit_rpm: undefined });
    expect(admitted(await ledger.reserve(ask([scope]))).reserved).toEqual([]);
  });

  it('is counted on all of them where it has no limits', async () => {
    const scope = team();
    await split(scope, 3);
    const ledger = bench.ledger();
    for (let index = 0; index < 12; index += 1) {
      await ledger.settle(admitted(await ledger.reserve(ask([scope]))), { tokens: 1, costNano: usd(0.5) }, NOON);
    }
    expect((await bench.show(scope)).month.usd).toBe(6);
    expect(await bench.item(`meter#${scope}#1`, 'meter')).toHaveProperty('month_nano');
    expect(await bench.item(`meter#${scope}#2`, 'meter')).toHaveProperty('month_nano');
  });

  it('is swept whichever shard a lost request was on', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 10, limit_parallel: 9 });
    await split(scope, 3);
    const lost = await Promise.all(
      Array.from({ length: 6 }, () => bench.ledger().reserve(ask([scope], { costNano: usd(0.25) }))),
    ).then((results) => results.map(admitted));
    await split(scope, 2);
    await sweepAll(lost);
    expect(await bench.show(scope)).toMatchObject({ inFlight: [], reservedUsd: 0, month: { usd: 1.5 } });
  });
});

async function sweepAll(lost: readonly Reservation[]): Promise<void> {
  const store = createUpkeepStore({ client: bench.client(), table: bench.table });
  const items = await store.due(expiryMinute(NOON + 10 * MINUTE));
  for (const item of items.filter(({ sk }) => lost.some(({ requestId }) => requestId === sk?.S))) {
    const record = parseOpenRecord(item);
    const decision = await store.claim(record, NOON);
    if (decision === undefined) throw new Error('Claimed by somebody else.');
    await store.release(record, decision, NOON);
    await store.close(record);
  }
}

describe('another number of shards', () => {
  it.each([
    [1, 5],
    [5, 1],
    [3, 8],
    [8, 3],
  ])('from %i to %i: nothing is forgotten, and what is left can be used', async (before, after) => {
    const scope = team();
    const limits = { limit_rpm: 60, limit_tpm: 6_000, limit_parallel: 48, budget_month_usd: 1.2, budget_day_usd: 1.5 };
    await bench.limit(scope, limits);
    if (before > 1) await split(scope, before);
    const ledger = bench.ledger();
    const running: Reservation[] = [];
    for (let index = 0; index < 24; index += 1) {
      const request = ask([scope], { tokens: 10, costNano: usd(0.02) });
      running.push(admitted(await ledger.reserve(request)));
    }
    for (const reservation of running.splice(0, 6)) {
      await ledger.settle(reservation, { tokens: 5, costNano: usd(0.01) }, NOON);
    }
    await split(scope, after);
    expect(await bench.show(scope)).toMatchObject({
      shards: after,
      minute: { requests: 24, tokens: 18 * 10 + 6 * 5 },
      inFlight: { length: 18 },
    });
    expect((await bench.show(scope)).month.usd).toBeCloseTo(18 * 0.02 + 6 * 0.01, 9);
    expect((await bench.show(scope)).day.usd).toBeCloseTo(18 * 0.02 + 6 * 0.01, 9);

    const { inside } = await fill(ledger, scope, { tokens: 10, costNano: usd(0.02) });
    const report = await bench.show(scope);
    expect(report.minute.requests).toBeLessThanOrEqual(60);
    expect(report.inFlight.length).toBeLessThanOrEqual(48);
    expect(report.month.usd).toBeLessThanOrEqual(1.2);
    // Of 48 that may be in flight 30 are left, and money for 57; both in pieces, of which some are too small.
    expect(inside.length).toBeGreaterThanOrEqual(20);
    for (const reservation of [...running, ...inside]) {
      await ledger.settle(reservation, { tokens: 10, costNano: usd(0.01) }, NOON);
    }
    expect(await bench.show(scope)).toMatchObject({ inFlight: [], reservedUsd: 0 });
    expect((await bench.show(scope)).month.usd).toBeCloseTo((24 + inside.length) * 0.01, 9);
    expect((await bench.show(scope)).day.usd).toBeCloseTo((24 + inside.length) * 0.01, 9);
  });

  it('typed into the item is made by the next request', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 9 });
    const ledger = bench.ledger();
    admitted(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { shards: { N: '3' } });
    const { inside } = await fill(bench.ledger(), scope, {});
    expect(inside).toHaveLength(8);
    expect((await bench.show(scope)).shards).toBe(3);
    await bench.edit(scope, { shards: { N: '1000' } });
    await expect(bench.ledger().reserve(ask([scope]))).rejects.toThrow('"shards" must be a whole number from 1 to 64');
  });

  it('under load loses nothing and admits no more', async () => {
    const scope = team();
    await bench.limit(scope, { limit_parallel: 1_000, budget_month_usd: 1 });
    const ledgers = Array.from({ length: 4 }, () => bench.ledger());
    let spent = 0;
    let refused = 0;
    const work = async (ledger: Ledger): Promise<void> => {
      for (let index = 0; index < 40; index += 1) {
        const result = await ledger.reserve(ask([scope], { costNano: usd(0.01) })).catch(() => undefined);
        if (result?.outcome !== 'admitted') {
          refused += 1;
          continue;
        }
        await ledger.settle(result.reservation, { tokens: 0, costNano: usd(0.004) }, NOON);
        spent += 0.004;
      }
    };
    const done = Promise.all(ledgers.map(work));
    for (const shards of [2, 4, 3, 1, 2]) {
      await split(scope, shards);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await done;
    expect((await bench.show(scope)).month.usd).toBeCloseTo(spent, 9);
    expect(spent).toBeLessThanOrEqual(1);
    expect(refused).toBeLessThan(80);
  });

  it.each([0, 1])(
    'while an answer is lost: what shard %i was charged is not charged again elsewhere',
    async (shard) => {
      const scope = team();
      await bench.limit(scope, { limit_parallel: 8, budget_month_usd: 1 });
      await split(scope, 2);
      const client = bench.client();
      let writes = 0;
      injectFaults(client, async ({ command, pk, input }) => {
        const isCharge = command === 'UpdateItemCommand' && String(input.UpdateExpression).includes('ADD');
        if (!isCharge || pk?.startsWith(`meter#${scope}`) !== true) return undefined;
        writes += 1;
        if (writes === 2) await split(scope, 1);
        return writes === 1 ? 'lost' : undefined;
      });
      // The order in which shards are tried.
      let draws = 0;
      const random = () => (draws++ % 2 === shard ? 0 : 0.5);
      const waiting = { random, sleep: async () => undefined };
      const ledger = createDynamoLedger({ client, table: bench.table, waiting });
      const reservation = admitted(await ledger.reserve(ask([scope], { costNano: usd(0.1) })));
      expect(writes).toBeGreaterThanOrEqual(2);
      expect((await bench.show(scope)).inFlight).toHaveLength(1);
      await ledger.settle(reservation, { tokens: 0, costNano: usd(0.04) }, NOON);
      expect(await bench.show(scope)).toMatchObject({ shards: 1, inFlight: [], reservedUsd: 0 });
      expect((await bench.show(scope)).month.usd).toBeCloseTo(0.04, 9);
    },
  );

  it('whose maker died is finished by the next one', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 1 });
    const before = bench.ledger();
    for (const _ of [1, 2, 3, 4]) admitted(await before.reserve(ask([scope], { costNano: usd(0.1) })));
    for (const survives of [1, 3, 5, 6]) {
      await bench.edit(scope, { shards: { N: String(2 + survives) } });
      let left = survives;
      const dying = bench.ledger(({ pk, command }) =>
        command === 'UpdateItemCommand' && pk?.startsWith(`meter#${scope}`) && left-- <= 0 ? 'unsent' : undefined,
      );
      await dying.reserve(ask([scope], { costNano: usd(0.1), nowMs: NOON + survives * MINUTE })).catch(() => undefined);
    }
    const later = NOON + 20 * MINUTE;
    const { inside } = await fill(bench.ledger(), scope, { costNano: usd(0.1), nowMs: later });
    const report = await bench.show(scope, later);
    expect(report.month.usd).toBeLessThanOrEqual(1);
    expect(report.month.usd).toBeGreaterThanOrEqual(0.4);
    expect(report.inFlight).toHaveLength(4 + inside.length);
  });
});
