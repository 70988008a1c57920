/** Reconciliation with a log that lags, of meters that never rest. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReconcileStore } from '../../../functions/adapters/dynamo-reconcile.ts';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import type { Ledger, Scope } from '../../../functions/core/ports.ts';
import { reconcile } from '../../../functions/upkeep/reconcile.ts';
import { injectFaults } from '../../support/dynamo-faults.ts';
import { admitted, ask, type Bench, MINUTE, NOON, startBench, usd } from './support.ts';

const DAY = 24 * 60 * MINUTE;
const LATE_MS = 90 * MINUTE;
/** The first midnight before noon. */
const MIDNIGHT = NOON - 12 * 60 * MINUTE;

let bench: Bench;
let made = 0;
const team = (): string => `team:p${++made}`;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

interface Logged {
  readonly atMs: number;
  readonly nano: number;
}

async function use(ledger: Ledger, scope: Scope, nano: number, nowMs: number): Promise<Logged> {
  const reservation = admitted(await ledger.reserve(ask([scope], { nowMs, costNano: 2 * nano })));
  await ledger.settle(reservation, { tokens: 1, costNano: nano }, nowMs);
  return { atMs: nowMs, nano };
}

interface Run {
  readonly apply?: boolean;
  readonly nowMs?: number;
  readonly lateMs?: number;
  readonly client?: ReturnType<Bench['client']>;
}

/** The log knows what it is told, and nothing of the last hour and a half. */
async function run(scope: Scope, rows: readonly Logged[], options: Run = {}) {
  const { apply = true, nowMs = NOON, lateMs = LATE_MS, client = bench.client() } = options;
  const spans: string[] = [];
  const log = {
    lateMs,
    async spend(fromMs: number, toMs: number) {
      spans.push(`${fromMs}-${toMs}`);
      const found = rows.filter(({ atMs }) => atMs >= fromMs && atMs < toMs && atMs < nowMs - lateMs);
      return new Map([[scope, found.reduce((sum, { nano }) => sum + nano, 0)]]);
    },
  };
  const all = await reconcile({
    store: createReconcileStore({ client, table: bench.table }, { random: Math.random, sleep: async () => undefined }),
    log,
    nowMs,
    apply,
  });
  if (lateMs > 0) expect(new Set(spans).size).toBe(spans.length);
  const result = all.find((each) => each.scope === scope);
  if (result === undefined) throw new Error(`${scope} was not looked at.`);
  return result;
}

describe('a meter that never rests', () => {
  it.each([
    ['that lags', LATE_MS],
    ['that does not', 0],
  ])('is held to the days that are over, by a log %s', async (_, lateMs) => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 1_000, budget_day_usd: 500 });
    const ledger = bench.ledger();
    const rows = [
      await use(ledger, scope, usd(1), NOON - 3 * DAY),
      await use(ledger, scope, usd(2), MIDNIGHT - MINUTE),
      // Of these the meter knows nothing; and someone has added four by hand.
      { atMs: NOON - 2 * DAY, nano: usd(0.5) },
    ];
    const month = Number((await bench.item(`meter#${scope}`, 'meter'))?.month_nano?.N);
    await bench.edit(scope, { month_nano: { N: String(month + usd(4)) } });

    let isOver = false;
    let today = 0;
    const traffic = Array.from({ length: 3 }, async () => {
      const own = bench.ledger();
      while (!isOver) {
        rows.push(await use(own, scope, usd(0.01), NOON));
        today += 0.01;
      }
    });
    while (rows.length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    const told = await run(scope, rows, { apply: false, lateMs });
    const repaired = await run(scope, rows, { lateMs });
    const again = await run(scope, rows, { lateMs });
    isOver = true;
    await Promise.all(traffic);
    const drift = { window: 'month', id: '2026-11', countedNano: usd(7), loggedNano: usd(3.5), driftNano: usd(3.5) };
    expect(told).toMatchObject({ state: 'differs', drifts: [drift] });
    expect(repaired).toMatchObject({ state: 'repaired', drifts: [drift] });
    expect(lateMs > 0 ? ['same'] : ['same', 'busy']).toContain(again.state);
    const report = await bench.show(scope);
    expect(report.day.usd).toBeCloseTo(today, 9);
    expect(report.month.usd).toBeCloseTo(3.5 + today, 9);
  });
});

