/** What several processes know of a target, each by its own connection to one table, and when the table does not answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoHealth } from '../../../functions/adapters/dynamo-health.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { createHealthBoard, type Ending, type HealthBoard } from '../../../functions/gateway/target-health.ts';
import { healthKey } from '../../../functions/table.ts';
import { startTestTable, type TestTable } from '../../support/dynalite.ts';
import { type Decide, injectFaults } from '../../support/dynamo-faults.ts';

const BREAKER = { failures: 2, errorRate: 0.5, minRequests: 20, openMs: 1_000, mostOpenMs: 60_000 };
const START = Date.UTC(2026, 10, 23, 10);
const LEASE_MS = 5_000;

let table: TestTable;
beforeAll(async () => {
  table = await startTestTable();
});
afterAll(() => table?.close());

/** All boards of a test share a clock, which only the test moves; nor does a slow machine make any of them impatient. */
function startBoards(count: number, decide?: Decide, patienceMs = Number.POSITIVE_INFINITY) {
  let nowMs = START;
  const lines: { readonly metric: unknown }[] = [];
  const boards = Array.from({ length: count }, (): HealthBoard => {
    const client = table.client();
    if (decide !== undefined) injectFaults(client, decide);
    return createHealthBoard({
      store: createDynamoHealth({ client, table: table.table }),
      clock: { now: () => nowMs },
      report: (_level, _message, { metric }) => lines.push({ metric }),
      wait: () =>
        new Promise((resolve) => {
          if (Number.isFinite(patienceMs)) setTimeout(resolve, patienceMs);
        }),
    });
  });
  return {
    boards,
    first: boards[0] as HealthBoard,
    metrics: (name: string) => lines.filter(({ metric }) => metric === name).length,
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
    },
    ending: (error?: GatewayError, more: Partial<Ending> = {}): Ending => ({
      error,
      sentAtMs: nowMs,
      renewed: false,
      wasCounted: false,
      leaseUntilMs: undefined,
      ...more,
    }),
    cooling: (board: HealthBoard, target: string) => board.cooling(nowMs).get(target),
  };
}

const broken = () => new GatewayError('upstream-error', 'broken');

async function trip({ first, ending }: ReturnType<typeof startBoards>, target: string): Promise<void> {
  for (let each = 0; each < BREAKER.failures; each += 1) await first.ended(target, ending(broken()), BREAKER);
}

describe('processes on one table', () => {
  it('are told within one read of what another one has found', async () => {
    const fleet = startBoards(2);
    const [first, second] = fleet.boards as [HealthBoard, HealthBoard];
    await trip(fleet, 'p/told');
    expect(fleet.cooling(first, 'p/told')).toBe(START + 1_000);
    expect(fleet.cooling(second, 'p/told')).toBeUndefined();
    await second.refresh(['p/told']);
    expect(fleet.cooling(second, 'p/told')).toBe(START + 1_000);
    expect(fleet.metrics('TargetOpened')).toBe(1);
  });

  it('go by what they know for a moment, read behind the request next, and wait for nothing but old knowledge', async () => {
    const { first, pass } = startBoards(1);
    await first.refresh(['p/a', 'p/b']);
    expect(first.refresh(['p/a', 'p/b'])).toBeUndefined();
    pass(1_000);
    expect(first.refresh(['p/a'])).toBeUndefined();
    pass(1_600);
    expect(first.refresh(['p/b'])).toBeInstanceOf(Promise);
  });

  it('let one probe out, of 30 that ask at once and of several in each', async () => {
    const fleet = startBoards(30);
    const { boards, pass, first, ending } = fleet;
    await trip(fleet, 'p/raced');
    for (const board of boards) await board.refresh(['p/raced']);
    pass(1_000);
    expect(boards.every((board) => board.isDue('p/raced'))).toBe(true);
    const passes = await Promise.all(boards.flatMap((board) => [1, 2].map(() => board.enter('p/raced', LEASE_MS))));
    const leased = passes.filter((each) => 'leaseUntilMs' in each);
    expect(leased).toEqual([{ leaseUntilMs: START + 1_000 + LEASE_MS }]);
    const winner = boards[Math.floor(passes.findIndex((each) => 'leaseUntilMs' in each) / 2)] ?? first;
    await winner.ended('p/raced', ending(undefined, { leaseUntilMs: START + 1_000 + LEASE_MS }), BREAKER);
    pass(1_600);
    await Promise.all(boards.map((board) => board.refresh(['p/raced'])));
    expect(boards.map((board) => fleet.cooling(board, 'p/raced'))).toEqual(boards.map(() => undefined));
    expect(await first.enter('p/raced', LEASE_MS)).toEqual({ leaseUntilMs: undefined });
    expect(fleet.metrics('TargetRecovered')).toBe(1);
  });

  it('let the next one out where a probe told nothing, and open for longer where it failed', async () => {
    const fleet = startBoards(2);
    const [first, second] = fleet.boards as [HealthBoard, HealthBoard];
    await trip(fleet, 'p/probed');
    fleet.pass(1_000);
    expect(await first.enter('p/probed', LEASE_MS)).toHaveProperty('leaseUntilMs');
    await first.drop('p/probed', START + 1_000 + LEASE_MS);
    await second.refresh(['p/probed']);
    expect(await second.enter('p/probed', LEASE_MS)).toHaveProperty('leaseUntilMs');
    await second.ended('p/probed', fleet.ending(broken(), { leaseUntilMs: START + 1_000 + LEASE_MS }), BREAKER);
    fleet.pass(1_600);
    await first.refresh(['p/probed']);
    expect(fleet.cooling(first, 'p/probed')).toBe(START + 3_000);
  });

  it('do not leave a target alone for longer because a probe asked for what is forbidden', async () => {
    const fleet = startBoards(2);
    const [first, second] = fleet.boards as [HealthBoard, HealthBoard];
    await trip(fleet, 'p/forbidden');
    fleet.pass(1_000);
    expect(await first.enter('p/forbidden', LEASE_MS)).toHaveProperty('leaseUntilMs');
    const forbidden = new GatewayError('upstream-unauthorized', 'no', { upstreamStatus: 403 });
    const leaseUntilMs = START + 1_000 + LEASE_MS;
    await first.ended('p/forbidden', fleet.ending(forbidden, { leaseUntilMs }), BREAKER);
    await second.refresh(['p/forbidden']);
    expect(await second.enter('p/forbidden', LEASE_MS)).toEqual({ leaseUntilMs });
  });

  it('lose no failure that others write down at the same time', async () => {
    const fleet = startBoards(8);
    const patient = { ...BREAKER, failures: 100 };
    await Promise.all(
      fleet.boards.slice(0, 3).map((board) => board.ended('p/counted', fleet.ending(broken()), patient)),
    );
    const { pk, sk } = healthKey('p/counted');
    expect(await table.item(pk, sk)).toMatchObject({ failures: { N: '3' }, open: { BOOL: false } });
  });
});

