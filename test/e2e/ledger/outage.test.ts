/** The gateway with a bad network between it and its table. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createReconcileStore } from '../../../functions/adapters/dynamo-reconcile.ts';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../../functions/adapters/meter-admin.ts';
import { reconcile } from '../../../functions/upkeep/reconcile.ts';
import { sweep } from '../../../functions/upkeep/sweep.ts';
import { type FaultProxy, type ProxyFault, startFaultProxy } from '../../support/fault-proxy.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../../support/gateway-fleet.ts';

const DEADLINE_MS = 2_000;
/** What a machine that does much else may add; without a deadline a call that hangs takes three tries of two seconds. */
const LATE_MS = 3_500;
const CONFIG = {
  models: {
    smart: { targets: [{ provider: 'upstream', model: 'm' }] },
    hasty: { targets: [{ provider: 'upstream', model: 'm' }], timeouts: { totalMs: DEADLINE_MS } },
  },
  prices: [{ provider: 'upstream', model: '*', input: 1, output: 10 }],
};

let sent = 0;
function upstream(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.on('end', () => {
    sent += 1;
    const message = { role: 'assistant', content: 'A penny.' };
    const usage = { prompt_tokens: 9, completion_tokens: 20, total_tokens: 29 };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: 'c',
        model: 'm',
        created: 1,
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage,
      }),
    );
  });
}

interface Outage {
  readonly fleet: Fleet;
  readonly proxy: FaultProxy;
  readonly gateway: GatewayProcess;
  readonly admin: ReturnType<typeof adminOf>;
  key(team: string): Promise<string>;
  post(
    key: string,
    model?: string,
  ): Promise<{ readonly status: number; readonly retryAfter: number; readonly ms: number; readonly id: string }>;
  /** Once it is settled: that goes on after the answer. */
  serve(key: string, model?: string): Promise<void>;
}

async function startOutage(more: object): Promise<Outage> {
  const fleet = await startFleet(upstream, { ...CONFIG, ...more });
  const proxy = await startFaultProxy(fleet.table.endpoint);
  const gateway = await fleet.start({ env: { AWS_ENDPOINT_URL_DYNAMODB: proxy.url } });
  const admin = adminOf(fleet.table);
  const post: Outage['post'] = async (key, model = 'smart') => {
    const started = performance.now();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: 'What does it cost?' }] }),
    });
    await response.text();
    const retryAfter = Number(response.headers.get('retry-after'));
    const id = response.headers.get('x-tollgate-request-id') ?? '';
    return { status: response.status, retryAfter, id, ms: performance.now() - started };
  };
  return {
    fleet,
    proxy,
    gateway,
    admin,
    key: async (team) => (await createKey({ ...admin, team })).key,
    post,
    async serve(key, model) {
      const { status, id } = await post(key, model);
      expect(status).toBe(200);
      await vi.waitFor(async () => expect(await fleet.table.openRecords()).not.toContain(id), PATIENCE);
    },
  };
}

async function stop({ fleet, proxy }: Outage): Promise<void> {
  await proxy.close();
  await fleet.close();
}

/** Of a machine that does much else. */
const PATIENCE = { timeout: 30_000, interval: 100 };

