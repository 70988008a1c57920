/**
 * Items of every kind as this version writes them, as one before it did (without a version), and as one to come may: that
 * nobody here can read, and nobody is to write over.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyConfig, listConfigs, rollBackConfig } from '../../../functions/adapters/config-admin.ts';
import { realWaiting } from '../../../functions/adapters/dynamo-calls.ts';
import { createConfigStore } from '../../../functions/adapters/dynamo-config.ts';
import { createDynamoHealth } from '../../../functions/adapters/dynamo-health.ts';
import { createDynamoIdempotency } from '../../../functions/adapters/dynamo-idempotency.ts';
import { createDynamoKeyStore } from '../../../functions/adapters/dynamo-keys.ts';
import { createDynamoLoads } from '../../../functions/adapters/dynamo-loads.ts';
import { createReconcileStore } from '../../../functions/adapters/dynamo-reconcile.ts';
import { createReservationStore } from '../../../functions/adapters/dynamo-reservations.ts';
import { createUpkeepStore } from '../../../functions/adapters/dynamo-upkeep.ts';
import { createDynamoWaitingLine } from '../../../functions/adapters/dynamo-waiting-line.ts';
import { createKey, listKeys } from '../../../functions/adapters/key-admin.ts';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import { createPriceReader, createPriceStore } from '../../../functions/adapters/price-store.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { UNKNOWN, WELL } from '../../../functions/core/target-health.ts';
import type { Item, Value } from '../../../functions/ledger/attributes.ts';
import { parseOpenRecord } from '../../../functions/ledger/open-record.ts';
import { SCHEMA_VERSION } from '../../../functions/table.ts';
import { admitted, ask, type Bench, isAdmitted, MINUTE, NOON, newRequestId, startBench, usd } from './support.ts';

const NEWER = 99;
const REFUSED = { kind: 'ledger-unavailable', message: expect.stringContaining('newer Tollgate') };

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench?.close());

/** With nothing remembered. */
const access = () => ({ client: bench.client(), table: bench.table });

