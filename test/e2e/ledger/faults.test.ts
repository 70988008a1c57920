import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoLedger } from '../../../functions/adapters/dynamo-ledger.ts';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import { sweep } from '../../../functions/upkeep/sweep.ts';
import { type Fault, injectFaults } from '../../support/dynamo-faults.ts';
import { admitted, ask, type Bench, denied, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
const team = (): string => `team:f${++made}`;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

/** The first `times` writes of an item go wrong. */
const failing = (pk: () => string, fault: Fault, times = 1) => {
  let left = times;
  return ({ command, pk: at }: { command: string; pk: string | undefined }): Fault | undefined => {
    if (command === 'GetItemCommand' || at === undefined || !at.startsWith(pk()) || left === 0) return undefined;
    left -= 1;
    return fault;
  };
};

describe.each(['lost', 'unsent', 'throttled', 'error-500'] as const)('a write that is %s', (fault) => {
  it('is charged once, reserved and settled', async () => {
    const [scope, counted] = [team(), team()];
    await bench.limit(scope, { limit_rpm: 10, limit_tpm: 1_000, limit_parallel: 5, budget_day_usd: 5 });
    const reserving = bench.ledger(failing(() => `meter#${scope}`, fault, 2));
    const reservation = admitted(await reserving.reserve(ask([scope, counted], { tokens: 100, costNano: usd(1) })));
    expect(await bench.show(scope)).toMatchObject({
      minute: { requests: 1, tokens: 100 },
      day: { usd: 1 },
      reservedUsd: 1,
      inFlight: [{ request: reservation.requestId.slice(-10) }],
    });
    const settling = bench.ledger(failing(() => `meter#${scope}`, fault, 2));
    await settling.settle(reservation, { tokens: 40, costNano: usd(0.5) }, NOON);
    expect(await bench.show(scope)).toMatchObject({
      minute: { requests: 1, tokens: 40 },
      day: { usd: 0.5 },
      reservedUsd: 0,
      inFlight: [],
    });
  });

  it('is charged once on a meter that is in use: its windows stand, and others are in flight', async () => {
    const scope = team();
    const limits = { limit_rpm: 10, limit_tpm: 1_000, limit_parallel: 5, budget_day_usd: 5, budget_month_usd: 50 };
    await bench.limit(scope, limits);
    const others = bench.ledger();
    for (const _ of [1, 2]) admitted(await others.reserve(ask([scope], { tokens: 10, costNano: usd(0.1) })));
    const isMeter = failing(() => `meter#${scope}`, fault, 2);
    let isBad = false;
    const ledger = bench.ledger((call) => (isBad ? isMeter(call) : undefined));
    await ledger.room([scope], NOON);
    isBad = true;
    const reservation = admitted(await ledger.reserve(ask([scope], { tokens: 100, costNano: usd(1) })));
    const reserved = { minute: { requests: 3, tokens: 120 }, day: { usd: 1.2 }, month: { usd: 1.2 }, reservedUsd: 1.2 };
    expect(await bench.show(scope)).toMatchObject({ ...reserved, inFlight: { length: 3 } });
    const settling = bench.ledger(failing(() => `meter#${scope}`, fault, 2));
    await settling.settle(reservation, { tokens: 40, costNano: usd(0.5) }, NOON);
    const settled = { minute: { requests: 3, tokens: 60 }, day: { usd: 0.7 }, month: { usd: 0.7 }, reservedUsd: 0.2 };
    expect(await bench.show(scope)).toMatchObject({ ...settled, inFlight: { length: 2 } });
  });

  it('of a scope that is only counted is counted once', async () => {
    const scope = team();
    const used = { tokens: 1, costNano: usd(0.5) };
    const before = admitted(await bench.ledger().reserve(ask([scope])));
    await bench.ledger().settle(before, used, NOON);
    const ledger = bench.ledger(failing(() => `meter#${scope}`, fault));
    await ledger.settle(admitted(await ledger.reserve(ask([scope]))), used, NOON);
    expect((await bench.show(scope)).month.usd).toBe(1);
  });

  it('of the record changes nothing', async () => {
    const [scope, counted] = [team(), team()];
    await bench.limit(scope, { budget_day_usd: 5 });
    // Opening it, then deciding, then closing.
    let step = 0;
    const ledger = bench.ledger(({ command, pk }) =>
      pk?.startsWith('open#') && command !== 'GetItemCommand' && step++ % 2 === 0 ? fault : undefined,
    );
    const reservation = admitted(await ledger.reserve(ask([scope, counted], { costNano: usd(1) })));
    await ledger.settle(reservation, { tokens: 0, costNano: usd(0.5) }, NOON);
    expect(step).toBe(6);
    expect(await bench.show(scope)).toMatchObject({ day: { usd: 0.5 }, inFlight: [], reservedUsd: 0 });
    expect((await bench.show(counted)).day.usd).toBe(0.5);
    expect(await bench.openRecords()).not.toContain(reservation.requestId);
  });
});

describe('a reservation whose answer is lost', () => {
  it('belongs to the windows that it was charged to, though others have moved them on since', async () => {
    const scope = team();
    await bench.limit(scope, { limit_tpm: 1_000, budget_day_usd: 5 });
    const other = bench.ledger();
    let writes = 0;
    const ledger = bench.ledger(async ({ command, pk }) => {
      if (pk !== `meter#${scope}` || command !== 'UpdateItemCommand') return undefined;
      writes += 1;
      if (writes === 2) admitted(await other.reserve(ask([scope], { nowMs: NOON + 30_000, tokens: 200 })));
      return writes === 1 ? 'lost' : undefined;
    });
    const reservation = admitted(await ledger.reserve(ask([scope], { tokens: 500 })));
    expect(reservation.reserved[0]?.slot).toBe(NOON / 3_000);
    await ledger.settle(reservation, { tokens: 100, costNano: 0 }, NOON + 40_000);
    expect((await bench.show(scope, NOON + 62_999)).minute).toEqual({ requests: 2, tokens: 300 });
    expect((await bench.show(scope, NOON + 63_000)).minute).toEqual({ requests: 1, tokens: 200 });
  });
});

describe('a store that stays away', () => {
  it.each(['unsent', 'throttled', 'error-500'] as const)(
    '(%s) is an error after a bounded number of tries',
    async (fault) => {
      const scope = team();
      await bench.limit(scope, { limit_rpm: 10 });
      const ledger = bench.ledger(({ pk }) => (pk === `meter#${scope}` ? fault : undefined));
      await expect(ledger.reserve(ask([scope]))).rejects.toMatchObject({
        kind: 'ledger-unavailable',
        retryAfterMs: 1_000,
      });
      expect(ledger.calls.filter(({ pk }) => pk === `meter#${scope}`)).toHaveLength(3);
    },
  );

  it('is not asked again where asking cannot help, and AWS’s own words stay inside', async () => {
    const ledger = bench.ledger(() => 'denied');
    const failure = await ledger.reserve(ask([team()])).catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'ledger-unavailable' });
    expect((failure as Error).message).toContain('AccessDeniedException');
    expect((failure as Error).message).not.toContain('arn:');
    expect(((failure as Error).cause as Error).message).toContain('arn:');
    expect(ledger.calls).toHaveLength(1);
  });

  it('but can be read tells that a write got through, though every answer to it is lost', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 10 });
    let applied = 0;
    const ledger = bench.ledger(({ pk }) => (pk === `meter#${scope}` && applied++ === 0 ? 'lost' : undefined));
    admitted(await ledger.reserve(ask([scope])));
    expect(applied).toBe(2);
    expect((await bench.show(scope)).minute.requests).toBe(1);
  });

  it('for one meter gives back what the others gave, and leaves the record to upkeep', async () => {
    const [good, bad] = [team(), team()];
    await bench.limit(good, { limit_rpm: 10, limit_tpm: 1_000, budget_day_usd: 5 });
    await bench.limit(bad, { limit_rpm: 10 });
    const ledger = bench.ledger(({ pk }) => (pk === `meter#${bad}` ? 'unsent' : undefined));
    const request = ask([good, bad], { tokens: 10, costNano: usd(1) });
    await expect(ledger.reserve(request)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    expect(await bench.show(good)).toMatchObject({
      minute: { requests: 0, tokens: 0 },
      day: { usd: 0 },
      reservedUsd: 0,
      inFlight: [],
    });
    expect(await bench.openRecords()).toContain(request.requestId);
  });

  it('for the record gives everything back', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 10 });
    const ledger = bench.ledger(({ command }) => (command === 'PutItemCommand' ? 'throttled' : undefined));
    const request = ask([scope]);
    await expect(ledger.reserve(request)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    expect(await bench.show(scope)).toMatchObject({ minute: { requests: 0 }, inFlight: [] });
  });

  it('when what a denial gives back cannot be given: denied all the same, and the record stays', async () => {
    const [wide, narrow] = [team(), team()];
    await bench.limit(wide, { limit_rpm: 10 });
    await bench.limit(narrow, { limit_rpm: 1 });
    const other = bench.ledger();
    let writes = 0;
    const ledger = bench.ledger(({ pk }) => (pk === `meter#${wide}` && ++writes > 1 ? 'unsent' : undefined));
    await ledger.room([wide, narrow], NOON);
    admitted(await other.reserve(ask([narrow])));
    const request = ask([wide, narrow]);
    expect(denied(await ledger.reserve(request)).scope).toBe(narrow);
    expect(await bench.openRecords()).toContain(request.requestId);
    expect((await bench.show(wide)).inFlight).toHaveLength(1);
  });
});

