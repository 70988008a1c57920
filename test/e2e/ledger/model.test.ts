/**
 * The ledger against a simple one: a list of charges in memory, added up from the start at every look. fast-check makes
 * up what happens (reservations over several meters, more for them, settlements, repeats, edits in the console, lost
 * answers, crashes at any moment of a request and the sweep after them, time that passes) on two ledgers that share the
 * table and remember different things.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import type { Ledger, LimitName, Reservation } from '../../../functions/core/ports.ts';
import { expiryMinute } from '../../../functions/ledger/markers.ts';
import { parseOpenRecord } from '../../../functions/ledger/open-record.ts';
import { admitted, ask, type Bench, newRequestId, startBench } from './support.ts';

const START = Date.UTC(2026, 1, 27, 23, 58);
const HOUR = 3_600_000;
const SCOPES = ['a', 'b', 'c'] as const;
const NANO = 1_000_000_000;
const SLOT = 3_000;
const LIMITS: readonly LimitName[] = ['limit_rpm', 'limit_tpm', 'limit_parallel', 'budget_day_usd', 'budget_month_usd'];

interface Charge {
  readonly id: string;
  readonly scope: string;
  readonly atMs: number;
  /** Rates are counted where there was one when the charge was made. */
  readonly rated: boolean;
  tokens: number;
  nano: number;
  open: boolean;
}

interface Model {
  nowMs: number;
  readonly limits: Map<string, Partial<Record<LimitName, number>>>;
  charges: Charge[];
  /** Stuck are those that could not have more. */
  readonly running: { reservation: Reservation; tokens: number; nano: number; isStuck?: boolean }[];
  readonly over: Reservation[];
  /** Their process is gone, and upkeep has not been there yet. */
  readonly dead: { reservation: Reservation; tokens: number; nano: number }[];
  /** Ids of all requests. */
  readonly asked: string[];
}

interface Real {
  readonly bench: Bench;
  readonly ledgers: readonly Ledger[];
  readonly name: (scope: string) => string;
  /** The next write of a meter is applied, but its answer is lost. */
  lose: boolean;
}

type Command = fc.AsyncCommand<Model, Real>;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function usedBy(model: Model, scope: string): { readonly [L in LimitName]: number } {
  const mine = model.charges.filter((charge) => charge.scope === scope);
  const minute = mine.filter(
    ({ rated, atMs }) => rated && Math.floor(atMs / SLOT) > Math.floor(model.nowMs / SLOT) - 21,
  );
  const spent = (length: number) =>
    sum(mine.filter(({ atMs }) => dayOf(atMs).slice(0, length) === dayOf(model.nowMs).slice(0, length)).map(nanoOf));
  return {
    limit_rpm: minute.length,
    limit_tpm: sum(minute.map(({ tokens }) => tokens)),
    limit_parallel: mine.filter(({ open }) => open).length,
    budget_day_usd: spent(10),
    budget_month_usd: spent(7),
  };
}
const nanoOf = ({ nano }: Charge): number => nano;

async function check(model: Model, { bench, name }: Real): Promise<void> {
  for (const scope of SCOPES) {
    const report = await bench.show(name(scope), model.nowMs).catch(() => undefined);
    const used = usedBy(model, scope);
    const mine = model.charges.filter((charge) => charge.scope === scope);
    if (report === undefined) {
      expect(mine).toEqual([]);
      continue;
    }
    expect({
      limit_rpm: report.minute.requests,
      limit_tpm: report.minute.tokens,
      limit_parallel: report.inFlight.length,
      budget_day_usd: Math.round(report.day.usd * NANO),
      budget_month_usd: Math.round(report.month.usd * NANO),
    }).toEqual(used);
    const inFlight = mine.filter(({ open }) => open).map(({ id }) => id.slice(-10));
    expect(new Set(report.inFlight.map(({ request }) => request))).toEqual(new Set(inFlight));
  }
}

