import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import type { Row } from '../../../functions/records/row.ts';
import { sweep } from '../../../functions/upkeep/sweep.ts';
import type { Decide } from '../../support/dynamo-faults.ts';
import { injectFaults } from '../../support/dynamo-faults.ts';
import { admitted, ask, type Bench, denied, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
const team = (): string => `team:w${++made}`;
/** Every test has a time of its own: they share the table, and so the cursor, which only moves on. */
let hour = NOON;
const nextHour = async (): Promise<number> => {
  hour += 60 * MINUTE;
  await bench.put({ pk: { S: 'upkeep' }, sk: { S: 'sweep' }, minute: { N: String(hour / MINUTE) } });
  return hour;
};

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

function upkeepAt(nowMs: number, decide: Decide = () => undefined) {
  const client = bench.client();
  const calls = injectFaults(client, decide);
  const rows: Row[] = [];
  const reports: string[] = [];
  const upkeep = {
    clock: { now: () => nowMs },
    store: createUpkeepStore({ client, table: bench.table }),
    log: { write: async (row: Row) => void rows.push(row) },
    report: (_level: string, message: string) => void reports.push(message),
  };
  return { rows, reports, calls, run: () => sweep(upkeep, nowMs + MINUTE) };
}

const nothing = { inFlight: [], reservedUsd: 0 };

describe('a request whose process died', () => {
  it('counts its estimate on every scope, holds nothing any more, and has a row', async () => {
    const [limited, counted] = [team(), team()];
    const nowMs = await nextHour();
    await bench.limit(limited, { limit_rpm: 10, limit_parallel: 1, budget_month_usd: 50 });
    const about = { api: 'chat.completions', key_id: 'key_1', team: 'search', model: 'smart', stream: 'true' };
    const request = ask([limited, counted], { nowMs, tokens: 100, costNano: usd(2), about });
    admitted(await bench.ledger().reserve(request));

    const early = upkeepAt(nowMs + 10 * MINUTE - 1);
    expect(await early.run()).toMatchObject({ swept: 0, failed: 0 });
    const { rows, run } = upkeepAt(nowMs + 10 * MINUTE);
    expect(await run()).toMatchObject({ swept: 1, failed: 0, behindMinutes: 0 });
    expect(await bench.show(limited, nowMs + MINUTE)).toMatchObject({ ...nothing, month: { usd: 2 } });
    expect(await bench.show(counted, nowMs)).toMatchObject({ ...nothing, month: { usd: 2 } });
    expect(await bench.openRecords()).not.toContain(request.requestId);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      request_id: request.requestId,
      started_at: new Date(nowMs).toISOString().replace('T', ' ').replace('Z', ''),
      outcome: 'lost',
      usage_source: 'estimated',
      cost_nano_usd: usd(2),
      reserved_nano_usd: usd(2),
      api: 'chat.completions',
      key_id: 'key_1',
      team: 'search',
      model: 'smart',
      stream: true,
      provider: null,
    });
    expect(await run()).toMatchObject({ swept: 0 });
    expect(rows).toHaveLength(1);
  });

  it('counts what its gateway had decided, where it had', async () => {
    const [first, second, counted] = [team(), team(), team()];
    const nowMs = await nextHour();
    for (const scope of [first, second]) await bench.limit(scope, { limit_tpm: 1_000, budget_month_usd: 50 });
    let dead = false;
    const dying = bench.ledger(({ pk }) =>
      dead && pk !== `meter#${first}` && pk?.startsWith('meter#') ? 'unsent' : undefined,
    );
    const request = ask([first, second, counted], { nowMs, tokens: 100, costNano: usd(2) });
    const reservation = admitted(await dying.reserve(request));
    dead = true;
    await expect(dying.settle(reservation, { tokens: 60, costNano: usd(0.5) }, nowMs)).rejects.toThrow();
    const { rows, run } = upkeepAt(nowMs + 10 * MINUTE);
    expect(await run()).toMatchObject({ swept: 1, failed: 0 });
    for (const scope of [first, second, counted]) {
      expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 0.5 } });
    }
    expect((await bench.show(first, nowMs)).minute.tokens).toBe(60);
    expect(rows).toMatchObject([{ cost_nano_usd: usd(0.5), reserved_nano_usd: usd(2) }]);
  });

  it('before all its meters were charged counts on all of them, as its row says', async () => {
    const [charged, late] = [team(), team()];
    const nowMs = await nextHour();
    for (const scope of [charged, late]) await bench.limit(scope, { budget_month_usd: 50 });
    const request = ask([charged, late], { nowMs, costNano: usd(1) });
    // As if the process had died between the two writes.
    admitted(await bench.ledger().reserve({ ...request, scopes: [charged] }));
    const { pk } = await recordOf(request.requestId, nowMs);
    await bench.put({
      ...(await bench.item(pk, request.requestId)),
      scopes: { L: [{ S: charged }, { S: late }] },
    } as never);
    await upkeepAt(nowMs + 10 * MINUTE).run();
    for (const scope of [charged, late]) {
      expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 1 } });
    }
  });

  it('belongs to the day and month it began in', async () => {
    const counted = team();
    const midnight = Date.UTC(2026, 11, 1);
    hour = midnight - 60 * MINUTE;
    await nextHour();
    const request = ask([counted], { nowMs: midnight - 1_000, expiresAtMs: midnight + MINUTE, costNano: usd(1) });
    admitted(await bench.ledger().reserve(request));
    const newer = admitted(await bench.ledger().reserve(ask([counted], { nowMs: midnight + 2_000 })));
    await bench.ledger().settle(newer, { tokens: 0, costNano: usd(3) }, midnight + 3_000);
    const { rows, run } = upkeepAt(midnight + 2 * MINUTE);
    await run();
    expect(await bench.show(counted, midnight + 3_000)).toMatchObject({ month: { id: '2026-12', usd: 3 } });
    expect(rows).toMatchObject([{ request_id: request.requestId, started_at: '2026-11-30 23:59:59.000' }]);
  });
});