describe('where nothing is said about failures', () => {
  let outage: Outage;
  beforeAll(async () => {
    outage = await startOutage({});
  });
  afterAll(() => stop(outage));

  const KINDS: readonly ProxyFault[] = ['drop-before', 'drop-after', 'arrive-late', 'throttle', 'error-500', 300];

  it.each([...KINDS, 'mixed'] as const)(
    'a third of all calls that end in %s make the ledger count more at worst, and leave nothing behind once it is held to the log',
    { timeout: 120_000 },
    async (kind) => {
      const { admin, fleet, proxy, post } = outage;
      const team = `flaky-${kind}`;
      const scope = `team:${team}`;
      await setLimits({ ...admin, scope, limits: { budget_month_usd: 1, limit_rpm: 1_000, limit_parallel: 50 } });
      const key = await outage.key(team);
      expect((await post(key)).status).toBe(200);
      const rounds = kind === 'arrive-late' ? 2 : 4;
      proxy.decide(() => {
        if (Math.random() > 0.3) return undefined;
        return kind === 'mixed' ? KINDS[Math.floor(Math.random() * KINDS.length)] : kind;
      });
      const statuses: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(Array.from({ length: 8 }, async () => statuses.push((await post(key)).status)));
      }
      proxy.decide(() => undefined);
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      // Five calls in a row may have found no answer: for some seconds the gateway would not ask.
      await vi.waitFor(async () => expect((await post(await outage.key('calm'))).status).toBe(200), PATIENCE);
      expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
      // A row is there once it is decided what is settled; what is left to do then upkeep can do as well.
      const served = statuses.filter((status) => status === 200).length + 1;
      await vi.waitFor(
        async () => expect(await fleet.rows(`team = '${team}' AND outcome = 'ok'`)).toHaveLength(served),
        PATIENCE,
      );

      // In truth a quarter of an hour goes by before the sweep.
      await vi.waitFor(() => expect(proxy.late()).toBe(0), PATIENCE);
      // The clock of the sweep before was as far ahead: its cursor would be past what is to be swept now.
      await fleet.table.remove('upkeep', 'sweep');
      const later = Date.now() + 15 * 60_000;
      const store = createUpkeepStore({ ...admin });
      const upkeep = { clock: { now: () => later }, store, log: fleet.log, report: () => undefined };
      expect(await sweep(upkeep, later + 60_000)).toMatchObject({ failed: 0 });
      const rows = await fleet.rows(`team = '${team}'`);
      const spent = rows.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
      const swept = await showMeter({ ...admin, scope });
      expect(Math.round((swept?.month.usd ?? 0) * 1e9)).toBeGreaterThanOrEqual(spent);
      const mayComeTwice = kind === 'arrive-late' || kind === 'mixed';
      if (!mayComeTwice) expect(swept).toMatchObject({ inFlight: [], reservedUsd: 0 });
      // A first try that arrives once the second one is settled charges again, and only reconciliation can know.
      const books = { ...createReconcileStore(admin), scopes: async () => [scope] };
      const log = { lateMs: 0, spend: async () => new Map([[scope, spent]]) };
      await reconcile({ store: books, log, nowMs: later + 10 * 60_000, apply: true });
      const reconciled = await showMeter({ ...admin, scope });
      expect(reconciled).toMatchObject({ inFlight: [], reservedUsd: 0 });
      expect(Math.round((reconciled?.month.usd ?? 0) * 1e9)).toBe(spent);
      expect(rows.filter((row) => row.outcome === 'ok')).toHaveLength(served);
    },
  );

  it('refuses who has a budget with 503 and when to come back, and stops asking a dead table', async () => {
    const { admin, proxy, post, serve } = outage;
    await setLimits({ ...admin, scope: 'team:bounded', limits: { budget_month_usd: 1 } });
    const key = await outage.key('bounded');
    await serve(key);
    proxy.decide(() => 'hang');
    const sentBefore = sent;
    const first = await Promise.all(Array.from({ length: 10 }, () => post(key)));
    expect(first.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 503));
    for (const { retryAfter, ms } of first) {
      expect(retryAfter).toBeGreaterThan(0);
      // Three tries of two seconds each, and as many to write down that it was not sent; and what the machine adds.
      expect(ms).toBeLessThan(30_000);
    }
    const callsBefore = proxy.calls();
    const next = await Promise.all(Array.from({ length: 50 }, () => post(key)));
    expect(new Set(next.map(({ status }) => status))).toEqual(new Set([503]));
    expect(proxy.calls() - callsBefore).toBeLessThan(10);
    expect(sent).toBe(sentBefore);
    proxy.decide(() => undefined);
    await vi.waitFor(async () => expect((await post(key)).status).toBe(200), { ...PATIENCE, interval: 500 });
  }, 90_000);

  it('serves who is known to have none, unmetered and flagged', async () => {
    const { fleet, proxy, post, serve } = outage;
    const key = await outage.key('unbounded');
    await serve(key);
    proxy.decide(() => 'error-500');
    expect((await post(key)).status).toBe(200);
    proxy.decide(() => undefined);
    await vi.waitFor(async () => {
      const rows = await fleet.rows(`team = 'unbounded' AND list_contains(flags, 'unmetered')`);
      expect(rows).toMatchObject([{ outcome: 'ok', reserved_nano_usd: null }]);
    }, PATIENCE);
  });

  it('answers within the deadline of the request when the table is slow', async () => {
    const { admin, proxy, post } = outage;
    await vi.waitFor(async () => expect((await post(await outage.key('calm'))).status).toBe(200), PATIENCE);
    await setLimits({ ...admin, scope: 'team:slow', limits: { budget_month_usd: 1 } });
    const key = await outage.key('slow');
    expect((await post(key, 'hasty')).status).toBe(200);
    proxy.decide(({ operation }) => (operation === 'GetItem' ? undefined : 900));
    const { status, ms } = await post(await outage.key('slow'), 'hasty');
    expect([200, 503, 504]).toContain(status);
    expect(ms).toBeLessThan(DEADLINE_MS + LATE_MS);
    proxy.decide(() => 'hang');
    expect((await post(key, 'hasty')).ms).toBeLessThan(DEADLINE_MS + LATE_MS);
    proxy.decide(() => undefined);
  });
});

