import { randomBytes } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoIdempotency } from '../../../functions/adapters/dynamo-idempotency.ts';
import type { ClaimRequest, IdempotencyStore } from '../../../functions/core/ports.ts';
import { startTestTable, type TestTable } from '../../support/dynalite.ts';
import { type Decide, injectFaults } from '../../support/dynamo-faults.ts';
import { MINUTE, NOON, newRequestId } from './support.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTestTable();
});
afterAll(() => table?.close());

/** As another process would have it. */
function store(decide?: Decide): IdempotencyStore {
  const client = table.client();
  if (decide !== undefined) injectFaults(client, decide);
  const sleep = (): Promise<void> => Promise.resolve();
  return createDynamoIdempotency({ client, table: table.table, waiting: { random: Math.random, sleep } });
}

const claimOf = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  keyId: 'key_a',
  idempotencyKey: newRequestId(),
  fingerprint: 'f',
  requestId: newRequestId(),
  nowMs: NOON,
  untilMs: NOON + MINUTE,
  ...more,
});
const again = (first: ClaimRequest, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  ...first,
  requestId: newRequestId(),
  ...more,
});

async function parts(): Promise<number> {
  const { Items = [] } = await table.client().send(new ScanCommand({ TableName: table.table, ConsistentRead: true }));
  return Items.filter(({ sk }) => sk?.S?.startsWith('part#')).length;
}

describe('the store of answers', () => {
  it('keeps what fits no item in several, and gives it back whole', async () => {
    const first = claimOf();
    const answer = { contentType: 'text/event-stream', body: randomBytes(1_000_000).toString('hex') };
    const before = await parts();
    expect(await store().claim(first)).toEqual({ outcome: 'claimed' });
    await store().keep(first, answer, NOON + 1_000);
    expect((await parts()) - before).toBeGreaterThanOrEqual(3);
    expect(await store().claim(again(first))).toEqual({ outcome: 'answered', answer });
  });

  it('lets one of many have the claim, and every other know since when it runs', async () => {
    const first = claimOf();
    const stores = Array.from({ length: 4 }, () => store());
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, index) => stores[index % 4]?.claim(again(first, { nowMs: NOON + index }))),
    );
    expect(all.filter((claim) => claim?.outcome === 'claimed')).toHaveLength(1);
    const running = all.filter((claim) => claim?.outcome === 'running');
    expect(running).toHaveLength(39);
    for (const claim of running) {
      expect(claim).toMatchObject({ startedAtMs: expect.any(Number), untilMs: NOON + MINUTE });
    }
  });

  it('gives a claim whose time is over to the next, and the late one can neither keep nor release', async () => {
    const dead = claimOf();
    await store().claim(dead);
    expect(await store().claim(again(dead, { nowMs: NOON + MINUTE }))).toMatchObject({ outcome: 'running' });
    const next = again(dead, { nowMs: NOON + MINUTE + 1, untilMs: NOON + 2 * MINUTE });
    expect(await store().claim(next)).toEqual({ outcome: 'claimed' });
    const late = { contentType: 'application/json', body: '"late"' };
    await expect(store().keep(dead, late, NOON + MINUTE + 2)).rejects.toMatchObject({ kind: 'conflict' });
    await store().release(dead);
    const answer = { contentType: 'application/json', body: '"next"' };
    await store().keep(next, answer, NOON + MINUTE + 3);
    expect(await store().claim(again(next))).toEqual({ outcome: 'answered', answer });
  });

  it('forgets after 24 hours, whether or not DynamoDB has deleted the item', async () => {
    const first = claimOf();
    await store().claim(first);
    await store().keep(first, { contentType: 'application/json', body: '1' }, NOON);
    const day = 24 * 60 * MINUTE;
    expect(await store().claim(again(first, { nowMs: NOON + day }))).toMatchObject({ outcome: 'answered' });
    expect(await store().claim(again(first, { nowMs: NOON + day + 1 }))).toEqual({ outcome: 'claimed' });
  });

  it('tells another request from a repeat, running and answered, and knows what was not kept', async () => {
    const first = claimOf();
    await store().claim(first);
    expect(await store().claim(again(first, { fingerprint: 'g' }))).toEqual({ outcome: 'mismatch' });
    await store().keep(first, undefined, NOON);
    expect(await store().claim(again(first, { fingerprint: 'g' }))).toEqual({ outcome: 'mismatch' });
    expect(await store().claim(again(first))).toEqual({ outcome: 'not-kept' });
  });

  it('is by key: the same idempotency key of two keys are two', async () => {
    const first = claimOf();
    await store().claim(first);
    expect(await store().claim(again(first, { keyId: 'key_b' }))).toEqual({ outcome: 'claimed' });
  });

  it('knows its own claim again after an answer that was lost, and releases it for the next', async () => {
    const first = claimOf();
    let calls = 0;
    const lossy = store(() => (++calls === 1 ? 'lost' : undefined));
    expect(await lossy.claim(first)).toEqual({ outcome: 'claimed' });
    expect(await store().claim(again(first))).toMatchObject({ outcome: 'running' });
    await store().release(first);
    await store().release(first);
    expect(await store().claim(again(first))).toEqual({ outcome: 'claimed' });
  });
});