const reserve = (on: number, scopes: readonly string[], tokens: number, nano: number, repeat: boolean): Command => ({
  check: () => true,
  toString: () => `reserve(${on}, ${scopes.join('')}, ${tokens}, ${nano}${repeat ? ', twice' : ''})`,
  async run(model, real) {
    const request = ask(scopes.map(real.name), {
      requestId: newRequestId(),
      nowMs: model.nowMs,
      expiresAtMs: model.nowMs + 400 * 24 * HOUR,
      tokens,
      costNano: nano,
    });
    model.asked.push(request.requestId);
    const asked = { limit_rpm: 1, limit_tpm: tokens, limit_parallel: 1, budget_day_usd: nano, budget_month_usd: nano };
    const broken = scopes.flatMap((scope) => {
      const [limits, used] = [model.limits.get(scope) ?? {}, usedBy(model, scope)];
      return LIMITS.filter((limit) => {
        const value = limits[limit];
        const unit = limit.startsWith('budget') ? NANO : 1;
        return value !== undefined && used[limit] + asked[limit] > value * unit;
      }).map((limit) => `${real.name(scope)} ${limit}`);
    });
    const ledger = real.ledgers[on] as Ledger;
    const result = await ledger.reserve(request);
    if (result.outcome === 'denied') {
      expect(broken).toContain(`${result.denial.scope} ${result.denial.limit}`);
    } else {
      expect(broken).toEqual([]);
      if (repeat) expect(admitted(await ledger.reserve(request))).toEqual(result.reservation);
      const limited = scopes.filter((scope) => Object.keys(model.limits.get(scope) ?? {}).length > 0);
      expect(result.reservation.reserved.map(({ scope }) => scope).sort()).toEqual(limited.map(real.name).sort());
      for (const scope of limited) {
        const limits = model.limits.get(scope) ?? {};
        const rated = limits.limit_rpm !== undefined || limits.limit_tpm !== undefined;
        model.charges.push({ id: request.requestId, scope, atMs: model.nowMs, rated, tokens, nano, open: true });
      }
      model.running.push({ reservation: result.reservation, tokens, nano });
    }
    real.lose = false;
    await check(model, real);
  },
});

const settle = (on: number, which: number, tokens: number, nano: number): Command => ({
  check: ({ running }) => running.length > 0,
  toString: () => `settle(${on}, ${which}, ${tokens}, ${nano})`,
  async run(model, real) {
    const [entry] = model.running.splice(which % model.running.length, 1);
    if (entry === undefined) return;
    const { reservation } = entry;
    await real.ledgers[on]?.settle(reservation, { tokens, costNano: nano }, model.nowMs);
    for (const charge of model.charges.filter(({ id }) => id === reservation.requestId)) {
      Object.assign(charge, { tokens, nano, open: false });
    }
    for (const scope of SCOPES.filter((short) => reservation.counted.includes(real.name(short)))) {
      const id = reservation.requestId;
      model.charges.push({ id, scope, atMs: reservation.nowMs, rated: false, tokens, nano, open: false });
    }
    model.over.push(reservation);
    real.lose = false;
    await check(model, real);
  },
});

/** Its process dies: before it settled, or, with figures, once the settlement was decided and before it was applied. */
const crash = (which: number, figures: { readonly tokens: number; readonly nano: number } | undefined): Command => ({
  check: ({ running }) => running.length > 0,
  toString: () => `crash(${which}${figures === undefined ? '' : `, ${figures.tokens}, ${figures.nano}`})`,
  async run(model, real) {
    const [entry] = model.running.splice(which % model.running.length, 1);
    if (entry === undefined) return;
    const { reservation } = entry;
    if (figures !== undefined) {
      const dying = real.bench.ledger(({ pk }) => (pk?.startsWith('meter#') ? 'unsent' : undefined));
      const actual = { tokens: figures.tokens, costNano: figures.nano };
      await dying.settle(reservation, actual, model.nowMs).catch(() => undefined);
    }
    model.dead.push({ reservation, ...(figures ?? entry) });
    await check(model, real);
  },
});

/** What goes wrong: no meter can be charged, or one only. The process may die of it, or go on with what it had. */
interface Mishap {
  readonly charged: 'none' | 'one' | 'all';
  readonly dies: boolean;
}

