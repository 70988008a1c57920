/** Waiting on the real ledger and the real line, as several processes, in time that does not have to pass. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoWaitingLine } from '../../../functions/adapters/dynamo-waiting-line.ts';
import type { Ledger, ReserveResult } from '../../../functions/core/ports.ts';
import { openTrace, type Trace } from '../../../functions/gateway/trace.ts';
import { type WaitForRoom, waitForRoom } from '../../../functions/gateway/wait-for-room.ts';
import { MOST_POLLS } from '../../../functions/ledger/wait-plan.ts';
import { type Call, type Fault, injectFaults } from '../../support/dynamo-faults.ts';
import { createVirtualTime, type VirtualTime } from '../../support/virtual-time.ts';
import { ask, type Bench, isAdmitted, MINUTE, NOON, newRequestId, startBench } from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

interface Process {
  readonly ledger: Ledger & { readonly calls: readonly Call[] };
  readonly gateway: WaitForRoom['gateway'];
  readonly lineCalls: readonly Call[];
  readonly reports: string[];
}

function startProcess(time: VirtualTime, fault?: Fault): Process {
  const client = bench.client();
  const lineCalls = injectFaults(client, () => fault);
  const sleep = (): Promise<void> => Promise.resolve();
  const reports: string[] = [];
  return {
    ledger: bench.ledger(),
    lineCalls,
    reports,
    gateway: {
      clock: time,
      random: Math.random,
      wait: (milliseconds) => time.wait(milliseconds),
      line: createDynamoWaitingLine({ client, table: bench.table, waiting: { random: Math.random, sleep } }),
      report: (_level, message) => reports.push(message),
    },
  };
}

interface Visit {
  readonly scope: string;
  readonly afterMs?: number;
  readonly priority?: number;
  readonly queueMs?: number;
  readonly deadlineMs?: number;
  /** How long the request takes once it is admitted. */
  readonly takesMs?: number;
  readonly tokens?: number;
}

interface Visited {
  readonly result: ReserveResult;
  readonly trace: Trace;
  readonly arrivedAtMs: number;
  readonly atMs: number;
  readonly priority: number;
}

async function visit(time: VirtualTime, { ledger, gateway }: Process, visit: Visit): Promise<Visited> {
  const { scope, priority = 0, queueMs = 60_000, tokens = 0, takesMs = 0 } = visit;
  if (visit.afterMs !== undefined) await time.wait(visit.afterMs);
  const arrivedAtMs = time.now();
  const trace = openTrace(newRequestId(), arrivedAtMs, 'openai-chat');
  const deadlineMs = arrivedAtMs + (visit.deadlineMs ?? 10 * MINUTE);
  const signal = new AbortController().signal;
  const waiting = { gateway, trace, scopes: [scope], priority, queueMs, deadlineMs, signal };
  const request = { requestId: trace.requestId, tokens, expiresAtMs: deadlineMs };
  const result = await waitForRoom(waiting, (nowMs) => ledger.reserve(ask([scope], { ...request, nowMs })));
  const atMs = time.now();
  if (result.outcome === 'admitted') {
    if (takesMs > 0) await time.wait(takesMs);
    await ledger.settle(result.reservation, { tokens, costNano: 0 }, time.now());
  }
  return { result, trace, arrivedAtMs, atMs, priority };
}

const admittedOf = (all: readonly Visited[]): readonly Visited[] => all.filter(({ result }) => isAdmitted(result));
const meanWait = (all: readonly Visited[]): number =>
  all.reduce((sum, { atMs, arrivedAtMs }) => sum + atMs - arrivedAtMs, 0) / all.length;
const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe('waiting for a window', () => {
  it('ends when the window forgets, admits what it can hold, and the higher priority first', async () => {
    const scope = 'team:window';
    await bench.limit(scope, { limit_rpm: 10 });
    const time = createVirtualTime(NOON - 30_000);
    const processes = times(3, () => startProcess(time));
    const process = (index: number): Process => processes[index % 3] ?? startProcess(time);
    await time.run(times(10, (index) => () => visit(time, process(index), { scope })));
    // Thirty more come half a minute later; those of higher priority come last.
    const visits = times(30, (index) => ({ scope, afterMs: 30_000 + index * 100, priority: index < 24 ? 0 : 5 }));
    const all = await time.run(visits.map((each, index) => () => visit(time, process(index), each)));

    const admitted = admittedOf(all);
    expect(admitted).toHaveLength(10);
    expect(admitted.filter(({ priority }) => priority === 5)).toHaveLength(6);
    // The first ten were charged to one slot, which is forgotten 63 s after it began; jitter and yielding take 2 s.
    for (const { atMs, trace } of admitted) {
      expect(atMs - NOON).toBeGreaterThanOrEqual(33_000);
      expect(atMs - NOON).toBeLessThan(36_000);
      expect(trace.queueMs).toBeGreaterThan(29_000);
    }
    for (const { result } of all.filter(({ result }) => !isAdmitted(result))) {
      expect(result).toMatchObject({ outcome: 'denied', denial: { scope, limit: 'limit_rpm' } });
    }
  });

  it('gives up at once where the window has no room before the wait ends', async () => {
    const scope = 'team:hopeless';
    await bench.limit(scope, { limit_rpm: 1 });
    const time = createVirtualTime(NOON);
    const process = startProcess(time);
    await time.run([() => visit(time, process, { scope })]);
    const [late] = await time.run([() => visit(time, process, { scope, queueMs: 50_000 })]);
    expect(late).toMatchObject({ atMs: NOON, result: { outcome: 'denied', denial: { retryAfterMs: 63_000 } } });
  });

  it('finds tokens that a settlement gave back, long before the window forgets', async () => {
    const scope = 'team:tokens';
    await bench.limit(scope, { limit_tpm: 1_000 });
    const time = createVirtualTime(NOON);
    const process = startProcess(time);
    const first = await process.ledger.reserve(ask([scope], { tokens: 900, nowMs: NOON }));
    if (first.outcome !== 'admitted') throw new Error('There is room for one.');
    const [, second] = await time.run<unknown>([
      async () => {
        await time.wait(4_000);
        await process.ledger.settle(first.reservation, { tokens: 100, costNano: 0 }, time.now());
      },
      () => visit(time, process, { scope, tokens: 500, queueMs: 30_000 }),
    ]);
    expect((second as Visited).result.outcome).toBe('admitted');
    expect((second as Visited).atMs - NOON).toBeLessThan(10_000);
  });
});