describe('a key that is refused', () => {
  it('is not the target, unless there is no other and the provider says until when', async () => {
    const fleet = startBoards(1);
    const { first, ending } = fleet;
    const throttled = new GatewayError('upstream-throttled', 'slow down', { retryAfterMs: 20_000 });
    await first.ended('p/keys', ending(throttled, { renewed: true }), BREAKER);
    for (const kind of ['upstream-throttled', 'upstream-quota', 'upstream-unauthorized'] as const) {
      for (let each = 0; each < 3; each += 1)
        await first.ended('p/keys', ending(new GatewayError(kind, 'no')), BREAKER);
    }
    expect(fleet.cooling(first, 'p/keys')).toBeUndefined();
    await first.ended('p/keys', ending(throttled), BREAKER);
    expect(fleet.cooling(first, 'p/keys')).toBe(START + 20_000);
  });
});

describe.each(['unsent', 'error-500', 'denied', 'throttled'] as const)('a table that answers with %s', (fault) => {
  it('fails nothing: each process goes by what it sees itself', async () => {
    const fleet = startBoards(1, () => fault);
    const { first, pass, ending } = fleet;
    await first.refresh(['p/alone']);
    expect(await first.enter('p/alone', LEASE_MS)).toEqual({ leaseUntilMs: undefined });
    await trip(fleet, 'p/alone');
    expect(fleet.cooling(first, 'p/alone')).toBe(START + 1_000);
    pass(1_000);
    const passes = await Promise.all([1, 2, 3].map(() => first.enter('p/alone', LEASE_MS)));
    expect(passes.filter((each) => 'leaseUntilMs' in each)).toHaveLength(1);
    await first.ended('p/alone', ending(undefined, { leaseUntilMs: START + 1_000 + LEASE_MS }), BREAKER);
    expect(fleet.cooling(first, 'p/alone')).toBeUndefined();
    expect(await first.enter('p/alone', LEASE_MS)).toEqual({ leaseUntilMs: undefined });
  });
});

it('a table that does not answer at all keeps nobody waiting for a lease', { timeout: 20_000 }, async () => {
  let isSilent = false;
  const fleet = startBoards(1, () => (isSilent ? new Promise<undefined>(() => undefined) : undefined), 50);
  await trip(fleet, 'p/silent');
  isSilent = true;
  fleet.pass(1_000);
  expect(await fleet.first.enter('p/silent', LEASE_MS)).toEqual({ leaseUntilMs: START + 1_000 + LEASE_MS });
});

it('a write whose answer is lost counts once', async () => {
  let lost = 1;
  const fleet = startBoards(1, ({ command }) => {
    if (command !== 'PutItemCommand' || lost === 0) return undefined;
    lost -= 1;
    return 'lost';
  });
  const { first, ending } = fleet;
  await trip(fleet, 'p/lost');
  fleet.pass(1_000);
  lost = 1;
  expect(await first.enter('p/lost', LEASE_MS)).toEqual({ leaseUntilMs: START + 1_000 + LEASE_MS });
  await first.ended('p/lost', ending(undefined, { leaseUntilMs: START + 1_000 + LEASE_MS }), BREAKER);
  expect(fleet.metrics('TargetOpened')).toBe(1);
  expect(fleet.metrics('TargetRecovered')).toBe(1);
});
