import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admitted, ask, type Bench, denied, isAdmitted, MINUTE, NOON, startBench, usd } from './support.ts';

let bench: Bench;
let made = 0;
/** Each test has meters of its own in the one table. */
const team = (): string => `team:t${++made}`;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

describe('a race', () => {
  it('admits what the limit allows, no more and no less', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 50 });
    const ledger = bench.ledger();
    const results = await Promise.all(Array.from({ length: 200 }, () => ledger.reserve(ask([scope]))));
    expect(results.filter(isAdmitted)).toHaveLength(50);
    expect((await bench.show(scope)).minute.requests).toBe(50);
  });

  it('holds across processes that remember different things', async () => {
    const scope = team();
    await bench.limit(scope, { limit_tpm: 5_000, limit_rpm: 1_000 });
    const ledgers = [bench.ledger(), bench.ledger()];
    // One of them has seen the meter empty, and never since.
    await ledgers[1]?.room([scope], NOON);
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        ledgers[index % 2]?.reserve(ask([scope], { tokens: 100, nowMs: NOON + index })),
      ),
    );
    expect(results.filter((result) => result !== undefined && isAdmitted(result))).toHaveLength(50);
  });

  it('never passes a budget, and spends all of it', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 1, budget_day_usd: 5 });
    const ledger = bench.ledger();
    const results = await Promise.all(
      Array.from({ length: 60 }, () => ledger.reserve(ask([scope], { costNano: usd(0.03) }))),
    );
    expect(results.filter(isAdmitted)).toHaveLength(33);
    expect((await bench.show(scope)).month).toEqual({ id: '2026-11', usd: 0.99 });
  });

  it('on two meters takes from neither what the other refuses', async () => {
    const [wide, narrow] = [team(), team()];
    await bench.limit(wide, { limit_rpm: 100, limit_tpm: 100_000, limit_parallel: 100, budget_month_usd: 100 });
    await bench.limit(narrow, { limit_parallel: 10 });
    const ledger = bench.ledger();
    const results = await Promise.all(
      Array.from({ length: 40 }, () => ledger.reserve(ask([wide, narrow], { tokens: 7, costNano: usd(0.5) }))),
    );
    expect(results.filter(isAdmitted)).toHaveLength(10);
    const { minute, month, reservedUsd, inFlight } = await bench.show(wide);
    expect({ minute, month, reservedUsd }).toEqual({
      minute: { requests: 10, tokens: 70 },
      month: { id: '2026-11', usd: 5 },
      reservedUsd: 5,
    });
    expect(inFlight).toHaveLength(10);
    const mine = new Set(results.flatMap((result) => (isAdmitted(result) ? [admitted(result).requestId] : [])));
    const open = (await bench.openRecords()).filter((id) => inFlight.some(({ request }) => id.endsWith(request)));
    expect(new Set(open)).toEqual(mine);
  });
});

