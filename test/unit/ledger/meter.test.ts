import { describe, expect, it } from 'vitest';
import { type Item, number, text } from '../../../functions/ledger/attributes.ts';
import { findDenials, worstDenial } from '../../../functions/ledger/find-denials.ts';
import { isLimited, parseMeter } from '../../../functions/ledger/meter.ts';
import { planReserve } from '../../../functions/ledger/plan-reserve.ts';
import { isNearlySpent, rateLimitsOf, roomOf } from '../../../functions/ledger/room.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const meter = (item: Item) => parseMeter('team:a', item);

describe('parseMeter', () => {
  it('takes a number that was typed as a string, and remembers how it was typed', () => {
    const read = meter({ limit_rpm: text(' 60 '), budget_day_usd: { N: '2.50' } });
    expect(read.limits).toEqual({ limit_rpm: 60, budget_day_usd: 2.5 });
    expect(read.typed).toEqual({ limit_rpm: { S: ' 60 ' }, budget_day_usd: { N: '2.50' } });
  });

  it('knows a scope without a meter, and a meter without limits, as unlimited', () => {
    expect(isLimited(parseMeter('team:a', undefined))).toBe(false);
    expect(isLimited(meter({ day: text('2026-11-23'), day_nano: number(5) }))).toBe(false);
    expect(isLimited(meter({ limit_rpm: number(0) }))).toBe(true);
  });

  it.each([
    [{ limit_rpm: text('sixty') }, '"limit_rpm" must be a number, not "sixty"'],
    [{ limit_rpm: text('') }, '"limit_rpm" must be a number'],
    [{ limit_rpm: { BOOL: true } }, '"limit_rpm" must be a number'],
    [{ limit_tpm: number(-5) }, '"limit_tpm" must not be negative'],
    [{ limit_parallel: number(2.5) }, '"limit_parallel" must be a whole number'],
    [{ budget_month_usd: number(9_000_001) }, '"budget_month_usd" must be at most 9000000 (USD)'],
    [{ day_nano: text('5') }, '"day_nano" must be of type number'],
    [{ month: text('November') }, '"month" must be a date, not "November"'],
    [{ open: { L: [] } }, '"open" must be a set of strings'],
    [{ shards: number(65) }, '"shards" must be a whole number from 1 to 64'],
    [{ split: number(1e9) }, '"split" must be a whole number from 1 to 64'],
    [{ split: text('2') }, '"split" must be of type number'],
    [{ made: number(-1) }, '"made" must be a whole number from 1 to 64'],
    [{ slot: number(1), slot_tokens: text('') }, '"slot_tokens" must be a list of numbers'],
    [{ slot: number(1), slot_tokens: { L: [text('1')] } }, '"slot_tokens" must hold numbers only'],
  ] as const)('refuses %j', (item, problem) => {
    expect(() => meter(item)).toThrow(expect.objectContaining({ kind: 'ledger-unavailable' }));
    expect(() => meter(item)).toThrow(`The item meter#team:a is broken: ${problem}`);
  });

  it('refuses what a newer version wrote', () => {
    expect(() => meter({ v: number(2) })).toThrow('newer Tollgate');
  });
});

describe('findDenials', () => {
  const ask = { tokens: 0, costNano: 0, nowMs: NOON };

  it('counts money exactly, to the nano-dollar', () => {
    const spent = { day: text('2026-11-23'), day_nano: number(299_999_999), budget_day_usd: number(0.3) };
    expect(findDenials(meter(spent), { ...ask, costNano: 1 })).toEqual([]);
    expect(findDenials(meter(spent), { ...ask, costNano: 2 })).toMatchObject([
      { limit: 'budget_day_usd', used: 0.299999999 },
    ]);
  });

  it('forgets the spend of another day, but not of a day that this clock has not reached', () => {
    const spend = (day: string) => meter({ day: text(day), day_nano: number(1e9), budget_day_usd: number(1) });
    expect(findDenials(spend('2026-11-22'), { ...ask, costNano: 1 })).toEqual([]);
    expect(findDenials(spend('2026-11-24'), { ...ask, costNano: 1 })).toHaveLength(1);
  });

  it('lets what costs nothing pass a spent budget', () => {
    const spent = meter({ month: text('2026-11'), month_nano: number(5e9), budget_month_usd: number(5) });
    expect(findDenials(spent, ask)).toEqual([]);
  });

  it('puts what never fits before what takes longest', () => {
    const denials = findDenials(meter({ limit_rpm: number(0), limit_parallel: number(0), limit_tpm: number(5) }), {
      ...ask,
      tokens: 6,
    });
    expect(denials.map(({ limit }) => limit)).toEqual(['limit_rpm', 'limit_tpm', 'limit_parallel']);
    expect(worstDenial(denials)?.retryAfterMs).toBeUndefined();
    expect(worstDenial([])).toBeUndefined();
  });
});

