import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CreateKeyOptions, createKey } from '../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../functions/adapters/meter-admin.ts';
import { createChatUpstream } from '../support/chat-upstream.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

const model = (name: string, more: object = {}) => ({
  targets: [{ provider: 'upstream', model: name }],
  attempts: 1,
  ...more,
});
const CONFIG = {
  models: {
    patient: model('slow-200', { queueMs: 20_000 }),
    hurried: model('slow-200', { queueMs: 20_000, timeouts: { totalMs: 2_000 } }),
    plain: model('slow-200'),
    shared: model('slow-201', { queueMs: 20_000 }),
    backed: model('slow-202', { queueMs: 20_000, fallbacks: [{ provider: 'upstream', model: 'spare' }] }),
    hang: model('hang', { timeouts: { totalMs: 45_000 } }),
  },
  prices: [{ provider: 'upstream', model: '*', input: 1, output: 2 }],
};

const upstream = createChatUpstream();
let fleet: Fleet;
let gateways: readonly GatewayProcess[];
beforeAll(async () => {
  fleet = await startFleet(upstream.handle, CONFIG);
  gateways = await Promise.all([fleet.start(), fleet.start()]);
});
afterAll(() => fleet?.close());

const keyWith = (limits: CreateKeyOptions['limits'], more: Partial<CreateKeyOptions> = {}) =>
  createKey({ ...adminOf(fleet.table), limits, ...more });
const fresh = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

interface Asked {
  readonly key: string;
  readonly marker: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly at?: number;
  readonly priority?: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly tookMs: number;
  readonly endedAt: number;
}

