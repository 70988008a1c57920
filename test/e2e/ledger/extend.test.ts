/** More money for a reservation that stands: within the budgets, once, and ended exactly whatever happens in between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import type { Row } from '../../../functions/records/row.ts';
import { sweep } from '../../../functions/upkeep/sweep.ts';
import type { Decide, Fault } from '../../support/dynamo-faults.ts';
import { admitted, ask, type Bench, isAdmitted, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
const team = (): string => `team:e${++made}`;
const REST = { reservedUsd: 0, inFlight: [] };

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const isWrite = (command: string): boolean => command === 'UpdateItemCommand';
/** The first `times` writes of items whose key begins so go wrong. */
const failing = (pk: string, fault: Fault, times: number): Decide => {
  let left = times;
  return ({ command, pk: at }) => (isWrite(command) && at?.startsWith(pk) === true && left-- > 0 ? fault : undefined);
};

async function sweepLater(): Promise<readonly Row[]> {
  const nowMs = NOON + 20 * MINUTE;
  const rows: Row[] = [];
  await bench.remove('upkeep', 'sweep');
  const store = createUpkeepStore({ client: bench.client(), table: bench.table });
  const log = { write: async (row: Row) => void rows.push(row) };
  const swept = await sweep({ clock: { now: () => nowMs }, store, log, report: () => undefined }, nowMs + MINUTE);
  expect(swept).toMatchObject({ failed: 0 });
  return rows;
}

describe('a reservation that is extended', () => {
  it('reserves the money on all its scopes, and nothing else', async () => {
    const [first, second, counted] = [team(), team(), team()];
    const limits = { limit_rpm: 1, limit_tpm: 100, limit_parallel: 1, budget_day_usd: 2, budget_month_usd: 5 };
    await bench.limit(first, limits);
    await bench.limit(second, { limit_rpm: 1 });
    const ledger = bench.ledger();
    const request = ask([first, second, counted], { tokens: 100, costNano: usd(1) });
    const reservation = admitted(await ledger.reserve(request));
    const before = ledger.calls.length;
    const once = await ledger.extend(reservation, usd(0.25));
    expect(ledger.calls.slice(before).map(({ command }) => command)).toEqual([
      'BatchGetItemCommand',
      'UpdateItemCommand',
      'UpdateItemCommand',
      'UpdateItemCommand',
    ]);
    const twice = once && (await ledger.extend(once, usd(0.5)));
    expect(twice?.raises).toEqual([usd(0.25), usd(0.5)]);
    const reserved = { day: { usd: 1.75 }, month: { usd: 1.75 }, reservedUsd: 1.75, inFlight: { length: 1 } };
    expect(await bench.show(first)).toMatchObject({ ...reserved, minute: { requests: 1, tokens: 100 } });
    expect(await bench.show(second)).toMatchObject({ ...reserved, minute: { requests: 1 } });
    expect(twice && (await ledger.extend(twice, usd(0.5)))).toBeUndefined();
    expect(await bench.show(first)).toMatchObject(reserved);
    if (twice !== undefined) await ledger.settle(twice, { tokens: 40, costNano: usd(1.5) }, NOON);
    for (const scope of [first, second, counted]) {
      expect(await bench.show(scope)).toMatchObject({ ...REST, day: { usd: 1.5 }, month: { usd: 1.5 } });
      expect((await bench.item(`meter#${scope}`, 'meter'))?.raised).toBeUndefined();
    }
    expect((await bench.show(first)).minute.tokens).toBe(40);
    expect(await bench.openRecords()).not.toContain(request.requestId);
  });

  it('holds to a budget that was lowered a moment ago, and takes one that was raised', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 5 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { costNano: usd(1) })));
    await bench.limit(scope, { budget_month_usd: 1.5 });
    expect(await ledger.extend(reservation, usd(1))).toBeUndefined();
    await bench.limit(scope, { budget_month_usd: 2 });
    expect(await ledger.extend(reservation, usd(1))).toBeDefined();
    await ledger.cancel(reservation, NOON);
    expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: 0 } });
  });

  it('is not, once it is settled', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 5 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { costNano: usd(1) })));
    await ledger.settle(reservation, { tokens: 0, costNano: usd(1) }, NOON);
    expect(await ledger.extend(reservation, usd(1))).toBeUndefined();
    expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: 1 } });
  });

  it('is not, where its day is over', async () => {
    const scope = team();
    await bench.limit(scope, { budget_day_usd: 5 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { costNano: usd(1) })));
    const nowMs = NOON + 13 * 60 * MINUTE;
    const next = admitted(await ledger.reserve(ask([scope], { nowMs, costNano: usd(2) })));
    expect(await ledger.extend(reservation, usd(1))).toBeUndefined();
    for (const each of [reservation, next]) await ledger.settle(each, { tokens: 0, costNano: 0 }, nowMs);
    expect(await bench.show(scope, nowMs)).toMatchObject({ ...REST, month: { usd: 0 } });
  });

  it('stays on its shard, and within its share of the budget', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 8 });
    await bench.put({ ...(await bench.item(`meter#${scope}`, 'meter')), shards: { N: '2' } } as never);
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(ask([scope], { costNano: usd(2) })));
    const more = await ledger.extend(reservation, usd(2));
    expect(more).toBeDefined();
    expect(more && (await ledger.extend(more, 1))).toBeUndefined();
    expect(await bench.show(scope)).toMatchObject({ month: { usd: 4 }, reservedUsd: 4 });
    if (more !== undefined) await ledger.settle(more, { tokens: 0, costNano: usd(3) }, NOON);
    expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: 3 } });
  });

  it('never passes a budget, however many ask at once', async () => {
    const [wide, narrow] = [team(), team()];
    await bench.limit(wide, { budget_month_usd: 100 });
    await bench.limit(narrow, { budget_month_usd: 15 });
    const ledgers = [bench.ledger(), bench.ledger()];
    const running = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const ledger = ledgers[index % 2] ?? bench.ledger();
        return { ledger, reservation: admitted(await ledger.reserve(ask([wide, narrow], { costNano: usd(1) }))) };
      }),
    );
    const extended = await Promise.all(
      running.map(async ({ ledger, reservation }) => ({ ledger, more: await ledger.extend(reservation, usd(1)) })),
    );
    // Those that were refused in the race hold nothing on the one that had no room.
    expect(extended.filter(({ more }) => more !== undefined)).toHaveLength(5);
    expect((await bench.show(narrow)).month.usd).toBe(15);
    await Promise.all(
      running.map(({ ledger, reservation }) => ledger.settle(reservation, { tokens: 0, costNano: usd(0.5) }, NOON)),
    );
    for (const scope of [wide, narrow]) {
      expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: 5 } });
      expect((await bench.item(`meter#${scope}`, 'meter'))?.raised).toBeUndefined();
    }
  });
});