describe('a denial', () => {
  it('says which scope and limit, what is used, and when to come back', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 2 });
    const ledger = bench.ledger();
    await ledger.reserve(ask([scope]));
    await ledger.reserve(ask([scope], { nowMs: NOON + 10_000 }));
    const result = await ledger.reserve(ask([scope, 'org'], { nowMs: NOON + 20_000 }));
    expect(denied(result)).toEqual({
      scope,
      limit: 'limit_rpm',
      limitValue: 2,
      used: 2,
      asked: 1,
      // The first was charged to the slot that begins at noon; the last of that slot is a minute old at 12:01:03.
      retryAfterMs: 43_000,
    });
    expect(result.limits.requests).toEqual({ limit: 2, remaining: 0, resetMs: 52_000 });
    expect(isAdmitted(await ledger.reserve(ask([scope], { nowMs: NOON + 62_999 })))).toBe(false);
    expect(isAdmitted(await ledger.reserve(ask([scope], { nowMs: NOON + 63_000 })))).toBe(true);
  });

  it('has the end of the day or month for a budget, whichever is later', async () => {
    const scope = team();
    await bench.limit(scope, { budget_day_usd: 1, budget_month_usd: 100 });
    const ledger = bench.ledger();
    await ledger.reserve(ask([scope], { costNano: usd(0.9) }));
    const day = denied(await ledger.reserve(ask([scope], { costNano: usd(0.2) })));
    expect(day).toMatchObject({ limit: 'budget_day_usd', limitValue: 1, used: 0.9, asked: 0.2 });
    expect(NOON + (day.retryAfterMs ?? 0)).toBe(Date.UTC(2026, 10, 24));
    await bench.limit(scope, { budget_month_usd: 1 });
    const month = denied(await ledger.reserve(ask([scope], { costNano: usd(0.2) })));
    expect(month.limit).toBe('budget_month_usd');
    expect(NOON + (month.retryAfterMs ?? 0)).toBe(Date.UTC(2026, 11, 1));
  });

  it.each([
    ['limit_rpm', 0, {}],
    ['limit_tpm', 99, { tokens: 100 }],
    ['limit_parallel', 0, {}],
    ['budget_day_usd', 0.01, { costNano: usd(0.02) }],
    ['budget_month_usd', 0, { costNano: 1 }],
  ] as const)('has no time for what never fits: %s of %d', async (limit, value, request) => {
    const scope = team();
    await bench.limit(scope, { [limit]: value });
    expect(denied(await bench.ledger().reserve(ask([scope], request)))).toMatchObject({
      limit,
      retryAfterMs: undefined,
    });
  });

  it('of an empty meter costs one read and writes nothing', async () => {
    const [empty, other] = [team(), team()];
    await bench.limit(empty, { limit_rpm: 1 });
    await bench.limit(other, { limit_rpm: 10 });
    const ledger = bench.ledger();
    await ledger.reserve(ask([empty, other]));
    const before = ledger.calls.length;
    denied(await ledger.reserve(ask([empty, other])));
    expect(ledger.calls.slice(before).map(({ command }) => command)).toEqual(['BatchGetItemCommand']);
  });

  it('by one meter names the limit that takes longest to have room', async () => {
    const scope = team();
    await bench.limit(scope, { limit_parallel: 1, limit_rpm: 1, budget_day_usd: 1 });
    const ledger = bench.ledger();
    await ledger.reserve(ask([scope], { costNano: usd(1) }));
    expect(denied(await ledger.reserve(ask([scope], { costNano: usd(1) }))).limit).toBe('budget_day_usd');
  });
});

describe('an edit', () => {
  it('holds for the very next request: raised, lowered, gone', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 1 });
    const ledger = bench.ledger();
    admitted(await ledger.reserve(ask([scope])));
    denied(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { limit_rpm: { N: '3' } });
    admitted(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { limit_rpm: { N: '2' } });
    expect(denied(await ledger.reserve(ask([scope]))).limitValue).toBe(2);
    await bench.edit(scope, { limit_rpm: undefined });
    expect(admitted(await ledger.reserve(ask([scope]))).counted).toEqual([scope]);
  });

  it('lowers a limit that memory has room under', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 100 });
    const ledger = bench.ledger();
    admitted(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { limit_rpm: { N: '1' } });
    denied(await ledger.reserve(ask([scope])));
  });

  it('adds a second limit to a meter that has one', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 100 });
    const ledger = bench.ledger();
    admitted(await ledger.reserve(ask([scope], { costNano: usd(2) })));
    await bench.edit(scope, { budget_month_usd: { N: '3' } });
    expect(denied(await ledger.reserve(ask([scope], { costNano: usd(2) }))).limit).toBe('budget_month_usd');
  });

  it.each(['a meter without limits', 'a scope without a meter'])('gives %s its first limit', async (kind) => {
    const scope = team();
    if (kind === 'a meter without limits') await bench.limit(scope, {});
    const ledger = bench.ledger();
    expect(admitted(await ledger.reserve(ask([scope]))).reserved).toEqual([]);
    // Typed in the console, with nothing but a key and a number that is a string.
    await bench.edit(scope, { limit_parallel: { S: ' 1 ' } });
    const { reserved, counted } = admitted(await ledger.reserve(ask([scope])));
    expect([reserved.length, counted]).toEqual([1, []]);
    denied(await ledger.reserve(ask([scope])));
    expect((await bench.item(`meter#${scope}`, 'meter'))?.kind).toEqual({ S: 'meter' });
  });

  it('of the sums by hand counts, and what is removed counts as nothing', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 3 });
    const ledger = bench.ledger();
    for (let index = 0; index < 3; index += 1) admitted(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { minute_requests: { N: '1' } });
    admitted(await ledger.reserve(ask([scope])));
    admitted(await ledger.reserve(ask([scope])));
    expect(denied(await ledger.reserve(ask([scope]))).used).toBe(3);
    await bench.edit(scope, { minute_requests: undefined, slot_tokens: undefined });
    admitted(await ledger.reserve(ask([scope])));
    await bench.edit(scope, { slot_requests: undefined, slot_tokens: undefined });
    admitted(await ledger.reserve(ask([scope])));
    expect((await bench.show(scope)).minute.requests).toBe(2);
    await bench.edit(scope, { slot: undefined });
    admitted(await ledger.reserve(ask([scope])));
    expect((await bench.show(scope)).minute.requests).toBe(1);
  });
});

