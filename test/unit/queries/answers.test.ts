/**
 * Every shipped query over 60 days of requests, beside the same question answered in plain loops. 12,000 requests in
 * the suite; TOLLGATE_LAKE_ROWS=1000000 for the size of a busy site.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillQuery, queryNames, readQuery } from '../../../cli/named-query.ts';
import { type Lake, openLake } from '../../../local/lake.ts';
import {
  type Answer,
  attemptSums,
  cacheSavings,
  errorRates,
  experimentComparison,
  failedAttempts,
  latency,
  promptSizeOutliers,
  spend,
  topRequests,
  unusualSpend,
  whatIf,
} from '../../support/lake/expected-answers.ts';
import { readSampleRows, type SampleRequest, type SampleRows } from '../../support/lake/read-requests.ts';
import { FIRST_DAY, LAST_DAY, makeSampleLake, RUNAWAY_HOUR } from '../../support/lake/sample-lake.ts';

const REQUESTS = Number(process.env.TOLLGATE_LAKE_ROWS ?? 12_000);
const SINCE = '2026-09-08';
const UNTIL = '2026-10-20';

let folder = '';
let lake: Lake | undefined;
let sample: SampleRows = { delivered: 0, requests: [], feedback: [] };
let rows: readonly SampleRequest[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-'));
  await makeSampleLake({ folder, requests: REQUESTS });
  sample = await readSampleRows(folder);
  lake = await openLake(folder);
  rows = between(SINCE, UNTIL);
}, 540_000);

afterAll(() => {
  lake?.close();
  rmSync(folder, { recursive: true, force: true });
});

const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const between = (since: string, until: string): readonly SampleRequest[] =>
  sample.requests.filter((row) => row.startedAtMs >= startOf(since) && row.startedAtMs < startOf(until) + 86_400_000);

const asked = new Set<string>();

/** Two months lie in the sample, so that a window that is not kept shows. */
async function ask(name: string, values: { readonly [name: string]: string } = {}): Promise<readonly Answer[]> {
  asked.add(name);
  const query = readQuery(name);
  const window = query.parameters.some((parameter) => parameter.name === 'since') ? { since: SINCE, until: UNTIL } : {};
  if (lake === undefined) throw new Error('The lake is opened before the first test.');
  const { columns, rows: found } = await lake.query(
    fillQuery(query, new Map(Object.entries({ ...window, ...values }))),
  );
  return found.map(
    (row) => Object.fromEntries(columns.map(({ name: column }, index) => [column, row[index]])) as Answer,
  );
}

/** The same rows, whatever else their columns are; numbers to 12 digits. Keys tell the rows apart. */
function expectAnswers(found: readonly Answer[], expected: readonly Answer[], keys: readonly string[]): void {
  const keyOf = (answer: Answer): string => JSON.stringify(keys.map((key) => answer[key]));
  const byKey = new Map(found.map((answer) => [keyOf(answer), answer]));
  expect(byKey.size).toBe(found.length);
  expect([...byKey.keys()].sort()).toEqual(expected.map(keyOf).sort());
  expect(expected.length).toBeGreaterThan(0);
  for (const answer of expected) {
    for (const [column, value] of Object.entries(answer)) {
      const other = byKey.get(keyOf(answer))?.[column];
      const where = `${keyOf(answer)} ${column}`;
      if (typeof value !== 'number' || typeof other !== 'number') expect(other, where).toBe(value);
      else expect(Math.abs(other - value), where).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
    }
  }
}

function expectFalling(found: readonly Answer[], column: string): void {
  const values = found.map((answer) => answer[column]).filter((value) => typeof value === 'number');
  expect(values).toEqual([...values].sort((a, b) => b - a));
}

describe('the sample', () => {
  test('has copies, requests that were taken for lost, and 60 days', () => {
    expect(sample.requests.length).toBe(REQUESTS);
    expect(sample.delivered).toBeGreaterThan(REQUESTS * 1.01);
    const days = new Set(sample.requests.map((row) => new Date(row.startedAtMs).toISOString().slice(0, 10)));
    expect([...days].sort().at(0)).toBe(FIRST_DAY);
    expect([...days].sort().at(-1)).toBe(LAST_DAY);
    expect(days.size).toBe(60);
  });
});