/** What upkeep makes of it once the reservation has expired. */
async function sweepLater(): Promise<void> {
  const nowMs = NOON + 20 * MINUTE;
  // Another sweep may have come as far.
  await bench.remove('upkeep', 'sweep');
  const store = createUpkeepStore({ client: bench.client(), table: bench.table });
  const log = { write: async () => undefined };
  const report = () => undefined;
  expect(await sweep({ clock: { now: () => nowMs }, store, log, report }, nowMs + MINUTE)).toMatchObject({ failed: 0 });
}

describe('a charge whose answer is lost, in a reservation that fails', () => {
  /** Its minute is over by then. */
  const untouched = { day: { usd: 0 }, reservedUsd: 0, inFlight: [] };
  const charge = { tokens: 10, costNano: usd(1) };

  it('is taken back by upkeep, though the limits could not be read anew either', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 10, budget_day_usd: 5 });
    let isBad = false;
    let writes = 0;
    const ledger = bench.ledger(({ command, pk }) => {
      if (!isBad) return undefined;
      if (command === 'BatchGetItemCommand') return 'unsent';
      if (pk !== `meter#${scope}`) return undefined;
      writes += 1;
      return writes === 1 ? 'lost' : 'unsent';
    });
    await ledger.room([scope], NOON);
    isBad = true;
    await expect(ledger.reserve(ask([scope], charge))).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    expect(writes).toBe(3);
    expect((await bench.show(scope)).inFlight).toHaveLength(1);
    await sweepLater();
    expect(await bench.show(scope)).toMatchObject(untouched);
  });

  it('is taken back by upkeep, though the breaker opened before the item could be looked at', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 10, budget_day_usd: 5 });
    let isOpen = false;
    const breaker = {
      closedForMs: () => (isOpen ? 500 : undefined),
      succeeded: () => undefined,
      failed: () => undefined,
    };
    const client = bench.client();
    let writes = 0;
    injectFaults(client, ({ pk }) => {
      if (pk !== `meter#${scope}`) return undefined;
      writes += 1;
      // The second one fails its condition: the first one was applied.
      if (writes === 2) isOpen = true;
      return writes === 1 ? 'lost' : undefined;
    });
    const waiting = { random: Math.random, sleep: async () => undefined, breaker };
    const ledger = createDynamoLedger({ client, table: bench.table, waiting });
    await ledger.room([scope], NOON);
    // Where the condition's failure brings the item, nobody has to ask for it.
    const result = await ledger.reserve(ask([scope], charge)).catch(() => undefined);
    isOpen = false;
    if (result !== undefined) await ledger.cancel(admitted(result), NOON);
    expect(writes).toBeGreaterThanOrEqual(2);
    await sweepLater();
    expect(await bench.show(scope)).toMatchObject(untouched);
  });
});

describe('an item that never stands still', () => {
  it('is given up after a bounded number of tries', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 10 });
    let edits = 0;
    // Before each write that would charge it, and so after each look, someone gets in first.
    const ledger = bench.ledger(async ({ pk, command, input }) => {
      if (pk === `meter#${scope}` && command === 'UpdateItemCommand' && String(input.UpdateExpression).includes('ADD'))
        await bench.limit(scope, { limit_rpm: 10 + ++edits });
      return undefined;
    });
    await expect(ledger.reserve(ask([scope]))).rejects.toMatchObject({
      kind: 'ledger-unavailable',
      message: expect.stringContaining('more shards'),
    });
    expect(edits).toBe(10);
  });
});