/** More money for a request that runs. */
const extend = (on: number, which: number, more: number, { charged, dies }: Mishap): Command => ({
  check: ({ running }) => running.some(({ isStuck }) => isStuck !== true),
  toString: () => `extend(${on}, ${which}, ${more}, ${charged}${dies ? ', dies' : ''})`,
  async run(model, real) {
    const asking = model.running.filter(({ isStuck }) => isStuck !== true);
    const entry = asking[which % asking.length];
    if (entry === undefined) return;
    const { reservation } = entry;
    const places = await Promise.all(
      reservation.reserved.map(async ({ scope, day, month }) => {
        const item = await real.bench.item(`meter#${scope}`, 'meter');
        return item?.day?.S === day && item.month?.S === month;
      }),
    );
    const mine = model.charges.filter(({ id }) => id === reservation.requestId);
    const hasRoom = mine.every(({ scope, atMs }) => {
      const [limits, used] = [model.limits.get(scope) ?? {}, usedBy({ ...model, nowMs: atMs }, scope)];
      return (['budget_day_usd', 'budget_month_usd'] as const).every((limit) => {
        const value = limits[limit];
        return value === undefined || used[limit] + more <= value * NANO;
      });
    });
    const fits = hasRoom && places.every(Boolean);
    const reached: string[] = [];
    const failing = real.bench.ledger(({ command, pk }) => {
      if (command !== 'UpdateItemCommand' || pk?.startsWith('meter#') !== true) return undefined;
      if (charged === 'none' || reached.length > 0) return 'unsent';
      reached.push(pk);
      return undefined;
    });
    const ledger = charged === 'all' ? (real.ledgers[on] as Ledger) : failing;
    const extended = await ledger.extend(reservation, more).catch(() => undefined);
    expect(extended !== undefined).toBe(fits && mine.length <= { none: 0, one: 1, all: SCOPES.length }[charged]);
    for (const charge of mine) {
      if (extended !== undefined || reached.includes(`meter#${real.name(charge.scope)}`)) charge.nano += more;
    }
    if (extended === undefined) entry.isStuck = true;
    else Object.assign(entry, { reservation: extended, nano: entry.nano + more });
    if (dies) model.dead.push(...model.running.splice(model.running.indexOf(entry), 1));
    real.lose = false;
    await check(model, real);
  },
});

/** What upkeep does once the dead have expired, by two sweepers at once. */
const sweepDead: Command = {
  check: ({ dead }) => dead.length > 0,
  toString: () => 'sweep()',
  async run(model, real) {
    for (const { reservation, tokens, nano } of model.dead.splice(0)) {
      await Promise.all([endLost(real.bench, reservation, model.nowMs), endLost(real.bench, reservation, model.nowMs)]);
      const id = reservation.requestId;
      for (const charge of model.charges.filter((each) => each.id === id)) {
        // A minute that is over by then is not put right any more, and holds nothing any more.
        Object.assign(charge, { tokens, nano, open: false });
      }
      for (const scope of SCOPES.filter((short) => reservation.counted.includes(real.name(short)))) {
        model.charges.push({ id, scope, atMs: reservation.nowMs, rated: false, tokens, nano, open: false });
      }
      model.over.push(reservation);
    }
    real.lose = false;
    await check(model, real);
  },
};

async function endLost(bench: Bench, { requestId, expiresAtMs }: Reservation, nowMs: number): Promise<void> {
  const store = createUpkeepStore({ client: bench.client(), table: bench.table });
  const items = await store.due(expiryMinute(expiresAtMs));
  for (const item of items.filter(({ sk }) => sk?.S === requestId)) {
    const record = parseOpenRecord(item);
    const decision = await store.claim(record, nowMs);
    if (decision === undefined) continue;
    await store.release(record, decision, nowMs);
    await store.close(record);
  }
}

const settleAgain = (on: number, which: number): Command => ({
  check: ({ over }) => over.length > 0,
  toString: () => `settleAgain(${on}, ${which})`,
  async run(model, real) {
    const reservation = model.over[which % model.over.length] as Reservation;
    await real.ledgers[on]?.settle(reservation, { tokens: 77, costNano: 7_777_777 }, model.nowMs);
    await check(model, real);
  },
});