it('holds a race on a meter whose sums were edited by hand', async () => {
  const scope = team();
  await bench.limit(scope, { limit_rpm: 5 });
  for (let index = 0; index < 5; index += 1) admitted(await bench.ledger().reserve(ask([scope])));
  await bench.edit(scope, { minute_requests: { N: '2' } });
  const results = await Promise.all(Array.from({ length: 12 }, () => bench.ledger().reserve(ask([scope]))));
  expect(results.filter(isAdmitted)).toHaveLength(3);
});

describe('a broken meter', () => {
  it.each([
    ['limit_rpm', { S: 'abc' }],
    ['limit_rpm', { N: '-1' }],
    ['limit_tpm', { N: '1.5' }],
    ['limit_parallel', { BOOL: true }],
    ['budget_month_usd', { N: '1e10' }],
    ['budget_day_usd', { S: '' }],
    ['month_nano', { S: '12' }],
    ['day', { S: 'today' }],
    ['open', { S: 'x' }],
    ['slot', { N: '1.5' }],
    ['slot_requests', { N: '1' }],
    ['split', { N: '1000000000' }],
    ['v', { N: '2' }],
  ] as const)('with %s = %j refuses, names the item and the attribute, and recovers', async (name, value) => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 100, budget_month_usd: 10 });
    const warm = bench.ledger();
    admitted(await warm.reserve(ask([scope])));
    await bench.edit(scope, { [name]: value });
    const problem = name === 'v' ? /newer Tollgate/ : new RegExp(`meter#${scope}.*${name}`);
    const expected = { kind: 'ledger-unavailable', message: expect.stringMatching(problem) };
    await expect(bench.ledger().reserve(ask([scope]))).rejects.toMatchObject(expected);
    // What memory still has in order, the condition does not let pass.
    if (name !== 'v' && name !== 'slot_requests') {
      await expect(warm.reserve(ask([scope]))).rejects.toMatchObject(expected);
    }
    await bench.edit(scope, { [name]: name === 'v' ? { N: '1' } : undefined });
    admitted(await warm.reserve(ask([scope])));
  });
});

describe('the last minute', () => {
  it('never holds more than the limit in any 60 seconds, whatever the bursts', async () => {
    const scope = team();
    const limit = 20;
    await bench.limit(scope, { limit_rpm: limit });
    const ledgers = [bench.ledger(), bench.ledger()];
    const admittedAt: number[] = [];
    // Ten minutes: bursts at the end of one minute, the beginning and the end of the next, and steady in between.
    for (let minute = 0; minute < 10; minute += 1) {
      for (const second of [0.2, 15, 30, 44.9, 58.5, 59.9]) {
        const nowMs = NOON + minute * MINUTE + second * 1_000;
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, index) => ledgers[index % 2]?.reserve(ask([scope], { nowMs: nowMs + index }))),
        );
        results.forEach((result, index) => {
          if (result !== undefined && isAdmitted(result)) admittedAt.push(nowMs + index);
        });
      }
    }
    const most = Math.max(
      ...admittedAt.map((from) => admittedAt.filter((at) => at >= from && at < from + MINUTE).length),
    );
    expect(most).toBe(limit);
    expect(admittedAt.length).toBeGreaterThanOrEqual(0.95 * limit * 9);
  });

  it('charges the item’s slot where the clock lags behind it', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 2, budget_day_usd: 1 });
    const midnight = Date.UTC(2026, 10, 24);
    const ahead = admitted(await bench.ledger().reserve(ask([scope], { nowMs: midnight + 2_000 })));
    const behind = admitted(await bench.ledger().reserve(ask([scope], { nowMs: midnight - 2_000 })));
    expect(behind.reserved).toEqual(ahead.reserved);
    denied(await bench.ledger().reserve(ask([scope], { nowMs: midnight - 1_000 })));
  });

  it('is not closed for a day by one clock that was a day ahead', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 1 });
    admitted(await bench.ledger().reserve(ask([scope], { nowMs: NOON + 24 * 60 * MINUTE })));
    admitted(await bench.ledger().reserve(ask([scope])));
    denied(await bench.ledger().reserve(ask([scope])));
  });
});

