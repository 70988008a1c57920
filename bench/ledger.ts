import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, type ReturnConsumedCapacity } from '@aws-sdk/client-dynamodb';
import { createDynamoLedger } from '../functions/adapters/dynamo-ledger.ts';
import { setLimits } from '../functions/adapters/meter-admin.ts';
import type { BenchContext, BenchReport, Table } from './support/bench.ts';
import { startChild } from './support/child.ts';

export const about = 'reserves a second by number of shards, and what a request writes and costs by number of scopes';

const TABLE = 'tollgate';
const ROUND_MS = 3_000;
const CONCURRENCY = 32;
const COUNTED_REQUESTS = 50;
const MOST_IN_SERIES = 1;
/** So high that nothing is ever refused: what is measured is that they are checked. */
const LIMITS = { limit_rpm: 10_000_000, limit_tpm: 10_000_000_000, budget_month_usd: 1_000_000 };
/** USD a million, on demand, us-east-1 (aws.amazon.com/dynamodb/pricing/on-demand, November 2026). */
const WRITE_USD = 0.625;
const READ_USD = 0.125;

interface Ids {
  readonly requestId: string;
  readonly nowMs: number;
}

export async function run(context: BenchContext): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  context.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const emulator = startChild(['test/support/dynamodb-process.ts', folder, TABLE]);
  context.defer(() => emulator.stop());
  const endpoint = await emulator.until(/^(http:\S+)$/m, 30_000);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const connect = (): DynamoDBClient => {
    const made = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    context.defer(() => made.destroy());
    return made;
  };
  const client = connect();

  const speeds: Table['rows'][number][] = [];
  for (const shards of [1, 4, 16]) {
    context.progress(`reserves a second, ${shards} shards`);
    speeds.push([String(shards), ...(await measureSpeed(client, shards))]);
  }
  const costs: Table['rows'][number][] = [];
  for (const [limited, counted] of [
    [1, 0],
    [2, 0],
    [3, 0],
    [2, 1],
    [2, 4],
    [0, 3],
  ] as const) {
    context.progress(`what a request writes: ${limited} scopes with limits, ${counted} without`);
    costs.push(await measureCost(client, meterCalls(connect()), limited, counted));
  }
  return {
    groups: [],
    tables: [
      {
        title: `reserves a second, ${CONCURRENCY} at once`,
        columns: ['shards', 'reserves/s', 'median ms', 'p99 ms'],
        rows: speeds,
      },
      {
        title: `per request, reserved and settled, over ${COUNTED_REQUESTS} of them with everything in memory`,
        columns: [
          'scopes',
          'calls',
          'in series before',
          'at most',
          'write units',
          'at most',
          'read units',
          'USD a million requests',
        ],
        rows: costs,
      },
    ],
    notes: [
      'The emulator runs in a process of its own, on this machine: it, and not the number of shards, is what limits the first table. On AWS an item takes 1,000 write units a second, and a shard adds as many.',
      `Units as DynamoDB counts them (ReturnConsumedCapacity); ${WRITE_USD} USD a million writes and ${READ_USD} a million reads, on demand in us-east-1. The look-up of the key, remembered for 20 s, is not in it.`,
      'At most 2 × scopes + 3 write units a request: an update of each limited scope before and after, the record put, decided and deleted, and one update of each scope without limits.',
    ],
  };
}

async function measureSpeed(client: DynamoDBClient, shards: number): Promise<readonly string[]> {
  const scope = `team:speed-${shards}`;
  await setLimits({ client, table: TABLE, scope, limits: LIMITS, shards });
  const ledger = createDynamoLedger({ client, table: TABLE });
  const times: number[] = [];
  const until = performance.now() + ROUND_MS;
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      const { requestId, nowMs } = idsOf(`${shards}-${count++}`);
      const result = await ledger.reserve({ ...asked(requestId, nowMs), scopes: [scope] });
      times.push(performance.now() - began);
      // Taken back at once: a marker for each would make the item grow.
      if (result.outcome === 'admitted') await ledger.settle(result.reservation, { tokens: 9, costNano: 9 }, nowMs);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const seconds = (performance.now() - began) / 1_000;
  times.sort((left, right) => left - right);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  return [(times.length / seconds).toFixed(0), at(0.5), at(0.99)];
}