const edit = (scope: string, limit: LimitName, value: number | undefined): Command => ({
  check: () => true,
  toString: () => `edit(${scope}, ${limit}, ${value})`,
  async run(model, real) {
    const scaled = value !== undefined && limit.startsWith('budget') ? value / 100 : value;
    const limits = { ...model.limits.get(scope) };
    if (scaled === undefined) delete limits[limit];
    else limits[limit] = scaled;
    model.limits.set(scope, limits);
    await real.bench.edit(real.name(scope), { [limit]: scaled === undefined ? undefined : { N: String(scaled) } });
  },
});

const pass = (ms: number): Command => ({
  check: () => true,
  toString: () => `pass(${ms})`,
  async run(model, real) {
    model.nowMs += ms;
    await check(model, real);
  },
});

const loseAnswer: Command = {
  check: () => true,
  toString: () => 'loseAnswer()',
  async run(_model, real) {
    real.lose = true;
  },
};

const ledgerIndex = fc.nat(1);
const scopes = fc.subarray([...SCOPES], { minLength: 1 });
const tokens = fc.nat(60);
/** Up to six cents against budgets of up to a quarter. */
const nano = fc.nat(60).map((thousandths) => thousandths * 1_000_000 + 1);
const time = fc.oneof(fc.nat(3_500), fc.nat(75_000), fc.nat(30 * HOUR), fc.constant(24 * HOUR));
const commands = fc.commands(
  [
    fc.tuple(ledgerIndex, scopes, tokens, nano, fc.boolean()).map((args) => reserve(...args)),
    fc.tuple(ledgerIndex, scopes, tokens, nano, fc.constant(false)).map((args) => reserve(...args)),
    fc.tuple(ledgerIndex, fc.nat(9), tokens, nano).map((args) => settle(...args)),
    fc.tuple(ledgerIndex, fc.nat(9)).map((args) => settleAgain(...args)),
    fc
      .tuple(
        fc.constantFrom(...SCOPES),
        fc.constantFrom(...LIMITS),
        fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }),
      )
      .map(([scope, limit, value]) =>
        edit(scope, limit, value !== undefined && limit === 'limit_tpm' ? value * 10 : value),
      ),
    time.map(pass),
    fc.constant(loseAnswer),
    fc
      .tuple(fc.nat(9), fc.option(fc.record({ tokens, nano }), { nil: undefined }))
      .map(([which, figures]) => crash(which, figures)),
    fc.constant(sweepDead),
    fc
      .tuple(
        ledgerIndex,
        fc.nat(9),
        nano,
        fc.record({ charged: fc.constantFrom('all', 'all', 'one', 'none'), dies: fc.boolean() }),
      )
      .map((args) => extend(...args)),
  ],
  { maxCommands: 40 },
);

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

let run = 0;
const runs = Number(process.env.TOLLGATE_MODEL_RUNS ?? 60);

it('agrees with a list of charges, whatever happens', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (made) => {
      run += 1;
      const prefix = `team:m${run}`;
      const real: Real = { bench, ledgers: [], name: (scope) => `${prefix}${scope}`, lose: false };
      const ledger = () =>
        bench.ledger(({ command, pk }) => {
          if (!real.lose || command !== 'UpdateItemCommand' || pk?.startsWith(`meter#${prefix}`) !== true)
            return undefined;
          real.lose = false;
          return 'lost';
        });
      const model: Model = { nowMs: START, limits: new Map(), charges: [], running: [], over: [], dead: [], asked: [] };
      await fc.asyncModelRun(() => ({ model, real: Object.assign(real, { ledgers: [ledger(), ledger()] }) }), made);
      for (const { reservation } of model.dead) await endLost(bench, reservation, model.nowMs);
      for (const { reservation } of model.running) {
        await real.ledgers[0]?.settle(reservation, { tokens: 0, costNano: 0 }, model.nowMs);
      }
      for (const scope of SCOPES) {
        const report = await bench.show(real.name(scope), model.nowMs).catch(() => undefined);
        expect(report?.inFlight ?? []).toEqual([]);
        expect(report?.reservedUsd ?? 0).toBe(0);
      }
      const left = new Set(await bench.openRecords());
      expect(model.asked.filter((id) => left.has(id))).toEqual([]);
    }),
    { numRuns: runs, endOnFailure: false },
  );
});