describe('planReserve', () => {
  const ask = { marker: 'htdgrB1nQx7Rk2_', tokens: 5, costNano: 7, nowMs: NOON };

  it('asserts every limit as it was typed, those that are absent included', () => {
    const plan = planReserve(meter({ limit_rpm: text('060'), budget_day_usd: { N: '1.0' } }), ask);
    if (plan.kind !== 'update') throw new Error(plan.kind);
    for (const absent of ['limit_tpm', 'limit_parallel', 'budget_month_usd']) {
      expect(plan.update.condition).toContain(`attribute_not_exists(#${absent})`);
    }
    expect(plan.update.values).toMatchObject({ ':seen_limit_rpm': { S: '060' }, ':seen_budget_day_usd': { N: '1.0' } });
    expect(plan.update.condition).toContain('#limit_rpm = :seen_limit_rpm');
  });

  it('keeps no minute where nothing limits a rate', () => {
    const plan = planReserve(meter({ budget_day_usd: number(1) }), ask);
    expect(plan).toMatchObject({ kind: 'update', reserved: { slot: undefined, day: '2026-11-23', month: '2026-11' } });
    expect(JSON.stringify(plan)).not.toContain('minute_');
  });

  it('names no placeholder that it does not use, which DynamoDB refuses', () => {
    for (const item of [
      { limit_rpm: number(5) },
      { limit_parallel: number(1), open: { SS: ['000000000000000'] } },
      { kind: text('meter'), v: number(1), budget_month_usd: number(5), month: text('2026-11'), month_nano: number(1) },
    ]) {
      const plan = planReserve(meter(item), ask);
      if (plan.kind !== 'update') throw new Error(plan.kind);
      const { condition, update, names, values } = plan.update;
      for (const placeholder of [...Object.keys(names), ...Object.keys(values)]) {
        expect(`${condition} ${update}`).toMatch(new RegExp(`${placeholder}\\b`));
      }
    }
  });
});

describe('what is left', () => {
  const rated = (limit: number, used: number) => {
    const ring = (count: number) => ({ L: Array.from({ length: 21 }, (_, index) => number(index === 0 ? count : 0)) });
    const slot = Math.floor(NOON / 3_000 / 21) * 21;
    const counters = { minute_requests: number(used), minute_tokens: number(0) };
    return meter({
      limit_rpm: number(limit),
      slot: number(slot),
      ...counters,
      slot_requests: ring(used),
      slot_tokens: ring(0),
    });
  };

  it('of a rate is told by the tightest meter', () => {
    const limits = rateLimitsOf([[rated(100, 5)], [rated(20, 15)], [parseMeter('org', undefined)]], NOON);
    expect(limits).toMatchObject({ requests: { limit: 20, remaining: 5 } });
    expect(limits.requests?.resetMs).toBeGreaterThan(0);
    expect(limits.tokens).toBeUndefined();
    expect(rateLimitsOf([[meter({ limit_tpm: number(9) })]], NOON)).toEqual({
      tokens: { limit: 9, remaining: 9, resetMs: 0 },
    });
    expect(rateLimitsOf([], NOON)).toEqual({});
  });

  it('never goes under nothing, where a limit was lowered', () => {
    expect(rateLimitsOf([[rated(3, 15)]], NOON).requests?.remaining).toBe(0);
    const spent = meter({ day: text('2026-11-23'), day_nano: number(5e9), budget_day_usd: number(1) });
    expect(roomOf([[spent]], NOON)).toEqual({ budgetNano: 0 });
  });

  it('of the money is the least that any budget has', () => {
    const one = meter({ day: text('2026-11-23'), day_nano: number(4e9), budget_day_usd: number(5) });
    const two = meter({ budget_day_usd: number(3), budget_month_usd: number(2) });
    expect(roomOf([[one], [two]], NOON)).toEqual({ budgetNano: 1e9 });
    expect(roomOf([[parseMeter('org', undefined)]], NOON)).toEqual({ budgetNano: undefined });
  });

  it.each([
    [0.8, 0, false],
    [0.95, 0, true],
    [0.8, 0.15, false],
    [0.8, 0.25, true],
  ])('seems little at %d of 1 spent, %d of it in flight: %s', (spent, reserved, nearly) => {
    const item = { day: text('2026-11-23'), day_nano: number(spent * 1e9), budget_day_usd: number(1) };
    expect(isNearlySpent(meter({ ...item, reserved_nano: number(reserved * 1e9) }), NOON)).toBe(nearly);
  });
});