describe('a gateway that was only slow', () => {
  it('settles nothing twice after the sweep has been there', async () => {
    const [limited, counted] = [team(), team()];
    const nowMs = await nextHour();
    await bench.limit(limited, { budget_month_usd: 50 });
    const slow = bench.ledger();
    const reservation = admitted(await slow.reserve(ask([limited, counted], { nowMs, costNano: usd(2) })));
    await upkeepAt(nowMs + 10 * MINUTE).run();
    await slow.settle(reservation, { tokens: 0, costNano: usd(0.5) }, nowMs + 11 * MINUTE);
    for (const scope of [limited, counted]) {
      expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 2 } });
    }
  });
});

describe('a request that was refused', () => {
  it('and could not give everything back counts nothing once the sweep has been there', async () => {
    const [good, bad] = [team(), team()];
    const nowMs = await nextHour();
    for (const scope of [good, bad]) await bench.limit(scope, { limit_rpm: 5, limit_tpm: 1_000, budget_month_usd: 50 });
    // Written, but nobody hears of it: the gateway can only take it for failed.
    let charging = true;
    const ledger = bench.ledger(({ pk, command }) => {
      if (pk !== `meter#${bad}` || command !== 'UpdateItemCommand') return undefined;
      const fault = charging ? 'lost' : 'unsent';
      charging = false;
      return fault;
    });
    const request = ask([good, bad], { nowMs, tokens: 10, costNano: usd(2) });
    await expect(ledger.reserve(request)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    expect(await bench.show(bad, nowMs)).toMatchObject({ reservedUsd: 2, month: { usd: 2 } });
    const { rows, run } = upkeepAt(nowMs + 10 * MINUTE);
    expect(await run()).toMatchObject({ swept: 1 });
    for (const scope of [good, bad]) {
      expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 0 } });
    }
    expect(rows).toMatchObject([{ cost_nano_usd: 0, outcome: 'lost' }]);
  });

  it('and died before it could give back frees its slot', async () => {
    const [wide, narrow] = [team(), team()];
    const nowMs = await nextHour();
    await bench.limit(wide, { limit_rpm: 10 });
    await bench.limit(narrow, { limit_rpm: 1 });
    let writes = 0;
    const ledger = bench.ledger(({ pk }) => (pk === `meter#${wide}` && ++writes > 1 ? 'unsent' : undefined));
    await ledger.room([wide, narrow], nowMs);
    admitted(await bench.ledger().reserve(ask([narrow], { nowMs, expiresAtMs: nowMs + 100 * MINUTE })));
    denied(await ledger.reserve(ask([wide, narrow], { nowMs })));
    expect((await bench.show(wide, nowMs)).inFlight).toHaveLength(1);
    await upkeepAt(nowMs + 10 * MINUTE).run();
    expect(await bench.show(wide, nowMs)).toMatchObject(nothing);
    expect((await bench.show(narrow, nowMs)).inFlight).toHaveLength(1);
  });
});

