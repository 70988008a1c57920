/** The breaker that all instances share: gateways as processes of their own, on one table. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { healthKey } from '../../../functions/table.ts';
import { type Fleet, type GatewayProcess, startFleet } from '../../support/gateway-fleet.ts';
import { type Ask, createAsk, createToldUpstream } from './support.ts';

const OPEN_MS = 1_000;
const upstream = createToldUpstream();
/** With attempts: 1 a request ends with its first failure, so that each is counted apart. */
const backed = (model: string) => ({
  targets: [{ provider: 'upstream', model }],
  fallbacks: [{ provider: 'upstream', model: 'spare' }],
  attempts: 2,
});
const alone = (model: string) => ({ targets: [{ provider: 'upstream', model }], attempts: 1 });

let fleet: Fleet;
let gateways: readonly GatewayProcess[];
let ask: Ask;
beforeAll(async () => {
  fleet = await startFleet(upstream.handle, {
    models: {
      known: backed('known'),
      probed: backed('probed'),
      extends: alone('extends'),
      asked: alone('asked'),
      both: { ...alone('one'), fallbacks: [{ provider: 'upstream', model: 'two' }], attempts: 2 },
    },
    breaker: { failures: 2, openMs: OPEN_MS, mostOpenMs: 60_000 },
  });
  gateways = await Promise.all([1, 2, 3].map(() => fleet.start({ patient: true })));
  ask = await createAsk(fleet);
}, 60_000);
afterAll(() => fleet?.close());

const first = () => gateways[0] as GatewayProcess;
const second = () => gateways[1] as GatewayProcess;

interface Stored {
  readonly isOpen: boolean;
  readonly untilMs: number;
  readonly trips: number;
}

async function stored(model: string): Promise<Stored> {
  const { pk, sk } = healthKey(`upstream/${model}`);
  const item = await fleet.table.item(pk, sk);
  return {
    isOpen: item?.open?.BOOL === true,
    untilMs: Number(item?.until_ms?.N ?? 0),
    trips: Number(item?.trips?.N ?? 0),
  };
}

/** In seconds, of a pause that ends between these two, told between `beforeMs` and now. */
function expectLeft(seconds: number, [leastMs, mostMs]: readonly [number, number], beforeMs: number): void {
  expect(seconds).toBeGreaterThanOrEqual(Math.ceil((leastMs - Date.now()) / 1_000));
  expect(seconds).toBeLessThanOrEqual(Math.ceil((mostMs - beforeMs) / 1_000));
}

const opened = (model: string, trips = 1) =>
  vi.waitFor(async () => expect(await stored(model)).toMatchObject({ isOpen: true, trips }), 10_000);

it('a target that one process has found broken is passed over by another within 2 s', { timeout: 60_000 }, async () => {
  expect((await ask(second(), 'known')).model).toBe('known');
  // Asked for by the provider, so that the pause outlasts the test.
  upstream.tell('known', { status: 503, headers: { 'retry-after': '60' } });
  const toldAtMs = Date.now();
  expect(await ask(first(), 'known')).toMatchObject({
    status: 200,
    model: 'spare',
    route: 'upstream/known, upstream/spare',
  });
  await vi.waitFor(async () => expect((await stored('known')).isOpen).toBe(true), 10_000);
  // It has traffic all the time, so that it goes by its memory and reads behind the requests.
  const until = Date.now() + 2_000;
  while (Date.now() < until) {
    await ask(second(), 'known');
    await sleep(100);
  }
  const calls = upstream.calls('known');
  const { untilMs } = await stored('known');
  for (const gateway of gateways) {
    const beforeMs = Date.now();
    const { status, model, route } = await ask(gateway, 'known');
    expect({ status, model }).toEqual({ status: 200, model: 'spare' });
    const [, seconds] = /^upstream\/known!cooling\((\d+)s\), upstream\/spare$/.exec(route ?? '') ?? [];
    expectLeft(Number(seconds), [toldAtMs + 60_000, untilMs], beforeMs);
  }
  expect(upstream.calls('known')).toBe(calls);
});