const config = (() => {
  const parsed = parseConfig({
    providers: { p: { dialect: 'openai-chat', baseUrl: 'https://p.example' } },
    models: {},
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
})();

const claimOf = (idempotencyKey: string) => ({
  keyId: 'key_a',
  idempotencyKey,
  fingerprint: 'f',
  requestId: newRequestId(),
  nowMs: NOON,
  untilMs: NOON + MINUTE,
});

const idempotency = (partBytes?: number) =>
  createDynamoIdempotency({ ...access(), ...(partBytes === undefined ? {} : { partBytes }) });

const keptAnswer = async (name: string, text: string, partBytes?: number) => {
  const claim = claimOf(name);
  await idempotency().claim(claim);
  await idempotency(partBytes).keep(claim, { contentType: 'application/json', body: text }, NOON);
  return async () => {
    const found = await idempotency().claim(claimOf(name));
    return found.outcome === 'answered' ? found.answer.body : found.outcome;
  };
};

const catalogue = { version: 'v', providers: [{ id: 'one', models: [] }] };

const lead = (scope: string) => ask([scope], { costNano: usd(1) });

/** Everybody who reads it, by itself: gives what was found. */
interface Kind {
  readonly pk: string;
  readonly sk?: string;
  write(): Promise<{ readonly [reader: string]: () => Promise<unknown> }>;
}

const KINDS: { readonly [kind: string]: Kind } = {
  'a key': {
    pk: 'keys',
    async write() {
      const { key } = await createKey({ ...access(), team: 'search', nowMs: NOON });
      return {
        gateway: async () => (await createDynamoKeyStore(access()).find(key, NOON))?.team,
        list: async () => (await listKeys({ ...access(), nowMs: NOON }))[0]?.owner.team,
      };
    },
  },
  'a meter': {
    pk: 'meter#team:a',
    async write() {
      await bench.limit('team:a', { budget_day_usd: 1_000 });
      return {
        gateway: async () => isAdmitted(await bench.ledger().reserve(lead('team:a'))),
        administration: () => setLimits({ ...access(), scope: 'team:a', limits: { limit_rpm: 1_000 } }),
        reconciliation: async () => {
          const account = await createReconcileStore(access()).read('team:a');
          if (typeof account === 'string') throw new GatewayError('ledger-unavailable', account);
          return account.scope;
        },
      };
    },
  },
  'a further shard of a meter': {
    pk: 'meter#team:b#1',
    async write() {
      await setLimits({ ...access(), scope: 'team:b', limits: { budget_day_usd: 1_000 }, shards: 2, nowMs: NOON });
      return { gateway: async () => isAdmitted(await bench.ledger().reserve(lead('team:b'))) };
    },
  },
  'a template': {
    pk: 'meter#app:*',
    async write() {
      await bench.limit('app:*', { budget_day_usd: 1_000 });
      return { gateway: async () => isAdmitted(await bench.ledger().reserve(lead('app:c'))) };
    },
  },
  'an open reservation': {
    pk: 'open#',
    async write() {
      await bench.limit('team:d', { budget_day_usd: 1_000 });
      const reservation = admitted(await bench.ledger().reserve(lead('team:d')));
      const store = createReservationStore(access(), realWaiting);
      const decide = (tokens: number) =>
        store.decide(reservation, { tokens, costNano: tokens, reserved: reservation.reserved, cancelled: false });
      await decide(1);
      const due = () => createUpkeepStore(access()).due(reservation.expiresAtMs / MINUTE);
      return {
        upkeep: async () => (await due()).map((item) => parseOpenRecord(item).decision?.tokens),
        // It was decided by somebody else meanwhile: that is what counts.
        gateway: () => decide(2),
      };
    },
  },
  'the cursor of the sweep': {
    pk: 'upkeep',
    async write() {
      await createUpkeepStore(access()).moveCursor(30_000_000);
      return { upkeep: async () => (await createUpkeepStore(access()).progress()).cursor };
    },
  },
  'what the sweep has left': {
    pk: 'upkeep',
    async write() {
      await createUpkeepStore(access()).remember('ADD', [29_000_000]);
      return { upkeep: async () => (await createUpkeepStore(access()).progress()).left };
    },
  },
  'a waiting line': {
    pk: 'line#team:e',
    async write() {
      await createDynamoWaitingLine(access()).join('team:e', 5, NOON + 2_000, NOON);
      return { gateway: async () => createDynamoWaitingLine(access()).isHigherWaiting('team:e', 1, NOON) };
    },
  },
  'the health of a target': {
    pk: 'health#p/m',
    async write() {
      const open = { ...WELL, isOpen: true, untilMs: NOON + MINUTE };
      await createDynamoHealth(access()).replace('p/m', UNKNOWN, open, NOON);
      return {
        gateway: async () => (await createDynamoHealth(access()).read(['p/m'])).get('p/m')?.health.isOpen,
        writer: async () => (await createDynamoHealth(access()).replace('p/m', UNKNOWN, WELL, NOON)).written,
      };
    },
  },
  'the load of servers': {
    pk: 'load#vllm',
    async write() {
      const loads = () => createDynamoLoads(access());
      const busy = new Map([['http://10.0.1.4', { running: 1, waiting: 2, cacheUsed: undefined, atMs: NOON }]]);
      await loads().write('vllm', busy, NOON);
      return {
        gateway: async () => (await loads().read('vllm')).get('http://10.0.1.4')?.waiting,
        upkeep: () => loads().write('vllm', busy, NOON),
      };
    },
  },
  'an answer under an idempotency key': {
    pk: 'idempotency#',
    sk: 'claim',
    write: async () => ({ gateway: await keptAnswer('one', 'an answer') }),
  },
  'a part of a large answer': {
    pk: 'idempotency#',
    sk: 'part#',
    write: async () => ({ gateway: await keptAnswer('two', 'a longer answer in two parts', 30) }),
  },
  'the applied configuration': {
    pk: 'config',
    sk: 'current',
    async write() {
      await applyConfig({ ...access(), config, base: 'b', nowMs: NOON });
      return {
        gateway: async () => (await createConfigStore(access()).read())?.version,
        list: async () => (await listConfigs(access())).length,
        'roll-back': () => rollBackConfig({ ...access(), base: 'b', nowMs: NOON, to: 1 }).then(({ copyOf }) => copyOf),
      };
    },
  },
  'an older configuration': {
    pk: 'config',
    sk: 'version#000000001',
    async write() {
      await applyConfig({ ...access(), config, base: 'b', nowMs: NOON });
      return { gateway: async () => (await createConfigStore(access()).read(1))?.base };
    },
  },
  'which prices are in force': {
    pk: 'prices',
    sk: 'current',
    async write() {
      await createPriceStore(access()).publish(catalogue, undefined, NOON);
      return { gateway: async () => (await createPriceReader(access()).pointer())?.version };
    },
  },
  'a part of the prices': {
    pk: 'prices',
    sk: 'part#',
    async write() {
      await createPriceStore(access()).publish(catalogue, undefined, NOON);
      const pointer = await createPriceReader(access()).pointer();
      if (pointer === undefined) throw new Error('No prices were stored.');
      return { gateway: async () => (await createPriceReader(access()).load(pointer)).version };
    },
  },
};

async function itemsOf({ pk, sk = '' }: Kind): Promise<readonly Item[]> {
  const items = await bench.items();
  return items.filter((item) => item.pk?.S?.startsWith(pk) && item.sk?.S?.startsWith(sk));
}

async function rewrite(items: readonly Item[], version: number | undefined): Promise<void> {
  for (const { v: _, ...item } of items) {
    const kept = item as Record<string, Value>;
    await bench.put(version === undefined ? kept : { ...kept, v: { N: String(version) } });
  }
}

describe.each(Object.entries(KINDS))('%s', (_name, kind) => {
  it('says its version, is read without one, and is left alone where its version is newer', async () => {
    for (const { pk, sk } of await bench.items()) await bench.remove(pk?.S ?? '', sk?.S ?? '');
    const readers = Object.entries(await kind.write());
    const written = await itemsOf(kind);
    expect(written.length).toBeGreaterThan(0);
    expect(written.map(({ v }) => v)).toEqual(written.map(() => ({ N: String(SCHEMA_VERSION) })));

    for (const [reader, read] of readers) {
      await rewrite(written, SCHEMA_VERSION);
      const found = await read();
      await rewrite(written, undefined);
      expect(await read(), reader).toEqual(found);
      await rewrite(written, NEWER);
      const newer = await itemsOf(kind);
      await expect(read(), reader).rejects.toMatchObject(REFUSED);
      expect(await itemsOf(kind)).toEqual(newer);
    }
  });
});

describe('a meter that a newer version has written since it was seen', () => {
  const newer = async (scope: string) => {
    await bench.edit(scope, { v: { N: String(NEWER) } });
    return bench.item(`meter#${scope}`, 'meter');
  };

  it('takes no reservation that was planned from memory', async () => {
    await bench.limit('team:f', { budget_day_usd: 1_000 });
    const ledger = bench.ledger();
    admitted(await ledger.reserve(lead('team:f')));
    const before = await newer('team:f');
    await expect(ledger.reserve(lead('team:f'))).rejects.toMatchObject(REFUSED);
    expect(await bench.item('meter#team:f', 'meter')).toEqual(before);
  });

  it('takes no settlement: the record stays for whoever can read both', async () => {
    await bench.limit('team:g', { budget_day_usd: 1_000 });
    const ledger = bench.ledger();
    const reservation = admitted(await ledger.reserve(lead('team:g')));
    const before = await newer('team:g');
    await expect(ledger.settle(reservation, { tokens: 1, costNano: 1 }, NOON)).rejects.toMatchObject(REFUSED);
    expect(await bench.item('meter#team:g', 'meter')).toEqual(before);
    expect(await bench.openRecords()).toContain(reservation.requestId);

    // After the update.
    await bench.edit('team:g', { v: { N: String(SCHEMA_VERSION) } });
    await ledger.settle(reservation, { tokens: 1, costNano: 1 }, NOON);
    expect(await bench.openRecords()).not.toContain(reservation.requestId);
    expect(await bench.show('team:g')).toMatchObject({ day: { usd: 1e-9 }, inFlight: [] });
  });
});