describe('the days that are over', () => {
  it('of a provider are compared while it has a limit, since it is counted from then on', async () => {
    const scope: Scope = 'provider:counted-at-times';
    await use(bench.ledger(), scope, usd(1), NOON - DAY);
    const rows = [{ atMs: NOON - DAY, nano: usd(8) }];
    expect(await run(scope, rows)).toEqual({ scope, drifts: [], state: 'same' });
    expect((await bench.show(scope)).month.usd).toBe(1);
    await bench.limit(scope, { budget_month_usd: 100 });
    expect(await run(scope, rows)).toMatchObject({ state: 'repaired', drifts: [{ driftNano: -usd(7) }] });
    expect((await bench.show(scope)).month.usd).toBe(8);
  });

  it('are not put right twice when an answer is lost, nor by two at once', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 100 });
    const rows = [await use(bench.ledger(), scope, usd(1), NOON - DAY), { atMs: NOON - DAY, nano: usd(2) }];
    const client = bench.client();
    let writes = 0;
    injectFaults(client, ({ command }) => (command === 'UpdateItemCommand' && writes++ < 2 ? 'lost' : undefined));
    expect(await run(scope, rows, { client })).toMatchObject({ state: 'repaired' });
    expect(writes).toBeGreaterThan(1);
    expect((await bench.show(scope)).month.usd).toBe(3);
    rows.push({ atMs: NOON - DAY, nano: usd(4) });
    await Promise.all([1, 2, 3].map((minutes) => run(scope, rows, { nowMs: NOON + minutes * MINUTE })));
    expect((await bench.show(scope)).month.usd).toBe(7);
  });

  it('are not judged before their rows have come, nor on the first of a month', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 100 });
    const rows = [await use(bench.ledger(), scope, usd(1), MIDNIGHT - MINUTE)];
    expect(await run(scope, rows, { nowMs: MIDNIGHT + 60 * MINUTE })).toMatchObject({ state: 'busy' });
    expect(await run(scope, rows, { nowMs: MIDNIGHT + 120 * MINUTE })).toMatchObject({ state: 'same' });
    const first = Date.UTC(2026, 11, 1, 12);
    await use(bench.ledger(), scope, usd(3), first);
    expect(await run(scope, [], { nowMs: first })).toMatchObject({
      state: 'same',
      drifts: [{ id: '2026-12', countedNano: 0 }],
    });
  });

  it('leave out what is in flight since, and wait for what is being settled', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 100 });
    let isDead = false;
    const ledger = bench.ledger(({ pk }) => (isDead && pk === `meter#${scope}` ? 'unsent' : undefined));
    const request = ask([scope], { nowMs: MIDNIGHT - MINUTE, costNano: usd(5) });
    const open = admitted(await ledger.reserve(request));
    expect(await run(scope, [])).toMatchObject({ state: 'same', drifts: [{ openNano: usd(5), driftNano: 0 }] });
    isDead = true;
    await ledger.settle(open, { tokens: 1, costNano: usd(2) }, NOON).catch(() => undefined);
    expect(await run(scope, [{ atMs: MIDNIGHT - MINUTE, nano: usd(2) }])).toMatchObject({ state: 'busy' });
    expect((await bench.show(scope)).month.usd).toBe(5);
  });

  it('are those of the scope, on all of its shards, in a month that the meter has not seen, too', async () => {
    const scope = team();
    const access = { client: bench.client(), table: bench.table };
    await setLimits({ ...access, scope, limits: { budget_month_usd: 80 }, timeZone: 'Asia/Tokyo', shards: 4 });
    const ledger = bench.ledger();
    // Still October in UTC, the first of November there.
    const first = Date.UTC(2026, 9, 31, 20);
    const rows = [await use(ledger, scope, usd(7), first - DAY)];
    rows.push({ atMs: first, nano: usd(6) });
    expect(await run(scope, rows)).toMatchObject({ state: 'repaired', drifts: [{ driftNano: usd(-6) }] });
    expect((await bench.show(scope)).month).toEqual({ id: '2026-11', usd: 6 });
    for (let index = 0; index < 8; index += 1) rows.push(await use(ledger, scope, usd(0.5), NOON - DAY));
    rows.push({ atMs: NOON - DAY, nano: usd(-7) });
    expect(await run(scope, rows, { nowMs: NOON + MINUTE })).toMatchObject({ state: 'repaired' });
    expect((await bench.show(scope)).month.usd).toBeCloseTo(3, 9);
  });

  it('lose markers that nobody is left to settle', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 100 });
    const orphan = admitted(await bench.ledger().reserve(ask([scope], { nowMs: NOON - DAY, costNano: usd(2) })));
    for (const pk of partitionsOf(orphan)) await bench.remove(pk, orphan.requestId);
    expect(await run(scope, [])).toMatchObject({ state: 'repaired', drifts: [{ driftNano: usd(2) }] });
    expect(await bench.show(scope)).toMatchObject({ inFlight: [], month: { usd: 0 } });
  });
});

/** In one of which its record is. */
function partitionsOf({ expiresAtMs }: { readonly expiresAtMs: number }): readonly string[] {
  return Array.from({ length: 8 }, (_, bucket) => `open#${Math.ceil(expiresAtMs / MINUTE)}#${bucket}`);
}