describe('requests in flight', () => {
  it('are limited, and make room when they end', async () => {
    const scope = team();
    await bench.limit(scope, { limit_parallel: 2 });
    const ledger = bench.ledger();
    const first = admitted(await ledger.reserve(ask([scope])));
    admitted(await ledger.reserve(ask([scope])));
    expect(denied(await ledger.reserve(ask([scope])))).toMatchObject({ limit: 'limit_parallel', used: 2, asked: 1 });
    await ledger.settle(first, { tokens: 0, costNano: 0 }, NOON);
    admitted(await ledger.reserve(ask([scope])));
  });

  it('whose process died do not hold their place for ever', async () => {
    const scope = team();
    await bench.limit(scope, { limit_parallel: 2 });
    await bench.ledger().reserve(ask([scope], { expiresAtMs: NOON + MINUTE }));
    await bench.ledger().reserve(ask([scope], { expiresAtMs: NOON + 30 * MINUTE }));
    denied(await bench.ledger().reserve(ask([scope], { nowMs: NOON + 5 * MINUTE })));
    admitted(await bench.ledger().reserve(ask([scope], { nowMs: NOON + 7 * MINUTE })));
    const { inFlight } = await bench.show(scope, NOON + 7 * MINUTE);
    expect(inFlight.map(({ abandoned }) => abandoned)).toEqual([false, false]);
    denied(await bench.ledger().reserve(ask([scope], { nowMs: NOON + 7 * MINUTE })));
    const nowMs = NOON + 40 * MINUTE;
    const results = await Promise.all(Array.from({ length: 8 }, () => bench.ledger().reserve(ask([scope], { nowMs }))));
    expect(results.filter(isAdmitted)).toHaveLength(2);
    expect((await bench.show(scope, nowMs)).inFlight).toHaveLength(2);
  });

  it('are reserved once, however often the same request asks', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 1, budget_day_usd: 1 });
    const ledger = bench.ledger();
    const request = ask([scope, scope], { costNano: usd(1) });
    const [once, twice] = [admitted(await ledger.reserve(request)), admitted(await ledger.reserve(request))];
    expect(twice).toEqual(once);
    expect((await bench.show(scope)).day.usd).toBe(1);
  });
});

describe('memory', () => {
  it('does not take a request for reserved that has been settled elsewhere', async () => {
    const scope = team();
    await bench.limit(scope, { limit_rpm: 5 });
    const ledger = bench.ledger();
    const request = ask([scope]);
    await bench.ledger().settle(admitted(await ledger.reserve(request)), { tokens: 0, costNano: 0 }, NOON);
    admitted(await ledger.reserve(request));
    expect(await bench.show(scope)).toMatchObject({ minute: { requests: 2 }, inFlight: [{}] });
  });
});

describe('what it costs', () => {
  it('is one round trip once the meters have been seen: an update a limited scope, the record, one read', async () => {
    const [first, second, open] = [team(), team(), team()];
    await bench.limit(first, { limit_rpm: 100, limit_tpm: 10_000 });
    await bench.limit(second, { budget_month_usd: 100 });
    const ledger = bench.ledger();
    await ledger.room([first, second, open, 'org'], NOON);
    const reserving = ledger.calls.length;
    const reservation = admitted(await ledger.reserve(ask([first, second, open, 'org'], { tokens: 5, costNano: 5 })));
    const commands = (from: number) => ledger.calls.slice(from).map(({ command }) => command.replace('Command', ''));
    expect(commands(reserving).sort()).toEqual(['BatchGetItem', 'PutItem', 'UpdateItem', 'UpdateItem']);
    const settling = ledger.calls.length;
    await ledger.settle(reservation, { tokens: 4, costNano: 4 }, NOON + 5_000);
    // The decision, two limited scopes, two that are only counted, and the end of the record: 2 × scopes + 3 at most.
    expect(commands(settling)).toEqual([...Array.from({ length: 5 }, () => 'UpdateItem'), 'DeleteItem']);
  });

  it('asks the room of a budget from memory, unless little seems to be left of it', async () => {
    const scope = team();
    await bench.limit(scope, { budget_month_usd: 10 });
    const ledger = bench.ledger();
    expect(await ledger.room([scope, team()], NOON)).toEqual({ budgetNano: usd(10) });
    const { length } = ledger.calls;
    expect(await ledger.room([scope], NOON)).toEqual({ budgetNano: usd(10) });
    expect(ledger.calls).toHaveLength(length);
    const other = bench.ledger();
    const mine = admitted(await ledger.reserve(ask([scope], { costNano: usd(9.5) })));
    await other.settle(mine, { tokens: 0, costNano: usd(1) }, NOON);
    expect(await ledger.room([scope], NOON)).toEqual({ budgetNano: usd(9) });
    expect(await ledger.room([scope], Date.UTC(2026, 11, 1))).toEqual({ budgetNano: usd(10) });
  });

  it('has no room to tell of where nothing has a budget', async () => {
    expect(await bench.ledger().room([team(), 'org'], NOON)).toEqual({ budgetNano: undefined });
  });
});
