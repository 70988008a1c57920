/**
 * The bill: requests through running gateways, with providers that fail, break off and say nothing, clients that leave,
 * and a gateway that is killed. What the rows have, what the meters have and what the providers would charge by their own
 * books is the same, but for what is marked as estimated, which is listed. TOLLGATE_BILL_REQUESTS=10000 for the long form.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createUpkeepStore } from '../../functions/adapters/dynamo-upkeep.ts';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../functions/adapters/meter-admin.ts';
import { NO_USAGE, type Usage } from '../../functions/core/usage.ts';
import { costNano } from '../../functions/ledger/prices.ts';
import { overrideFor } from '../../functions/ledger/resolve-rates.ts';
import { sweep } from '../../functions/upkeep/sweep.ts';
import { type SimulatedProviders, startSimulatedProviders } from '../../local/providers/index.ts';
import type { InvoiceLine } from '../../local/providers/invoice.ts';
import { APIS, type Ask, ask, send } from '../support/bill/ask.ts';
import {
  aliasOf,
  BOOKS,
  configOf,
  DEADLINE_MS,
  KINDS,
  type Kind,
  MIX,
  nameOf,
  PRICES,
  PROVIDERS,
  type Provider,
} from '../support/bill/config.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

const REQUESTS = Number(process.env.TOLLGATE_BILL_REQUESTS ?? 600);
const AT_ONCE = 16;
const KILLED = 8;
const TEAMS = ['ads', 'search', 'shop'] as const;

let providers: SimulatedProviders;
let fleet: Fleet;
let gateways: readonly GatewayProcess[];
let victim: GatewayProcess;
let keys: ReadonlyMap<string, string>;
const keyOf = (team: string): string => keys.get(team) ?? '';

beforeAll(async () => {
  providers = await startSimulatedProviders();
  fleet = await startFleet(() => undefined, configOf(providers));
  const admin = adminOf(fleet.table);
  keys = new Map(
    await Promise.all(
      TEAMS.map(async (team) => {
        const { key } = await createKey({ ...admin, team, app: 'bill', limits: { budget_month_usd: 1_000 } });
        await setLimits({ ...admin, scope: `team:${team}`, limits: { budget_month_usd: 1_000 } });
        return [team, key] as const;
      }),
    ),
  );
  gateways = await Promise.all([fleet.start({ patient: true }), fleet.start({ patient: true })]);
  victim = await fleet.start({ patient: true });
});
afterAll(async () => {
  await fleet?.close();
  await providers?.close();
});

interface AttemptOfRow {
  readonly provider: Provider;
  readonly model: string;
  readonly error_kind: string | null;
  readonly usage_source: string;
  readonly cost_nano_usd: number;
  readonly estimated_cost_nano_usd: number | null;
  readonly [column: string]: unknown;
}
interface RowOfLog {
  readonly request_id: string;
  readonly model: string;
  readonly team: string;
  readonly stream: boolean;
  readonly outcome: string;
  readonly api: string;
  readonly usage_source: string;
  readonly cost_nano_usd: number;
  readonly attempts: readonly AttemptOfRow[] | null;
  readonly [column: string]: unknown;
}

const allRows = async (where = 'true') => (await fleet.rows(where)) as unknown as readonly RowOfLog[];

async function countRows(): Promise<number> {
  const [found] = await fleet.query('SELECT count(DISTINCT request_id) AS rows FROM requests');
  return Number(found?.rows);
}

const CLASSES: readonly (readonly [keyof Usage, string])[] = [
  ['inputTokens', 'input_tokens'],
  ['cacheReadTokens', 'cache_read_tokens'],
  ['cacheWrite5mTokens', 'cache_write_5m_tokens'],
  ['cacheWrite1hTokens', 'cache_write_1h_tokens'],
  ['outputTokens', 'output_tokens'],
  ['reasoningTokens', 'reasoning_tokens'],
];

function usageOf(row: { readonly [column: string]: unknown }): Usage {
  return { ...NO_USAGE, ...Object.fromEntries(CLASSES.map(([name, column]) => [name, Number(row[column] ?? 0)])) };
}

function priceOf(provider: Provider, usage: Usage): number {
  const price = overrideFor(PRICES, provider, 'any');
  if (price === undefined) throw new Error('There is no price.');
  return costNano(price, usage);
}

async function invoice(): Promise<ReadonlyMap<string, InvoiceLine>> {
  const { lines } = (await (await fetch(`${providers.url}/invoice`)).json()) as { lines: readonly InvoiceLine[] };
  return new Map(lines.map((line) => [`${line.provider}/${line.model}`, line]));
}

const sum = <T>(list: readonly T[], amount: (each: T) => number): number =>
  list.reduce((total, each) => total + amount(each), 0);

describe('the bill', () => {
  it('is the same streamed and whole, to the nano-dollar, for every client and provider', async () => {
    const [gateway = victim] = gateways;
    const pairs = PROVIDERS.flatMap((provider) => APIS.map((api) => ({ provider, api })));
    for (const [index, { provider, api }] of pairs.entries()) {
      const text = `Question ${index}: what does the ferry cost?`;
      for (const stream of [true, false]) {
        expect(await ask({ provider, kind: 'plain', stream, text, key: keyOf('ads'), gateway, api })).toBe(200);
      }
    }
    const rows = await vi.waitFor(
      async () => {
        const found = await allRows();
        expect(found).toHaveLength(2 * pairs.length);
        return found;
      },
      { timeout: 30_000, interval: 250 },
    );
    for (const [name, both] of Map.groupBy(rows, ({ api, model }) => `${api} ${model}`)) {
      const [streamed, whole] = [both.find(({ stream }) => stream), both.find(({ stream }) => !stream)];
      if (streamed === undefined || whole === undefined) throw new Error(`${name} is not there twice.`);
      expect(streamed.cost_nano_usd, name).toBeGreaterThan(0);
      expect([usageOf(streamed), streamed.cost_nano_usd], name).toEqual([usageOf(whole), whole.cost_nano_usd]);
    }
  });

  it(`agrees with the meters and with the providers' books after ${REQUESTS} requests`, {
    timeout: 900_000,
  }, async () => {
    const asked: Ask[] = Array.from({ length: REQUESTS }, (_, number): Ask => {
      const kind = MIX[Math.floor(number / PROVIDERS.length) % MIX.length] ?? 'plain';
      return {
        provider: PROVIDERS[number % PROVIDERS.length] ?? 'openai',
        kind,
        // In the middle of a whole answer nobody can tell silence from work.
        stream: kind === 'mute' || Math.floor(number / 7) % 2 === 0,
        // Now and then a prompt that the providers cache, sent again and again.
        text:
          number % 11 === 0 ? `${'The toll of the long bridge is a penny. '.repeat(250)}` : `Number ${number}, please?`,
        key: keyOf(TEAMS[number % TEAMS.length] ?? 'ads'),
        gateway: gateways[number % gateways.length] ?? victim,
        api: APIS[Math.floor(number / 3) % APIS.length] ?? 'chat',
      };
    });
    const statuses = new Map<number, number>();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let one = asked[next++]; one !== undefined; one = asked[next++]) {
        const status = await ask(one);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));

    // A gateway dies with all of these on their way.
    const dying = await Promise.all(
      Array.from({ length: KILLED }, async (_, number) => {
        const provider = PROVIDERS[number % PROVIDERS.length] ?? 'openai';
        const key = keyOf(TEAMS[number % TEAMS.length] ?? 'ads');
        const text = `Number ${number}, a long story, please.`;
        const response = await send({
          provider,
          kind: 'killed',
          stream: true,
          text,
          key,
          gateway: victim,
          api: 'chat',
        });
        await response.body?.getReader().read();
        return response.status;
      }),
    );
    expect(dying).toEqual(Array.from({ length: KILLED }, () => 200));
    await victim.kill();

    // Of who left, the last token may still be on its way.
    const before = 2 * PROVIDERS.length * APIS.length;
    await vi.waitFor(async () => expect(await countRows()).toBe(before + REQUESTS), {
      timeout: 120_000,
      interval: 500,
    });
    await vi.waitFor(async () => expect(await fleet.table.openRecords()).toHaveLength(KILLED), {
      timeout: 60_000,
      interval: 250,
    });
    const admin = adminOf(fleet.table);
    const later = Date.now() + DEADLINE_MS + 3 * 60_000;
    const upkeep = {
      clock: { now: () => later },
      store: createUpkeepStore(admin),
      log: fleet.log,
      report: (_level: string, message: string, fields: object) => console.error(message, fields),
    };
    expect(await sweep(upkeep, later + 60_000)).toMatchObject({ swept: KILLED, failed: 0 });

    const rows = await allRows();
    expect(rows).toHaveLength(before + REQUESTS + KILLED);
    expect(new Set(rows.map(({ request_id }) => request_id)).size).toBe(rows.length);
    const lost = rows.filter(({ outcome }) => outcome === 'lost');
    expect(lost).toHaveLength(KILLED);

    // The meters have what the rows have, and nothing is left in flight.
    for (const team of TEAMS) {
      const meter = await showMeter({ ...admin, scope: `team:${team}` });
      const spent = sum(
        rows.filter((row) => row.team === team),
        (row) => row.cost_nano_usd,
      );
      expect(Math.round((meter?.month.usd ?? 0) * 1e9), team).toBe(spent);
      expect({ inFlight: meter?.inFlight, reserved: meter?.reservedUsd }, team).toEqual({ inFlight: [], reserved: 0 });
    }

    // A row is the sum of its attempts, and an attempt its tokens at their prices.
    const attempts = rows.flatMap((row) => row.attempts ?? []);
    for (const row of rows.filter(({ outcome }) => outcome !== 'lost')) {
      expect(row.cost_nano_usd).toBe(sum(row.attempts ?? [], (each) => Number(each.cost_nano_usd)));
    }
    for (const each of attempts) expect(Number(each.cost_nano_usd)).toBe(priceOf(each.provider, usageOf(each)));

    // The providers' books.
    const books = await invoice();
    const listed: string[][] = [];
    for (const provider of PROVIDERS) {
      for (const [kind, { model, exact }] of Object.entries(KINDS)) {
        const name = `${provider}/${kind}`;
        const line = books.get(`${BOOKS[provider]}/${provider}-${model.split('@')[0]}`);
        if (line === undefined) throw new Error(`${name} is not in the books.`);
        const own = attempts.filter(
          (each) => each.provider === provider && each.model === nameOf(provider, kind as Kind),
        );
        const charged = Object.fromEntries(CLASSES.map(([column]) => [column, line[column]])) as unknown as Usage;
        const booked = Object.fromEntries(
          CLASSES.map(([column, row]) => [column, sum(own, (each) => Number(each[row] ?? 0))]),
        );
        if (exact) {
          expect(booked, name).toEqual(charged);
          const failed = sum(own, (each) => Number(each.error_kind !== null));
          // Who is given up on early may never have read the request.
          if (kind === 'mute') expect(line.requests, name).toBeLessThanOrEqual(own.length);
          else expect([own.length, failed], name).toEqual([line.requests, line.failed]);
          const estimated = own.filter((each) => each.usage_source === 'estimated');
          // What a provider that timed out may bill stands apart, and in no sum.
          const apart = own.filter((each) => Number(each.estimated_cost_nano_usd ?? 0) > 0);
          expect([estimated.length, apart.length], name).toEqual([0, kind === 'mute' ? own.length : 0]);
          continue;
        }
        // Not one that nobody said anything of counts as if somebody had.
        expect(
          own.filter((each) => each.usage_source === 'reported' && each.error_kind !== null),
          name,
        ).toEqual([]);
        const theirs = priceOf(provider, { ...NO_USAGE, ...charged });
        const estimated = sum(own, (each) => Number(each.cost_nano_usd));
        const apart = sum(own, (each) => Number(each.estimated_cost_nano_usd ?? 0));
        const ofLost = sum(
          lost.filter((row) => row.model === aliasOf(provider, kind as Kind)),
          (row) => row.cost_nano_usd,
        );
        listed.push([name, ...[theirs, estimated, apart, ofLost].map((nano) => (nano / 1e9).toFixed(6))]);
        expect(estimated + apart + ofLost, name).toBeGreaterThan(0);
        // Estimates are on the safe side.
        if (kind === 'silent') expect(estimated, name).toBeGreaterThanOrEqual(theirs);
      }
    }
    // What is estimated is marked, in the row as in the attempt.
    for (const row of rows) {
      const marked = row.outcome === 'lost' || (row.attempts ?? []).some((each) => each.usage_source === 'estimated');
      expect(row.usage_source === 'estimated', row.model).toBe(marked);
    }
    console.info(
      [
        `${rows.length} rows, by status ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}.`,
        'Estimated, in USD: what the provider charges, what is booked, what is kept apart, what was lost with its gateway.',
        ...listed.map((line) => `  ${line.join('  ')}`),
      ].join('\n'),
    );
  });
});
