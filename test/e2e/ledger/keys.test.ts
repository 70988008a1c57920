import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoKeyStore } from '../../../functions/adapters/dynamo-keys.ts';
import { hashKey } from '../../../functions/adapters/hash-key.ts';
import { createKey, disableKey, enableKey, listKeys } from '../../../functions/adapters/key-admin.ts';
import { showMeter } from '../../../functions/adapters/meter-admin.ts';
import { startTestTable, type TestTable } from '../../support/dynalite.ts';
import { type Decide, injectFaults } from '../../support/dynamo-faults.ts';
import { NOON } from './support.ts';

let table: TestTable;
let admin: { client: ReturnType<TestTable['client']>; table: string };

beforeAll(async () => {
  table = await startTestTable();
  admin = { client: table.client(), table: table.table };
});
afterAll(() => table.close());

function keyStore(options: { cacheMs?: number; decide?: Decide; trustsOldKeys?: () => Promise<boolean> } = {}) {
  const client = table.client();
  const calls = injectFaults(client, options.decide ?? (() => undefined));
  const { decide: _, ...given } = options;
  const store = createDynamoKeyStore({ client, table: table.table, ...given });
  return { ...store, calls };
}

const stranger = `sk-tg-${'x'.repeat(43)}`;

describe('a key', () => {
  it('is 256 random bits, shown once and stored as its hash', async () => {
    const made = await createKey({ ...admin, team: 'search', user: 'ann', app: 'bot', env: 'prod', models: ['smart'] });
    expect(made.key).toMatch(/^sk-tg-[A-Za-z0-9_-]{43}$/);
    expect(made.id).toMatch(/^key_[A-Za-z0-9]{10}$/);
    const item = await table.item('keys', hashKey(made.key));
    expect(item).toMatchObject({ id: { S: made.id }, team: { S: 'search' }, hint: { S: made.key.slice(-4) } });
    expect(JSON.stringify(item)).not.toContain(made.key.slice(0, -4));
    expect(await keyStore().find(made.key, NOON)).toEqual({
      keyId: made.id,
      team: 'search',
      user: 'ann',
      app: 'bot',
      env: 'prod',
      models: ['smart'],
    });
  });

  it('that nobody made is nobody’s, and what is no key costs no read', async () => {
    const store = keyStore();
    for (const text of ['', 'sk-tg-', 'bedrock', `${stranger}x`, `sk-${'x'.repeat(48)}`, `sk-tg-${"'".repeat(43)}`]) {
      expect(await store.find(text, NOON)).toBeUndefined();
    }
    expect(store.calls).toHaveLength(0);
    expect(await store.find(stranger, NOON)).toBeUndefined();
    expect(store.calls).toHaveLength(1);
  });

  it('is read once for many who ask at once, and again after a while', async () => {
    const { key } = await createKey(admin);
    const store = keyStore({ cacheMs: 10_000 });
    await Promise.all(Array.from({ length: 20 }, () => store.find(key, NOON)));
    await store.find(key, NOON + 9_999);
    expect(store.calls).toHaveLength(1);
    await store.find(key, NOON + 10_000);
    expect(store.calls).toHaveLength(2);
  });

  it.each([undefined, 3_600_000])('that is disabled stops within 30 s (cacheMs %s)', async (cacheMs) => {
    const { id, key } = await createKey(admin);
    const store = keyStore(cacheMs === undefined ? {} : { cacheMs });
    expect(await store.find(key, NOON)).toBeDefined();
    await disableKey({ ...admin, id });
    expect(await store.find(key, NOON + 30_000)).toBeUndefined();
    await enableKey({ ...admin, id });
    expect(await store.find(key, NOON + 32_999)).toBeUndefined();
    expect(await store.find(key, NOON + 33_000)).toBeDefined();
  });

  it('expires to the second, remembered or not', async () => {
    const { key } = await createKey({ ...admin, expiresAtMs: NOON + 5_000, nowMs: NOON });
    const store = keyStore();
    expect(await store.find(key, NOON + 4_999)).toBeDefined();
    expect(await store.find(key, NOON + 5_000)).toBeUndefined();
    expect(store.calls).toHaveLength(1);
    expect(await keyStore().find(key, NOON + 5_000)).toBeUndefined();
  });

  it('made after someone tried it works within seconds', async () => {
    const { key } = await createKey(admin);
    const item = await table.item('keys', hashKey(key));
    const unknown = `sk-tg-${'y'.repeat(43)}`;
    const store = keyStore();
    expect(await store.find(unknown, NOON)).toBeUndefined();
    await table.put({ pk: { S: 'keys' }, sk: { S: hashKey(unknown) }, id: { S: item?.id?.S ?? '' } });
    expect(await store.find(unknown, NOON + 2_999)).toBeUndefined();
    expect(await store.find(unknown, NOON + 3_000)).toBeDefined();
  });

  it('is not driven out of memory by thousands that nobody made', async () => {
    const { key } = await createKey(admin);
    const store = keyStore();
    await store.find(key, NOON);
    for (let index = 0; index < 1_200; index += 100) {
      const guesses = Array.from({ length: 100 }, (_, step) => `sk-tg-${String(index + step).padStart(43, '0')}`);
      await Promise.all(guesses.map((guess) => store.find(guess, NOON)));
    }
    const before = store.calls.length;
    await store.find(key, NOON + 1);
    expect(store.calls).toHaveLength(before);
    // The first guesses are forgotten by now.
    await store.find(`sk-tg-${'0'.repeat(43)}`, NOON + 1);
    expect(store.calls).toHaveLength(before + 1);
  });

  it('that cannot be looked up is an error, not a stranger, and is not remembered as one', async () => {
    const { key } = await createKey(admin);
    let broken = true;
    const store = keyStore({ decide: () => (broken ? 'error-500' : undefined) });
    await expect(store.find(key, NOON)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    broken = false;
    expect(await store.find(key, NOON)).toBeDefined();
  });

  it('that was good is trusted while the table is away, for an hour, where that is allowed, and nowhere else', async () => {
    const { key } = await createKey(admin);
    const trusting = { trustsOldKeys: async () => true };
    let broken = false;
    const decide = () => (broken ? ('error-500' as const) : undefined);
    const [open, closed] = [keyStore({ decide, ...trusting }), keyStore({ decide })];
    for (const store of [open, closed]) await store.find(key, NOON);
    broken = true;
    expect(await open.find(key, NOON + 3_599_999)).toBeDefined();
    await expect(open.find(key, NOON + 3_600_000)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    await expect(open.find(stranger, NOON)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
    await expect(closed.find(key, NOON + 60_000)).rejects.toMatchObject({ kind: 'ledger-unavailable' });
  });

  it('whose item is broken names the attribute', async () => {
    const key = `sk-tg-${'z'.repeat(43)}`;
    const item = { pk: { S: 'keys' }, sk: { S: hashKey(key) }, id: { S: 'key_broken' } };
    await table.put({ ...item, disabled: { S: 'yes' } });
    await expect(keyStore().find(key, NOON)).rejects.toMatchObject({
      kind: 'ledger-unavailable',
      message: expect.stringMatching(/keys \/ key_broken .*"disabled"/),
    });
    await table.put({ ...item, models: { SS: ['a', 'b'] }, expires_at: { S: '4102444800' } });
    expect(await keyStore().find(key, NOON)).toEqual({ keyId: 'key_broken', models: ['a', 'b'] });
  });
});

describe('the administration of keys', () => {
  it('gives a key limits of its own', async () => {
    const { id } = await createKey({ ...admin, limits: { limit_rpm: 5, budget_month_usd: 2.5, limit_tpm: null } });
    expect((await showMeter({ ...admin, scope: `key:${id}` }))?.limits).toEqual({
      limit_rpm: 5,
      budget_month_usd: 2.5,
    });
    const other = await createKey(admin);
    expect(await showMeter({ ...admin, scope: `key:${other.id}` })).toBeUndefined();
  });

  it('lists keys, the newest first, more than a page of them', async () => {
    const own = await startTestTable();
    try {
      const access = { client: own.client(), table: own.table };
      // 3 kB each, so that the list is longer than the megabyte of one page.
      const models = Array.from({ length: 100 }, (_, index) => `provider/${String(index).padStart(20, '0')}`);
      const made = await Promise.all(
        Array.from({ length: 400 }, (_, index) => createKey({ ...access, models, nowMs: NOON + index })),
      );
      const expired = await createKey({ ...access, nowMs: NOON - 10, expiresAtMs: NOON - 5, team: 'old' });
      await disableKey({ ...access, id: made[0]?.id ?? '' });
      const keys = await listKeys({ ...access, nowMs: NOON });
      expect(keys).toHaveLength(401);
      expect(keys[0]?.id).toBe(made[399]?.id);
      expect(keys.filter(({ usable }) => !usable).map(({ id }) => id)).toEqual([made[0]?.id, expired.id]);
      expect(keys.at(-1)).toMatchObject({ owner: { team: 'old' }, disabled: false, hint: expired.key.slice(-4) });
      expect(JSON.stringify(keys)).not.toContain(expired.key);
    } finally {
      await own.close();
    }
  });

  it.each([
    ['a team that no scope can have', { team: 'a#b' }, 'team'],
    ['an empty user', { user: '' }, 'user'],
    ['a name with a line break', { app: 'a\nb' }, 'app'],
    ['no models at all', { models: [] }, 'models'],
    ['a date that is over', { expiresAtMs: NOON - 1 }, 'expires'],
    ['a negative limit', { limits: { limit_rpm: -1 } }, 'limit_rpm'],
  ])('refuses %s, and writes nothing', async (_, options, param) => {
    const before = (await listKeys(admin)).length;
    await expect(createKey({ ...admin, nowMs: NOON, ...options })).rejects.toMatchObject({
      kind: 'invalid-request',
      param,
    });
    expect(await listKeys(admin)).toHaveLength(before);
  });

  it('disables no key that is not there', async () => {
    await expect(disableKey({ ...admin, id: 'key_nobody' })).rejects.toMatchObject({ kind: 'not-found' });
  });
});
