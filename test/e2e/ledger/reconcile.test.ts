import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReconcileStore } from '../../../functions/adapters/dynamo-reconcile.ts';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import type { Reservation, Scope } from '../../../functions/core/ports.ts';
import { expiryMinute } from '../../../functions/ledger/markers.ts';
import { parseOpenRecord } from '../../../functions/ledger/open-record.ts';
import { reconcile } from '../../../functions/upkeep/reconcile.ts';
import { admitted, ask, type Bench, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
const team = (): string => `team:r${++made}`;
const ledgerRows: { readonly scopes: readonly Scope[]; readonly atMs: number; readonly nano: number }[] = [];

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

/** The request log of these tests: what they say was used. */
const log = {
  lateMs: 0,
  async spend(fromMs: number, toMs: number) {
    const sums = new Map<Scope, number>();
    for (const { scopes, atMs, nano } of ledgerRows) {
      if (atMs < fromMs || atMs >= toMs) continue;
      for (const scope of scopes) sums.set(scope, (sums.get(scope) ?? 0) + nano);
    }
    return sums;
  },
};

async function use(scopes: readonly Scope[], nano: number, nowMs = NOON): Promise<void> {
  const ledger = bench.ledger();
  const reservation = admitted(await ledger.reserve(ask(scopes, { nowMs, costNano: 2 * nano })));
  await ledger.settle(reservation, { tokens: 1, costNano: nano }, nowMs);
  ledgerRows.push({ scopes, atMs: nowMs, nano });
}

async function run(scope: Scope, apply: boolean, nowMs = NOON) {
  const store = createReconcileStore({ client: bench.client(), table: bench.table });
  const results = await reconcile({ store, log, nowMs, apply });
  const result = results.find((each) => each.scope === scope);
  if (result === undefined) throw new Error(`${scope} was not looked at.`);
  return result;
}

describe('reconciliation', () => {
  it('finds nothing where nothing went wrong, whatever is in flight', async () => {
    const [limited, counted] = [team(), team()];
    await bench.limit(limited, { budget_month_usd: 10, budget_day_usd: 10 });
    await use([limited, counted], usd(0.5), NOON - 24 * 3_600_000);
    await use([limited, counted], usd(0.25));
    const running = admitted(await bench.ledger().reserve(ask([limited, counted], { costNano: usd(3) })));
    for (const apply of [false, true]) {
      expect(await run(limited, apply)).toMatchObject({
        state: 'same',
        drifts: [
          { window: 'day', countedNano: usd(3.25), openNano: usd(3), loggedNano: usd(0.25), driftNano: 0 },
          { window: 'month', countedNano: usd(3.75), openNano: usd(3), loggedNano: usd(0.75), driftNano: 0 },
        ],
      });
      expect(await run(counted, apply)).toMatchObject({ state: 'same', drifts: [{ openNano: 0 }, { openNano: 0 }] });
    }
    await bench.ledger().settle(running, { tokens: 0, costNano: usd(1) }, NOON);
    ledgerRows.push({ scopes: [limited, counted], atMs: NOON, nano: usd(1) });
    expect(await run(limited, true)).toMatchObject({ state: 'same' });
    expect((await bench.show(limited)).month.usd).toBe(1.75);
  });

  it('holds a provider to the log while it has a limit, since it is counted from then on', async () => {
    const scope: Scope = 'provider:counted-at-times';
    await use([scope], usd(0.5));
    ledgerRows.push({ scopes: [scope], atMs: NOON, nano: usd(7) });
    expect(await run(scope, true)).toEqual({ scope, drifts: [], state: 'same' });
    expect((await bench.show(scope)).month.usd).toBe(0.5);
    await bench.limit(scope, { budget_month_usd: 10 });
    expect(await run(scope, true)).toMatchObject({ state: 'repaired', drifts: [{ driftNano: -usd(7) }, {}] });
    expect((await bench.show(scope)).month.usd).toBe(7.5);
  });

  it('knows what was reserved on top for a request in flight', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 10 });
    const ledger = bench.ledger();
    const running = admitted(await ledger.reserve(ask([scope], { costNano: usd(2) })));
    expect(await ledger.extend(running, usd(1))).toBeDefined();
    const openNano = usd(3);
    expect(await run(scope, true)).toMatchObject({ state: 'same', drifts: [{ openNano }, { openNano }] });
    await bench.edit(scope, { reserved_nano: { N: '7' } });
    await run(scope, true);
    expect((await bench.show(scope)).reservedUsd).toBe(3);
    await ledger.settle(running, { tokens: 0, costNano: usd(1.5) }, NOON);
    ledgerRows.push({ scopes: [scope], atMs: NOON, nano: usd(1.5) });
    expect(await run(scope, true)).toMatchObject({ state: 'same' });
    expect(await bench.show(scope)).toMatchObject({ month: { usd: 1.5 }, reservedUsd: 0 });
  });

  it('tells of a drift and changes nothing, or puts it right, upwards and downwards', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 10 });
    await use([scope], usd(1));
    const open = admitted(await bench.ledger().reserve(ask([scope], { costNano: usd(2) })));
    // Someone set it by hand; and a request was let through while the table was away.
    await bench.edit(scope, { month_nano: { N: String(usd(5)) } });
    ledgerRows.push({ scopes: [scope], atMs: NOON, nano: usd(0.5) });
    expect(await run(scope, false)).toMatchObject({
      state: 'differs',
      drifts: [{ driftNano: usd(-0.5) }, { countedNano: usd(5), driftNano: usd(1.5) }],
    });
    expect((await bench.show(scope)).month.usd).toBe(5);
    expect(await run(scope, true)).toMatchObject({ state: 'repaired' });
    expect(await bench.show(scope)).toMatchObject({ month: { usd: 3.5 }, day: { usd: 3.5 }, reservedUsd: 2 });
    await bench.ledger().settle(open, { tokens: 0, costNano: usd(0.25) }, NOON);
    ledgerRows.push({ scopes: [scope], atMs: NOON, nano: usd(0.25) });
    expect(await run(scope, true)).toMatchObject({ state: 'same' });
    expect((await bench.show(scope)).month.usd).toBe(1.75);
  });

  it('spreads what it finds over the shards', async () => {
    const scope = team();
    const access = { client: bench.client(), table: bench.table };
    await setLimits({ ...access, scope, limits: { budget_month_usd: 8 }, shards: 4, nowMs: NOON });
    for (let index = 0; index < 8; index += 1) await use([scope], usd(0.1));
    ledgerRows.push({ scopes: [scope], atMs: NOON, nano: usd(1) });
    await run(scope, true);
    expect((await bench.show(scope)).month.usd).toBeCloseTo(1.8, 9);
    ledgerRows.push({ scopes: [scope], atMs: NOON, nano: -usd(1.5) });
    await run(scope, true);
    expect((await bench.show(scope)).month.usd).toBeCloseTo(0.3, 9);
    expect(await run(scope, false)).toMatchObject({ state: 'same' });
  });

  it('uses the days and months of the scope', async () => {
    const scope = team();
    const access = { client: bench.client(), table: bench.table };
    await setLimits({ ...access, scope, limits: { budget_day_usd: 9 }, timeZone: 'Asia/Tokyo' });
    // 1 December there, 30 November in UTC.
    const nowMs = Date.UTC(2026, 10, 30, 16);
    await use([scope], usd(1), nowMs - 2 * 3_600_000);
    await use([scope], usd(2), nowMs);
    expect(await run(scope, false, nowMs)).toMatchObject({
      state: 'same',
      drifts: [
        { id: '2026-12-01', loggedNano: usd(2) },
        { id: '2026-12', loggedNano: usd(2) },
      ],
    });
  });

  it('lets a settlement finish that broke off, and then counts it once', async () => {
    const [scope, broken] = [team(), team()];
    await bench.limit(scope, { budget_month_usd: 10 });
    await bench.limit(broken, { budget_month_usd: 10 });
    let dead = false;
    const dying = bench.ledger(({ pk }) => (dead && pk === `meter#${broken}` ? 'unsent' : undefined));
    const lost = admitted(await dying.reserve(ask([scope, broken], { costNano: usd(2) })));
    dead = true;
    await dying.settle(lost, { tokens: 0, costNano: usd(1) }, NOON).catch(() => undefined);
    ledgerRows.push({ scopes: [scope, broken], atMs: NOON, nano: usd(1) });
    expect(await run(broken, true)).toMatchObject({ state: 'busy' });
    await end(lost);
    expect(await run(broken, true)).toMatchObject({ state: 'same' });
    expect((await bench.show(broken)).month.usd).toBe(1);
  });

  it('takes out markers that nobody is left to settle, with what was reserved for them', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 10, limit_parallel: 5 });
    const ledger = bench.ledger(({ command }) => (command === 'PutItemCommand' ? 'unsent' : undefined));
    const gone = bench.ledger();
    const orphan = admitted(await gone.reserve(ask([scope], { costNano: usd(2) })));
    await ledger.reserve(ask([scope], { costNano: usd(1) })).catch(() => undefined);
    const { pk, sk } = await recordKeyOf(orphan);
    await bench.remove(pk, sk);
    const later = NOON + 20 * 60_000;
    expect(await run(scope, true, later)).toMatchObject({ state: 'repaired' });
    expect(await bench.show(scope, later)).toMatchObject({ inFlight: [], reservedUsd: 0, month: { usd: 0 } });
  });

  it('names a meter that cannot be read, and goes on', async () => {
    const scope = team();
    await bench.edit(scope, { kind: { S: 'meter' }, limit_rpm: { S: 'many' } });
    expect(await run(scope, true)).toMatchObject({
      state: 'unreadable',
      problem: expect.stringContaining('limit_rpm'),
    });
    await bench.edit(scope, { limit_rpm: undefined });
  });
});

async function end(lost: Reservation): Promise<void> {
  const store = createUpkeepStore({ client: bench.client(), table: bench.table });
  for (const item of await store.due(expiryMinute(lost.expiresAtMs))) {
    if (item.sk?.S !== lost.requestId) continue;
    const record = parseOpenRecord(item);
    const decision = await store.claim(record, NOON);
    if (decision === undefined) throw new Error('Claimed by somebody else.');
    await store.release(record, decision, NOON);
    await store.close(record);
  }
}

async function recordKeyOf({ requestId, expiresAtMs }: Reservation) {
  const store = createUpkeepStore({ client: bench.client(), table: bench.table });
  const item = (await store.due(expiryMinute(expiresAtMs))).find(({ sk }) => sk?.S === requestId);
  return { pk: item?.pk?.S ?? '', sk: item?.sk?.S ?? '' };
}