describe('where failures are closed', () => {
  let outage: Outage;
  beforeAll(async () => {
    outage = await startOutage({ onLedgerFailure: 'closed' });
  });
  afterAll(() => stop(outage));

  it('refuses everybody, those without a budget too', async () => {
    const { proxy, post } = outage;
    const key = await outage.key('unbounded');
    expect((await post(key)).status).toBe(200);
    proxy.decide(() => 'error-500');
    const { status, retryAfter } = await post(key);
    expect(status).toBe(503);
    // The breaker's pause, which probes that fail double up to 10 s: how many there are depends on the machine.
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(10);
  });
});

describe('where failures are open', () => {
  let outage: Outage;
  beforeAll(async () => {
    outage = await startOutage({ onLedgerFailure: 'open' });
  });
  afterAll(() => stop(outage));

  it('serves everybody, and the rows say that no meter has counted them', async () => {
    const { admin, fleet, proxy, post, serve } = outage;
    await setLimits({ ...admin, scope: 'team:open', limits: { budget_month_usd: 1 } });
    const key = await outage.key('open');
    await serve(key);
    const before = await showMeter({ ...admin, scope: 'team:open' });
    proxy.decide(() => 'hang');
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    proxy.decide(() => undefined);
    await vi.waitFor(async () => {
      expect(await fleet.rows(`team = 'open' AND list_contains(flags, 'unmetered')`)).toHaveLength(5);
    }, PATIENCE);
    expect(await showMeter({ ...admin, scope: 'team:open' })).toEqual(before);
  });

  it('does so too where someone broke a meter by hand', async () => {
    const { fleet, post } = outage;
    const key = await outage.key('broken');
    await fleet.table.edit('team:broken', { limit_rpm: { S: 'plenty' } });
    await vi.waitFor(async () => expect((await post(key)).status).toBe(200), { ...PATIENCE, interval: 500 });
    await vi.waitFor(async () => {
      expect(await fleet.rows(`team = 'broken' AND list_contains(flags, 'unmetered')`)).not.toHaveLength(0);
    }, PATIENCE);
  });

  it('but not for a key that nobody knows', async () => {
    const { proxy, post } = outage;
    proxy.decide(() => 'error-500');
    expect((await post(`sk-tg-${'x'.repeat(43)}`)).status).toBe(503);
    proxy.decide(() => undefined);
  });
});