describe('the sweep', () => {
  it('by three at once is one', async () => {
    const [limited, counted] = [team(), team()];
    const nowMs = await nextHour();
    await bench.limit(limited, { budget_month_usd: 50 });
    const ids = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const request = ask([limited, counted], { nowMs, costNano: usd(0.25) });
        return admitted(await bench.ledger().reserve(request)).requestId;
      }),
    );
    const sweepers = [1, 2, 3].map(() => upkeepAt(nowMs + 10 * MINUTE));
    await Promise.all(sweepers.map(({ run }) => run()));
    for (const scope of [limited, counted]) {
      expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 3 } });
    }
    expect(sweepers.flatMap(({ rows }) => rows.map((row) => row.request_id)).sort()).toEqual([...ids].sort());
  });

  it.each(['meter#', 'open#', 'upkeep'])('that dies at its writes to %s is finished by the next one', async (part) => {
    const [limited, counted] = [team(), team()];
    const nowMs = await nextHour();
    await bench.limit(limited, { limit_parallel: 5, budget_month_usd: 50 });
    admitted(await bench.ledger().reserve(ask([limited, counted], { nowMs, costNano: usd(2) })));
    for (const survives of [0, 1, 2, 3]) {
      let left = survives;
      const dying = upkeepAt(nowMs + (10 + 2 * survives) * MINUTE, ({ pk, command }) =>
        command !== 'GetItemCommand' && pk?.startsWith(part) && left-- <= 0 ? 'unsent' : undefined,
      );
      await dying.run().catch(() => undefined);
    }
    const { run } = upkeepAt(nowMs + 20 * MINUTE);
    expect(await run()).toMatchObject({ failed: 0 });
    for (const scope of [limited, counted]) {
      expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 2 } });
    }
  });

  it('skips no minute when it was away, bounded in each run', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 50 });
    const start = await nextHour();
    const ids: string[] = [];
    for (const minutes of [0, 61, 200, 239, 480]) {
      const request = ask([scope], { nowMs: start + minutes * MINUTE, costNano: usd(1) });
      ids.push(admitted(await bench.ledger().reserve(request)).requestId);
    }
    const nowMs = start + 500 * MINUTE;
    const first = upkeepAt(nowMs);
    expect((await first.run()).behindMinutes).toBeGreaterThan(100);
    expect(first.rows.length).toBeLessThan(5);
    const rest = [upkeepAt(nowMs), upkeepAt(nowMs), upkeepAt(nowMs)];
    for (const { run } of rest) await run();
    const rows = [first, ...rest].flatMap((each) => each.rows.map((row) => row.request_id));
    expect(rows).toEqual(ids);
    hour = nowMs + 60 * MINUTE;
  });

  it('says which record it cannot end, ends the others, and is not held up by it for ever', async () => {
    const scope = team();
    const nowMs = await nextHour();
    await bench.limit(scope, { budget_month_usd: 50 });
    const [broken, whole] = [ask([scope], { nowMs }), ask([scope], { nowMs })];
    for (const request of [broken, whole]) admitted(await bench.ledger().reserve(request));
    const { pk } = await recordOf(broken.requestId, nowMs);
    await bench.put({ ...(await bench.item(pk, broken.requestId)), nano: { S: 'much' } } as never);
    const first = upkeepAt(nowMs + 10 * MINUTE);
    expect(await first.run()).toMatchObject({ swept: 1, failed: 1 });
    expect(first.reports).toHaveLength(1);
    expect(await upkeepAt(nowMs + 30 * MINUTE).run()).toMatchObject({ failed: 1 });
    await upkeepAt(nowMs + 75 * MINUTE).run();
    expect(await upkeepAt(nowMs + 76 * MINUTE).run()).toMatchObject({ failed: 0 });

    // Nor forgotten: once an hour it is looked at again, until somebody has repaired what is broken.
    const fullHour = (hours: number): number => Math.ceil(nowMs / (60 * MINUTE) + hours) * 60 * MINUTE;
    expect(await upkeepAt(fullHour(2)).run()).toMatchObject({ swept: 0, failed: 1 });
    await bench.put({ ...(await bench.item(pk, broken.requestId)), nano: { N: '0' } } as never);
    const last = upkeepAt(fullHour(3));
    expect(await last.run()).toMatchObject({ swept: 1, failed: 0 });
    expect(last.rows).toMatchObject([{ request_id: broken.requestId, outcome: 'lost' }]);
    expect(await bench.show(scope, fullHour(3))).toMatchObject({ inFlight: [], reservedUsd: 0 });
    expect(await upkeepAt(fullHour(4)).run()).toMatchObject({ swept: 0, failed: 0 });
    expect(await bench.item('upkeep', 'sweep')).not.toHaveProperty('left');
    hour = fullHour(5);
  });

  it('costs eight reads a minute and one write where there is nothing to do', async () => {
    const nowMs = await nextHour();
    await upkeepAt(nowMs).run();
    const { run, calls } = upkeepAt(nowMs + MINUTE);
    await run();
    const count = (command: string) => calls.filter((call) => call.command === command).length;
    expect([count('GetItemCommand'), count('UpdateItemCommand')]).toEqual([1, 1]);
    // The new minute, and the last three again.
    expect(count('QueryCommand')).toBe(8 * 4);
  });
});