async function ask({ key, marker, model = 'patient', stream = false, at = 0, priority }: Asked): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`${gateways[at % 2]?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(priority === undefined ? {} : { 'x-tollgate-priority': String(priority) }),
    },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: `Say [${marker}]` }] }),
  });
  const text = await response.text();
  const endedAt = performance.now();
  return { status: response.status, text, headers: response.headers, tookMs: endedAt - startedAt, endedAt };
}

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** One request that never ends, on the wire. */
async function occupy(key: string): Promise<void> {
  const marker = fresh('occupied');
  ask({ key, marker, model: 'hang' }).catch(() => undefined);
  await expect.poll(() => upstream.calls(`[${marker}]`).length).toBe(1);
}

describe('a request that finds no room', () => {
  it('gets it as soon as there is some, whole or streamed, and the limit is never exceeded', async () => {
    const marker = fresh('room');
    const { id, key } = await keyWith({ limit_parallel: 2 }, { team: marker });
    const answers = await Promise.all(times(14, (at) => ask({ key, marker, at, stream: at % 3 === 0 })));
    expect(answers.map(({ status }) => status)).toEqual(times(14, () => 200));
    expect(upstream.mostAtOnce(`[${marker}]`)).toBe(2);
    await expect
      .poll(() => showMeter({ ...adminOf(fleet.table), scope: `key:${id}` }))
      .toMatchObject({ inFlight: [], reservedUsd: 0 });
    await expect.poll(async () => (await fleet.rows(`team = '${marker}'`)).length).toBe(14);
    const rows = await fleet.rows(`team = '${marker}'`);
    const waited = rows.filter((row) => Number(row.queue_ms) > 100);
    expect(waited.length).toBeGreaterThanOrEqual(10);
    for (const row of rows) {
      expect(Number(row.total_ms)).toBeGreaterThanOrEqual(Number(row.queue_ms));
      expect(Number(row.overhead_ms)).toBeLessThan(Number(row.total_ms) - Number(row.queue_ms));
    }
  });

  /** Of those that found no room, the urgent ones came last: half of the others end after them. */
  async function expectUrgentFirst(asked: { readonly key: string; readonly model: string }): Promise<void> {
    const marker = fresh('priority');
    const low = times(12, (at) => ask({ ...asked, marker, at }));
    // Some are through, and the others wait.
    await expect.poll(() => upstream.calls(`[${marker}]`).length).toBeGreaterThanOrEqual(2);
    const high = times(4, (at) => ask({ ...asked, marker, at, priority: 9 }));
    const [lows, highs] = [await Promise.all(low), await Promise.all(high)];
    expect([...lows, ...highs].every(({ status }) => status === 200)).toBe(true);
    expect(upstream.mostAtOnce(`[${marker}]`)).toBe(1);
    const median = lows.map(({ endedAt }) => endedAt).sort((left, right) => left - right)[6] ?? 0;
    const mean = highs.reduce((sum, { endedAt }) => sum + endedAt, 0) / highs.length;
    expect(mean).toBeLessThan(median);
  }

  it('of higher priority passes those that wait already, in other processes too', async () => {
    const { key } = await keyWith({ limit_parallel: 1 }, { maxPriority: 9 });
    await expectUrgentFirst({ key, model: 'patient' });
  });

  it('of its provider waits for it too, the more urgent first', async () => {
    await setLimits({ ...adminOf(fleet.table), scope: 'provider:upstream/slow-201', limits: { limit_parallel: 1 } });
    const { key } = await keyWith({}, { maxPriority: 9 });
    await expectUrgentFirst({ key, model: 'shared' });
  });

  it('of a provider goes to the next target, and waits for none that there is', async () => {
    await setLimits({ ...adminOf(fleet.table), scope: 'provider:upstream/slow-202', limits: { limit_parallel: 0 } });
    const marker = fresh('backed');
    const { key } = await keyWith({});
    const { status, headers, tookMs } = await ask({ key, marker, model: 'backed' });
    expect([status, headers.get('x-tollgate-model')]).toEqual([200, 'spare']);
    // Not twenty seconds.
    expect(tookMs).toBeLessThan(5_000);
  });

  it('waits no longer than its deadline allows, and a stream no longer than it may be silent', async () => {
    const { key } = await keyWith({ limit_parallel: 1 }, { team: fresh('deadline') });
    await occupy(key);
    const marker = fresh('deadline');
    const [hurried, streamed] = await Promise.all([
      ask({ key, marker, model: 'hurried' }),
      ask({ key, marker, stream: true, at: 1 }),
    ]);
    expect(hurried.status).toBe(429);
    expect(hurried.tookMs).toBeGreaterThan(1_000);
    // Without its deadline it would be twenty seconds.
    expect(hurried.tookMs).toBeLessThan(10_000);
    expect([streamed.status, streamed.headers.get('content-type')]).toEqual([429, 'application/json']);
    expect(streamed.tookMs).toBeGreaterThan(11_000);
    expect(streamed.tookMs).toBeLessThan(18_000);
    expect(upstream.calls(`[${marker}]`)).toHaveLength(0);
  });

  it('is refused at once where waiting is of no use: a budget, no queue, never any room', async () => {
    const poor = await keyWith({ budget_month_usd: 0.000_001 });
    const closed = await keyWith({ limit_parallel: 0 });
    const busy = await keyWith({ limit_parallel: 1 });
    await occupy(busy.key);
    for (const asked of [{ key: poor.key }, { key: closed.key }, { key: busy.key, model: 'plain' }]) {
      const { status, tookMs } = await ask({ ...asked, marker: 'refused' });
      expect(status).toBe(429);
      // Not twenty seconds.
      expect(tookMs).toBeLessThan(5_000);
    }
  });
});

describe('x-tollgate-priority', () => {
  it.each([
    [10, 9, /0 to 9/],
    [6, 5, /at most/],
    [1, undefined, /0 at most/],
  ])('%j is refused to a key that may ask for %j', async (priority, maxPriority, message) => {
    const { key } = await keyWith({}, { maxPriority });
    const { status, text } = await ask({ key, marker: 'refused', priority });
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: { param: 'x-tollgate-priority' } }]);
    expect(text).toMatch(message);
  });
});