describe('spend', () => {
  const dimensions: readonly [name: string, value: (row: SampleRequest) => string | null][] = [
    ['team', (row) => row.team],
    ['app', (row) => row.app],
    ['user', (row) => row.user_id],
    ['key', (row) => row.key_id],
    ['env', (row) => row.env],
    ['model', (row) => row.model],
    ['provider', (row) => row.provider],
    ['served_model', (row) => row.served_model ?? row.target_model],
    ['arm', (row) => row.arm],
    ['experiment', (row) => row.experiment],
    ['outcome', (row) => row.outcome],
    ['day', (row) => new Date(row.startedAtMs).toISOString().slice(0, 10)],
    ['month', (row) => new Date(row.startedAtMs).toISOString().slice(0, 7)],
  ];

  test.each(dimensions)('by %s', async (name, value) => {
    const found = await ask('spend', { by: name, then_by: 'none' });
    expectAnswers(
      found,
      spend(rows, value, () => 'all'),
      ['group_1', 'group_2'],
    );
    expectFalling(found, 'cost_usd');
  });

  test('by team and model, unless told otherwise', async () => {
    expectAnswers(
      await ask('spend'),
      spend(
        rows,
        (row) => row.team,
        (row) => row.model,
      ),
      ['group_1', 'group_2'],
    );
  });

  test('of one day counts what arrived on the next, unless told otherwise', async () => {
    const dayOf = (row: SampleRequest): string => new Date(row.startedAtMs).toISOString().slice(0, 10);
    const day = dayOf(rows.find((row) => row.dt > dayOf(row)) ?? expect.fail('No request arrived a day later.'));
    const values = { by: 'none', then_by: 'none', since: day, until: day };
    const all = (counted: readonly SampleRequest[]) =>
      spend(
        counted,
        () => 'all',
        () => 'all',
      );
    const requests = between(day, day);
    expectAnswers(await ask('spend', values), all(requests), ['group_1']);
    const [found] = await ask('spend', { ...values, late_days: '0' });
    expect(Number(found?.requests)).toBeLessThan(requests.length);
  });
});

test('top-requests', async () => {
  const found = await ask('top-requests', { most: '37' });
  expectAnswers(found, topRequests(rows, 37), ['request_id']);
  expectFalling(found, 'cost_usd');
});

test('failed-attempts', async () => {
  const found = await ask('failed-attempts');
  expectAnswers(found, failedAttempts(rows), ['provider', 'model', 'error_kind']);
  expectFalling(found, 'cost_usd');
  expect(found.some((answer) => Number(answer.estimated_usd) > 0)).toBe(true);
});

test('cache-savings', async () => {
  const found = await ask('cache-savings');
  expectAnswers(found, cacheSavings(rows), ['provider', 'model']);
  expectFalling(found, 'saved_usd');
});

test('what-if', async () => {
  const prices = { input: 1.25, cache_read: 0.125, cache_write_5m: 1.5, output: 10 };
  const values = Object.fromEntries(Object.entries(prices).map(([name, value]) => [name, String(value)]));
  expectAnswers(await ask('what-if', { model: 'smart', ...values }), whatIf(rows, 'smart', prices), ['served_by']);
  const all = await ask('what-if', values);
  expect(new Set(all.map((answer) => answer.model))).toEqual(new Set(['smart', 'fast', 'claude']));
});

test('latency', async () => {
  expectAnswers(await ask('latency'), latency(rows), ['provider', 'model']);
});

test('error-rates', async () => {
  const found = await ask('error-rates');
  expectAnswers(found, errorRates(rows), ['model', 'provider']);
  expectFalling(found, 'failure_rate');
});

test('experiment-comparison', async () => {
  const found = await ask('experiment-comparison');
  expectAnswers(found, experimentComparison(rows, sample.feedback), ['experiment', 'arm', 'label']);
  expect(await ask('experiment-comparison', { experiment: 'another' })).toEqual([]);
});

test('unusual-spend', async () => {
  const options = { sinceMs: startOf('2026-10-12'), factor: 3, leastUsd: 0.02 };
  const found = await ask('unusual-spend', { since: '2026-10-12', factor: '3', least_usd: '0.02' });
  expectAnswers(found, unusualSpend(rows, options), ['team', 'cost_usd']);
  expect(found[0]).toMatchObject({ hour_utc: RUNAWAY_HOUR, team: 'research' });
  expect(found.length).toBeGreaterThan(1);
});

test('prompt-size-outliers', async () => {
  const found = await ask('prompt-size-outliers', { factor: '8', least_tokens: '5000', most: '1000' });
  expectAnswers(found, promptSizeOutliers(rows, { factor: 8, leastTokens: 5_000, most: 1_000 }), ['request_id']);
  expectFalling(found, 'times_median');
});