async function recordOf(requestId: string, nowMs: number): Promise<{ readonly pk: string }> {
  const minute = Math.ceil((nowMs + 10 * MINUTE) / MINUTE);
  for (let bucket = 0; bucket < 8; bucket += 1) {
    const pk = `open#${minute}#${bucket}`;
    if ((await bench.item(pk, requestId)) !== undefined) return { pk };
  }
  throw new Error(`There is no record of ${requestId}.`);
}

describe('a reservation whose record could not be written, nor anything be undone', () => {
  it('is written down as cancelled, past the breaker, and undone by the sweep', async () => {
    const scope = team();
    const nowMs = await nextHour();
    await bench.limit(scope, { limit_parallel: 1, budget_month_usd: 50 });
    let puts = 0;
    let charges = 0;
    const ledger = bench.ledger(({ command, pk }) => {
      if (command === 'PutItemCommand') return ++puts <= 3 ? 'unsent' : undefined;
      return command === 'UpdateItemCommand' && pk === `meter#${scope}` && ++charges > 1 ? 'unsent' : undefined;
    });
    await expect(ledger.reserve(ask([scope], { nowMs, costNano: usd(2) }))).rejects.toMatchObject({
      kind: 'ledger-unavailable',
    });
    expect(await bench.show(scope, nowMs)).toMatchObject({ reservedUsd: 2, inFlight: { length: 1 } });
    expect(await upkeepAt(nowMs + 10 * MINUTE).run()).toMatchObject({ swept: 1 });
    expect(await bench.show(scope, nowMs)).toMatchObject({ ...nothing, month: { usd: 0 } });
  });
});