it('exactly one probe goes out, however many race for it, and its success is known to all', {
  timeout: 60_000,
}, async () => {
  for (const gateway of gateways) await ask(gateway, 'probed');
  upstream.tell('probed', { status: 500 });
  for (let each = 0; each < 2; each += 1) await ask(first(), 'probed');
  await opened('probed');
  const { untilMs } = await stored('probed');
  upstream.tell('probed', { status: 'held' });
  const before = upstream.calls('probed');
  await sleep(Math.max(0, untilMs - Date.now()) + 1);

  const race = gateways.flatMap((gateway) => Array.from({ length: 5 }, () => ask(gateway, 'probed')));
  let answered = 0;
  for (const each of race)
    each.then(
      () => {
        answered += 1;
      },
      () => undefined,
    );
  await vi.waitFor(() => expect(answered).toBe(race.length - 1), 20_000);
  expect(upstream.calls('probed') - before).toBe(1);
  // Whoever comes while the probe is out is not let through either.
  expect((await ask(second(), 'probed')).route).toMatch(/^upstream\/probed!cooling\(\d+s\), /);
  expect(upstream.calls('probed') - before).toBe(1);

  upstream.tell('probed', { status: 200 });
  const models = (await Promise.all(race)).map(({ model }) => model);
  expect(models.filter((model) => model === 'probed')).toHaveLength(1);
  expect(models.filter((model) => model === 'spare')).toHaveLength(race.length - 1);
  await vi.waitFor(async () => {
    for (const gateway of gateways) expect((await ask(gateway, 'probed')).model).toBe('probed');
  }, 10_000);
});

it('deadlines only extend, and double, while two processes find it broken again and again', {
  timeout: 60_000,
}, async () => {
  upstream.tell('extends', { status: 500 });
  let log = '';
  for (const { child } of gateways) {
    child.stdout?.on('data', (text) => {
      log += text;
    });
  }
  /** As the gateways tell of them, each once. */
  const trips = () =>
    log
      .split('\n')
      .filter((line) => line.includes('"metric":"TargetOpened","target":"upstream/extends"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Stored)
      .sort((one, other) => one.trips - other.trips);
  const seen: Stored[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      seen.push(await stored('extends'));
      await sleep(20);
    }
  })();
  const hammer = async (gateway: GatewayProcess): Promise<void> => {
    while (!isOver) {
      await ask(gateway, 'extends');
      await sleep(50);
    }
  };
  const hammering = [first(), second()].map(hammer);
  await vi.waitFor(async () => expect((await stored('extends')).trips).toBeGreaterThanOrEqual(3), {
    timeout: 30_000,
    interval: 100,
  });
  isOver = true;
  await Promise.all([watching, ...hammering]);

  const deadlines = seen.map(({ untilMs }) => untilMs);
  expect(deadlines).toEqual(deadlines.toSorted((a, b) => a - b));
  const last = await stored('extends');
  await vi.waitFor(() => expect(trips()).toHaveLength(last.trips), 10_000);
  // From one deadline to the next: the probe, and a pause twice as long as the one before.
  for (const [index, { untilMs }] of trips().entries()) {
    const before = trips()[index - 1];
    if (before !== undefined) expect(untilMs - before.untilMs).toBeGreaterThanOrEqual(2 ** index * OPEN_MS);
  }
  // Two failures to open it, one probe each time after, and what was under way when it opened.
  expect(upstream.calls('extends')).toBeLessThanOrEqual(2 + (last.trips - 1) + 3);
});

it('who asks while all targets are cooling is told when the first will be back', { timeout: 60_000 }, async () => {
  upstream.tell('one', { status: 503, headers: { 'retry-after': '60' } });
  upstream.tell('two', { status: 529, headers: { 'retry-after': '50' } });
  const toldAtMs = Date.now();
  await ask(first(), 'both', { max_tokens: 5 });
  await vi.waitFor(async () => {
    expect((await stored('one')).isOpen).toBe(true);
    expect((await stored('two')).isOpen).toBe(true);
  }, 10_000);
  const calls = upstream.calls('one') + upstream.calls('two');
  const { beforeMs, ...refused } = await vi.waitFor(async () => {
    const beforeMs = Date.now();
    const answer = await ask(second(), 'both');
    expect(answer.status).toBe(503);
    return { ...answer, beforeMs };
  }, 10_000);
  expect(refused.body.error).toMatchObject({ code: 'no_target_available' });
  const { untilMs } = await stored('two');
  expect(untilMs).toBeLessThan((await stored('one')).untilMs);
  expectLeft(Number(refused.retryAfter), [toldAtMs + 50_000, untilMs], beforeMs);
  expect(refused.route).toMatch(/^upstream\/one!cooling\(\d+s\), upstream\/two!cooling\(\d+s\)$/);
  expect(upstream.calls('one') + upstream.calls('two')).toBe(calls);
  await vi.waitFor(async () => {
    const [row] = await fleet.rows(`request_id = '${refused.id}'`);
    expect(row).toMatchObject({ outcome: 'failed', error_kind: 'no-target', route: refused.route, attempt_count: 0 });
  }, 10_000);
});

it('a 400 of the client, and a 429 that names no time, open nothing', { timeout: 60_000 }, async () => {
  for (const behaviour of [{ status: 400 }, { status: 429 }]) {
    upstream.tell('asked', behaviour);
    for (let each = 0; each < 4; each += 1) expect((await ask(first(), 'asked')).status).toBe(behaviour.status);
  }
  upstream.tell('asked', { status: 200 });
  expect((await ask(first(), 'asked')).status).toBe(200);
});