async function measureCost(
  client: DynamoDBClient,
  meter: ReturnType<typeof meterCalls>,
  limited: number,
  counted: number,
): Promise<readonly string[]> {
  const name = (kind: string, index: number) => `team:${kind}-${limited}-${counted}-${index}`;
  const scopes = [
    ...Array.from({ length: limited }, (_, index) => name('limited', index)),
    ...Array.from({ length: counted }, (_, index) => name('counted', index)),
  ];
  for (const scope of scopes.slice(0, limited)) await setLimits({ client, table: TABLE, scope, limits: LIMITS });
  const ledger = createDynamoLedger({ client: meter.client, table: TABLE });
  const once = async (index: number): Promise<void> => {
    const { requestId, nowMs } = idsOf(`${limited}-${counted}-${index}`);
    meter.begin();
    const result = await ledger.reserve({ ...asked(requestId, nowMs), scopes });
    meter.reserved();
    if (result.outcome === 'admitted') await ledger.settle(result.reservation, { tokens: 9, costNano: 9 }, nowMs);
  };
  for (let index = 0; index < 3; index += 1) await once(index);
  meter.reset();
  for (let index = 3; index < 3 + COUNTED_REQUESTS; index += 1) await once(index);
  const { calls, writes, reads, inSeries } = meter.sums();
  const each = (sum: number): string => (sum / COUNTED_REQUESTS).toFixed(1);
  const usd = (writes * WRITE_USD + reads * READ_USD) / COUNTED_REQUESTS;
  return [
    `${limited} with limits, ${counted} without`,
    each(calls),
    String(inSeries),
    String(MOST_IN_SERIES),
    each(writes),
    String(2 * scopes.length + 3),
    each(reads),
    usd.toFixed(2),
  ];
}

const idsOf = (name: string): Ids => ({ requestId: `req_bench_${name.padStart(16, '0')}`, nowMs: Date.now() });

function asked(requestId: string, nowMs: number) {
  return { requestId, nowMs, expiresAtMs: nowMs + 60_000, tokens: 1_000, costNano: 1_000_000, about: { model: 'm' } };
}

interface Consumed {
  readonly CapacityUnits?: number;
  readonly TableName?: string;
}

/** Counts through the client's own middleware: calls, the units that DynamoDB says they took, and how many in series. */
function meterCalls(client: DynamoDBClient) {
  let sums = { calls: 0, writes: 0, reads: 0, inSeries: 0 };
  let reserving = false;
  let running = 0;
  let series = 0;
  client.middlewareStack.add(
    (next, call) => async (args) => {
      const all: ReturnConsumedCapacity = 'TOTAL';
      Object.assign(args.input, { ReturnConsumedCapacity: all });
      sums.calls += 1;
      if (reserving && running === 0) series += 1;
      running += 1;
      try {
        const result = await next(args);
        const { ConsumedCapacity: consumed } = result.output as { ConsumedCapacity?: Consumed | readonly Consumed[] };
        const list = Array.isArray(consumed) ? consumed : [consumed];
        const units = list.reduce((sum: number, each: Consumed | undefined) => sum + (each?.CapacityUnits ?? 0), 0);
        if (/Get/.test(call.commandName ?? '')) sums.reads += units;
        else sums.writes += units;
        return result;
      } finally {
        running -= 1;
      }
    },
    { step: 'initialize', name: 'meterCalls' },
  );
  return {
    client,
    begin() {
      reserving = true;
      series = 0;
    },
    reserved() {
      reserving = false;
      sums.inSeries = Math.max(sums.inSeries, series);
    },
    reset() {
      sums = { calls: 0, writes: 0, reads: 0, inSeries: 0 };
    },
    sums: () => sums,
  };
}