describe('waiting for a place', () => {
  it('never has more in flight than the limit, serves all, and the urgent three times sooner', async () => {
    const scope = 'team:places';
    await bench.limit(scope, { limit_parallel: 2 });
    const time = createVirtualTime(NOON);
    const processes = times(3, () => startProcess(time));
    const visits = times(36, (index) => ({
      scope,
      afterMs: index < 30 ? index * 30 : 2_000,
      priority: index < 30 ? 0 : 7,
      queueMs: 60_000,
      takesMs: 500,
    }));
    const all = await time.run(
      visits.map((each, index) => () => visit(time, processes[index % 3] ?? startProcess(time), each)),
    );
    expect(admittedOf(all)).toHaveLength(36);
    for (const { atMs } of all) {
      const atOnce = all.filter((other) => other.atMs <= atMs && atMs < other.atMs + 500).length;
      expect(atOnce).toBeLessThanOrEqual(2);
    }
    const urgent = meanWait(all.filter(({ priority }) => priority === 7));
    const stillWaiting = all.filter(({ priority, atMs }) => priority === 0 && atMs > NOON + 2_000);
    expect(urgent * 3).toBeLessThan(meanWait(stillWaiting));
    // Nine seconds of work; the places stand empty for a part of a poll between two requests.
    expect(Math.max(...all.map(({ atMs }) => atMs)) - NOON).toBeLessThan(30_000);

    // What waiting costs: the meter is written for those who get in, and else read; the line a few times a second.
    const seconds = (Math.max(...all.map(({ atMs }) => atMs)) - NOON) / 1_000;
    for (const { ledger, lineCalls } of processes) {
      const reserving = ledger.calls.filter(
        ({ command, pk }) => command === 'UpdateItemCommand' && pk === `meter#${scope}`,
      );
      expect(reserving.length).toBeLessThan(12 * 4);
      expect(lineCalls.length / seconds).toBeLessThan(7);
      expect(ledger.calls.length).toBeLessThan(12 * MOST_POLLS * 2);
    }
  });

  it('ends with the time of the wait, or half a second before the deadline', async () => {
    const scope = 'team:full';
    await bench.limit(scope, { limit_parallel: 1 });
    const time = createVirtualTime(NOON);
    const process = startProcess(time);
    await process.ledger.reserve(ask([scope], { nowMs: NOON }));
    const [patient, hurried] = await time.run([
      () => visit(time, process, { scope, queueMs: 10_000 }),
      () => visit(time, process, { scope, queueMs: 10_000, deadlineMs: 3_000 }),
    ]);
    expect(patient).toMatchObject({ atMs: NOON + 10_000, result: { outcome: 'denied' } });
    expect(hurried).toMatchObject({ atMs: NOON + 2_500, result: { outcome: 'denied' } });
  });

  it('gives way to a process that died no longer than to its next poll, and to nobody at the end of a wait', async () => {
    const scope = 'team:ghost';
    await bench.limit(scope, { limit_parallel: 5 });
    const time = createVirtualTime(NOON);
    const process = startProcess(time);
    await startProcess(time).gateway.line.join(scope, 9, NOON + 1_200, NOON);
    // The process has to know that somebody waits there; a newcomer elsewhere asks nobody.
    await process.gateway.line.isHigherWaiting(scope, 0, NOON);
    const [low] = await time.run([() => visit(time, process, { scope, queueMs: 20_000 })]);
    expect(low?.result.outcome).toBe('admitted');
    expect((low?.atMs ?? 0) - NOON).toBeGreaterThan(1_000);
    expect((low?.atMs ?? 0) - NOON).toBeLessThan(3_500);

    await startProcess(time).gateway.line.join(scope, 9, time.now() + 50_000, time.now());
    // What was read of the line a moment ago is taken to stand for 250 ms.
    await time.run([() => time.wait(1_000)]);
    const start = time.now();
    const [last] = await time.run([() => visit(time, process, { scope, queueMs: 5_000 })]);
    expect(last).toMatchObject({ atMs: start + 5_000, result: { outcome: 'admitted' } });
  });

  it('goes on without the line, and says so', async () => {
    const scope = 'team:lineless';
    await bench.limit(scope, { limit_parallel: 1 });
    const time = createVirtualTime(NOON);
    const process = startProcess(time, 'denied');
    const all = await time.run(
      times(4, (index) => () => visit(time, process, { scope, priority: index, takesMs: 300, queueMs: 30_000 })),
    );
    expect(admittedOf(all)).toHaveLength(4);
    expect(process.reports).toContain('Priorities are not kept: the waiting line does not answer.');
  });
});