describe('month-against-budget', () => {
  const TODAY = '2026-10-20';
  const budgets = "search=20;nobody=3;Zürich 'ops'=1000;support=0.5";

  test('adds up the month, and goes on with its last days', async () => {
    const found = await ask('month-against-budget', { today: TODAY, budgets });
    const month = between('2026-10-01', TODAY);
    const teams = [...new Set([...month.map((row) => row.team), 'nobody'])];
    const spent = (team: string | null, since: string, until: string) =>
      between(since, until)
        .filter((row) => row.team === team)
        .reduce((sum, row) => sum + (row.cost_nano_usd ?? 0), 0) / 1e9;
    const limits = new Map<string | null, number>([
      ['search', 20],
      ['nobody', 3],
      ["Zürich 'ops'", 1000],
      ['support', 0.5],
    ]);
    const expected = teams.map((name) => {
      const daily = spent(name, '2026-10-13', '2026-10-19') / 7;
      const today = spent(name, TODAY, TODAY);
      const total = spent(name, '2026-10-01', TODAY);
      const forecast = total - today + Math.max(today, daily) + daily * 11;
      const budget = limits.get(name) ?? null;
      const state = total >= (budget ?? 0) ? 'over' : forecast > (budget ?? 0) ? 'will pass' : 'ok';
      return {
        name,
        spent_usd: total,
        daily_usd: daily,
        forecast_usd: forecast,
        budget_usd: budget,
        used_share: budget === null ? null : total / budget,
        forecast_share: budget === null ? null : forecast / budget,
        state: budget === null ? 'no budget' : state,
      };
    });
    expectAnswers(found, expected, ['name']);
    expect(found.find((answer) => answer.name === 'support')?.state).toBe('over');
  });

  test('knows the first day and the last one', async () => {
    const [first] = await ask('month-against-budget', { today: '2026-10-01', by: 'env', budgets: 'prod=1' });
    const prod = between('2026-10-01', '2026-10-01').filter((row) => row.env === 'prod');
    const today = prod.reduce((sum, row) => sum + (row.cost_nano_usd ?? 0), 0) / 1e9;
    expect(first).toMatchObject({ name: 'prod', spent_usd: today, daily_usd: today });
    expect(first?.forecast_usd).toBeCloseTo(today * 31, 9);
    const [last] = await ask('month-against-budget', { today: '2026-09-30', by: 'env', budgets: 'prod=1' });
    expect(Number(last?.forecast_usd)).toBeGreaterThanOrEqual(Number(last?.spent_usd));
    expect(Number(last?.forecast_usd)).toBeLessThan(Number(last?.spent_usd) * 1.1);
  });
});

describe('invoice-reconciliation', () => {
  test('agrees with the invoice to the nano-dollar, and finds the three lines that do not', async () => {
    const found = await ask('invoice-reconciliation', { tolerance: '0' });
    const ours = attemptSums(rows);
    for (const { day_utc, provider, model, attempts, ours_usd } of found) {
      const sum = ours.get([day_utc, provider, model].join(' '));
      expect([attempts, ours_usd]).toEqual([sum?.attempts ?? 0, (sum?.nano ?? 0) / 1e9]);
    }
    expect(found.filter((answer) => Number(answer.attempts) > 0).length).toBe(ours.size);
    expect(
      found.slice(0, 3).map(({ day_utc, model, difference_usd, state }) => [day_utc, model, difference_usd, state]),
    ).toEqual([
      ['2026-09-22', 'gpt-5.6-terra', 12.5, 'only theirs'],
      ['2026-09-20', 'claude-sonnet-5-2026', 5, 'differs'],
      ['2026-09-21', 'gpt-5.6-luna-2026', expect.any(Number), 'only ours'],
    ]);
    expect(new Set(found.slice(3).map(({ state }) => state))).toEqual(new Set(['same']));
  });

  test('of one provider', async () => {
    const found = await ask('invoice-reconciliation', { provider: 'anthropic' });
    expect(new Set(found.map(({ provider }) => provider))).toEqual(new Set(['anthropic']));
  });
});

describe('the partitions', () => {
  const files = async (sql: string): Promise<string> =>
    /Scanning Files: \d+\/\d+/.exec((await lake?.explain(sql)) ?? '')?.[0] ?? 'all';

  test.each([
    ['2026-10-10', '2026-10-10', 2],
    ['2026-10-01', '2026-10-07', 8],
    [FIRST_DAY, FIRST_DAY, 2],
  ])('of %s to %s are read, with the day after, and no others', async (since, until, days) => {
    const folders = readdirSync(join(folder, 'requests')).filter((name) => {
      const day = name.slice('dt='.length);
      return day >= since && day <= new Date(startOf(until) + 86_400_000).toISOString().slice(0, 10);
    });
    expect(folders.length).toBe(days);
    const perDay = (name: string): number => readdirSync(join(folder, 'requests', name)).length;
    const wanted = folders.reduce((sum, name) => sum + perDay(name), 0);
    const all = readdirSync(join(folder, 'requests')).reduce((sum, name) => sum + perDay(name), 0);
    const sql = fillQuery(readQuery('spend'), new Map(Object.entries({ since, until })));
    expect(await files(sql)).toBe(`Scanning Files: ${wanted}/${all}`);
  });

  test('are found by the date of today where nothing was asked', async () => {
    const plan = (await lake?.explain(readQuery('spend').sql)) ?? '';
    const since = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10);
    // The sample lies in the past: before long none of its days is among the last 30.
    const young = readdirSync(join(folder, 'requests')).filter((name) => name.slice('dt='.length) >= since);
    const read = /Total Files Read: (\d+)/.exec(plan)?.[1] ?? '0';
    expect(Number(read)).toBe(young.reduce((sum, name) => sum + readdirSync(join(folder, 'requests', name)).length, 0));
  });
});

test('every shipped query was asked', () => {
  expect([...asked].sort()).toEqual(queryNames());
});