describe.each(['lost', 'unsent', 'throttled', 'error-500'] as const)('a write of an extension that is %s', (fault) => {
  it.each(['meter#', 'open#'])('changes nothing where a repeat gets through (%s)', async (pk) => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 5 });
    const reservation = admitted(await bench.ledger().reserve(ask([scope], { costNano: usd(1) })));
    const more = await bench.ledger(failing(pk, fault, 2)).extend(reservation, usd(1));
    expect(more).toBeDefined();
    expect(await bench.show(scope)).toMatchObject({ month: { usd: 2 }, reservedUsd: 2 });
    await bench.ledger(failing(pk, fault, 2)).settle(reservation, { tokens: 0, costNano: usd(1.5) }, NOON);
    expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: 1.5 } });
  });

  it.each(['meter#', 'open#'])('is an error where none does, and is settled exactly (%s)', async (pk) => {
    const [first, second] = [team(), team()];
    for (const scope of [first, second]) await bench.limit(scope, { budget_month_usd: 5 });
    const reservation = admitted(await bench.ledger().reserve(ask([first, second], { costNano: usd(1) })));
    const at = pk === 'meter#' ? `meter#${second}` : pk;
    // An answer that is lost once, and then no answer.
    let writes = 0;
    const ledger = bench.ledger(({ command, pk: on }) => {
      if (!isWrite(command) || on?.startsWith(at) !== true) return undefined;
      writes += 1;
      return writes === 1 ? fault : 'unsent';
    });
    await ledger.extend(reservation, usd(1)).then(
      // Not applied, as the item says; or applied, and told by the condition of a repeat.
      (more) => expect(fault === 'lost' || more === undefined).toBe(true),
      (error: unknown) => expect(error).toMatchObject({ kind: 'ledger-unavailable' }),
    );
    await bench.ledger().settle(reservation, { tokens: 0, costNano: usd(0.75) }, NOON);
    for (const scope of [first, second]) {
      expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: 0.75 } });
    }
  });
});

describe('a process that dies while it extends', () => {
  const extendUntil = async (decide: (scopes: readonly string[]) => Decide, budgets = [5, 5]) => {
    const scopes = budgets.map(team);
    for (const [index, scope] of scopes.entries()) {
      await bench.limit(scope, { budget_month_usd: budgets[index] ?? 0, limit_parallel: 2 });
    }
    const request = ask(scopes, { costNano: usd(1) });
    const reservation = admitted(await bench.ledger().reserve(request));
    await bench
      .ledger(decide(scopes))
      .extend(reservation, usd(1))
      .catch(() => undefined);
    const row = async () => (await sweepLater()).find(({ request_id: id }) => id === request.requestId);
    return { scopes, row };
  };
  const ended = async (scopes: readonly string[], amount: number): Promise<void> => {
    for (const scope of scopes) {
      expect(await bench.show(scope)).toMatchObject({ ...REST, month: { usd: amount } });
      expect((await bench.item(`meter#${scope}`, 'meter'))?.raised).toBeUndefined();
    }
  };

  it('before any meter has it: only the first estimate counts', async () => {
    const { scopes, row } = await extendUntil(
      () =>
        ({ pk }) =>
          pk?.startsWith('meter#') ? 'unsent' : undefined,
    );
    expect(await row()).toMatchObject({ cost_nano_usd: usd(1) });
    await ended(scopes, 1);
  });

  it('when one of two meters has it: that one gives it back, for nothing was sent', async () => {
    const { scopes, row } = await extendUntil(
      ([first]) =>
        ({ command, pk }) =>
          isWrite(command) && pk === `meter#${first}` ? 'unsent' : undefined,
    );
    expect((await bench.show(scopes[1] ?? '')).month.usd).toBe(2);
    expect(await row()).toMatchObject({ cost_nano_usd: usd(1), reserved_nano_usd: usd(2) });
    await ended(scopes, 1);
  });

  it('when all have it: all of it counts, for an attempt may have been sent', async () => {
    const { scopes, row } = await extendUntil(() => () => undefined);
    expect(await row()).toMatchObject({ cost_nano_usd: usd(2), reserved_nano_usd: usd(2) });
    await ended(scopes, 2);
  });

  it('leaves nothing on a full meter: the marks of the dead go with their markers', async () => {
    const { scopes } = await extendUntil(() => () => undefined);
    const [scope = ''] = scopes;
    const nowMs = NOON + 30 * MINUTE;
    const others = () => ask([scope], { nowMs });
    for (const _ of [1, 2]) expect(isAdmitted(await bench.ledger().reserve(others()))).toBe(true);
    expect((await bench.item(`meter#${scope}`, 'meter'))?.raised).toBeUndefined();
  });
});
