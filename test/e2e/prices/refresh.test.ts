import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchCatalogue } from '../../../functions/adapters/fetch-catalogue.ts';
import { createPriceBook } from '../../../functions/adapters/price-catalogue.ts';
import { createPriceSource } from '../../../functions/adapters/price-source.ts';
import { createPriceReader, createPriceStore } from '../../../functions/adapters/price-store.ts';
import type { Catalogue } from '../../../functions/ledger/catalogue.ts';
import { compileCatalogue } from '../../../functions/ledger/compile-catalogue.ts';
import { type RefreshResult, refreshPrices } from '../../../functions/upkeep/refresh-prices.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { startTestTable, type TestTable } from '../../support/dynalite.ts';
import { injectFaults } from '../../support/dynamo-faults.ts';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const DAY = 86_400_000;

/** As the public file has it: 60 models of two providers, at a price that a test changes. */
function publicCatalogue(change: { input?: unknown; drop?: number; match?: object } = {}): object[] {
  const { input = 1.5, drop = 0, match } = change;
  const models = Array.from({ length: 30 - drop }, (_, index) => ({
    id: `model-${index}`,
    match: match ?? { or: [{ equals: `Model-${index}` }, { starts_with: `model-${index}-` }] },
    prices:
      index === 0
        ? { input_mtok: input, output_mtok: 6, web_searches_kcount: 10 }
        : [
            { prices: { input_mtok: 3, output_mtok: { base: 12, tiers: [{ start: 200_000, price: 18 }] } } },
            { constraint: { start_date: '2026-01-01' }, prices: { input_mtok: 2, output_mtok: 8 } },
          ],
  }));
  return [
    { id: 'one', name: 'One', models },
    { id: 'two', name: 'Two', provider_match: { contains: 'second' }, models: models.map((model) => ({ ...model })) },
  ];
}

const three = { ...publicCatalogue()[0], id: 'three' };

let table: TestTable;
let server: Server;
let url: string;
let answer: { status: number; body: string };
let deployed: Catalogue;

beforeAll(async () => {
  server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
  url = `${await listen(server, { port: 0 })}/data.json`;
});
beforeEach(async () => {
  table = await startTestTable();
  deployed = compileCatalogue(publicCatalogue(), 'genai-prices@1.0.0');
});
afterEach(() => table.close());
afterAll(() => closeServer(server));

const access = () => ({ client: table.client(), table: table.table });

function serve(body: unknown, status = 200): void {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** Parts of a thousand bytes, so that there are several. */
function refresh(nowMs = NOON): Promise<RefreshResult> {
  const store = createPriceStore(access(), 200);
  return refreshPrices({ store, download: () => fetchCatalogue(url), deployed: async () => deployed, nowMs });
}

function source(clock: { now(): number }, reader = createPriceReader(access())) {
  const reports: string[] = [];
  const report = (_level: string, message: string): void => void reports.push(message);
  return { ...createPriceSource({ reader, deployed: async () => deployed, clock, report, everyMs: 1_000 }), reports };
}

const priceOf = (catalogue: Catalogue, model = 'model-0') =>
  createPriceBook(catalogue, []).find({ provider: 'one', model, atMs: NOON })?.base.input;

describe('a refresh of the prices', () => {
  it('puts the public catalogue into the table, in as many items as it takes, and knows the same one again', async () => {
    serve(publicCatalogue({ input: 1.25 }));
    const result = await refresh();
    expect(result).toMatchObject({ outcome: 'refreshed', models: 60 });
    expect(result.version).toMatch(/^genai-prices@2026-11-23\.[0-9a-f]{8}$/);
    const reader = createPriceReader(access());
    const pointer = await reader.pointer();
    if (pointer === undefined) throw new Error('Nothing was stored.');
    expect(pointer.parts).toBeGreaterThan(1);
    const stored = await reader.load(pointer);
    expect(stored).toEqual({ ...compileCatalogue(publicCatalogue({ input: 1.25 }), ''), version: result.version });
    expect(priceOf(stored)).toBe(1_250_000);

    expect(await refresh(NOON + DAY)).toMatchObject({ outcome: 'unchanged', version: result.version });
    expect(await reader.pointer()).toMatchObject({ digest: pointer.digest, checkedAtMs: NOON + DAY });
  });

  it('stores nothing where it is what was deployed', async () => {
    serve(publicCatalogue());
    expect(await refresh()).toMatchObject({ outcome: 'unchanged', version: 'genai-prices@1.0.0' });
    expect(await createPriceReader(access()).pointer()).toBeUndefined();
  });

  it('keeps the version before, for who has just read the pointer, and removes the one before that', async () => {
    const reader = createPriceReader(access());
    const pointers = [];
    for (const [day, input] of [1.25, 1.3, 1.35].entries()) {
      serve(publicCatalogue({ input }));
      expect(await refresh(NOON + day * DAY)).toMatchObject({ outcome: 'refreshed' });
      pointers.push(await reader.pointer());
    }
    const [first, second, third] = pointers;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Nothing was stored.');
    await expect(reader.load(first)).rejects.toThrow('A part is missing');
    expect(priceOf(await reader.load(second))).toBe(1_300_000);
    expect(priceOf(await reader.load(third))).toBe(1_350_000);
  });

  it('keeps the version before also where one was stored again because it was old', async () => {
    const reader = createPriceReader(access());
    const refreshed = async (input: number, nowMs: number) => {
      serve(publicCatalogue({ input }));
      expect(await refresh(nowMs)).toMatchObject({ outcome: 'refreshed' });
      const pointer = await reader.pointer();
      if (pointer === undefined) throw new Error('Nothing was stored.');
      return pointer;
    };
    const first = await refreshed(1.25, NOON);
    const second = await refreshed(1.3, NOON + DAY);
    const again = await refreshed(1.3, NOON + 21 * DAY);
    expect(again.digest).toBe(second.digest);
    expect(priceOf(await reader.load(first))).toBe(1_250_000);
    const third = await refreshed(1.35, NOON + 22 * DAY);
    expect(priceOf(await reader.load(again))).toBe(1_300_000);
    expect(priceOf(await reader.load(third))).toBe(1_350_000);
    await expect(reader.load(first)).rejects.toThrow('A part is missing');
  });

  it('is won by one of two who do it at once', async () => {
    serve(publicCatalogue({ input: 1.25 }));
    await refresh();
    const store = createPriceStore(access(), 200);
    const pointer = await store.pointer();
    const next = compileCatalogue(publicCatalogue({ input: 1.3 }), 'a');
    const other = compileCatalogue(publicCatalogue({ input: 1.4 }), 'b');
    expect(await Promise.all([store.publish(next, pointer, NOON), store.publish(other, pointer, NOON)])).toEqual(
      expect.arrayContaining([true, false]),
    );
  });

  it.each<[string, unknown, RegExp, number?]>([
    ['an error', 'Not found', /It answered 404/, 404],
    ['a page', '<html>', /It is not JSON/],
    ['no list', { providers: [] }, /It is not a list of providers/],
    ['nothing', [], /It has 0 models, where the one in use has 60/],
    ['a third of the models', publicCatalogue({ drop: 20 }), /It has 20 models/],
    [
      'a provider that shrank',
      [publicCatalogue()[0], publicCatalogue({ drop: 25 })[1], three],
      /"two" has 5 models, where it has 30/,
    ],
    ['a negative price', publicCatalogue({ input: -1 }), /^\[0\]\.models\[0\]\.prices\.input_mtok is not a price/],
    ['an absurd price', publicCatalogue({ input: 20_000 }), /is not a price from 0 to 10000 USD/],
    [
      'a price by the wrong unit',
      publicCatalogue({ input: 1_500 }),
      /one\/model-0 would change by more than 100 times/,
    ],
    ['a price as text', publicCatalogue({ input: '1.5' }), /input_mtok is not a price/],
    ['a tier without a price', publicCatalogue({ input: { base: 1, tiers: [{ start: 10 }] } }), /tiers\[0\]\.price/],
    ['a pattern that may not end', publicCatalogue({ match: { regex: '(a+)+$' } }), /is a pattern that may not end/],
    [
      'a condition of tomorrow',
      publicCatalogue({ match: { sounds_like: 'x' } }),
      /the unknown condition "sounds_like"/,
    ],
  ])('refuses %s, and what was in use stays', async (_, body, reason, status) => {
    serve(publicCatalogue({ input: 1.25 }));
    const { version } = await refresh();
    serve(body, status);
    const result = await refresh(NOON + DAY);
    expect(result).toMatchObject({ outcome: 'refused', version, models: 60, reason: expect.stringMatching(reason) });
    const now = { now: () => NOON + DAY };
    expect(priceOf(await source(now).catalogue())).toBe(1_250_000);
  });

  it('refuses many prices that jump, and one that comes to cost nothing among them', async () => {
    const cheap = publicCatalogue();
    for (const provider of cheap as { models: { prices: unknown }[] }[]) {
      for (const model of provider.models.slice(0, 3)) model.prices = { input_mtok: 0, output_mtok: 0 };
    }
    serve(cheap);
    expect(await refresh()).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/^The prices of 6 models/),
    });
  });
});

describe('the gateway', () => {
  it('takes refreshed prices before its first request, and later ones without making one wait', async () => {
    serve(publicCatalogue({ input: 1.25 }));
    await refresh();
    let nowMs = NOON;
    const client = table.client();
    const calls = injectFaults(client, () => undefined);
    const prices = source({ now: () => nowMs }, createPriceReader({ client, table: table.table }));
    const first = await prices.catalogue();
    expect(priceOf(first)).toBe(1_250_000);

    serve(publicCatalogue({ input: 1.75 }));
    await refresh(NOON + 500);
    const asked = calls.length;
    // Within the time for which it does not ask again, it asks nothing; after it, what it has is given at once.
    expect(await prices.catalogue()).toBe(first);
    expect(calls.length).toBe(asked);
    nowMs += 1_000;
    expect(await prices.catalogue()).toBe(first);
    await expect.poll(async () => priceOf(await prices.catalogue())).toBe(1_750_000);
    expect(prices.reports).toEqual([]);
  });

  it('uses what it was deployed with where there is nothing, where it is old, and where it cannot be read', async () => {
    expect(await source({ now: () => NOON }).catalogue()).toBe(deployed);
    serve(publicCatalogue({ input: 1.25 }));
    await refresh();
    expect(await source({ now: () => NOON + 20 * DAY }).catalogue()).toBe(deployed);

    const pointer = await createPriceReader(access()).pointer();
    await table.remove('prices', `part#${pointer?.digest}#1`);
    const torn = source({ now: () => NOON });
    expect(await torn.catalogue()).toBe(deployed);
    expect(torn.reports).toEqual(['The refreshed prices cannot be read; those in use stay.']);
    // And upkeep puts it right the next time.
    expect(await refresh(NOON + DAY)).toMatchObject({ outcome: 'refreshed' });
    expect(priceOf(await source({ now: () => NOON + DAY }).catalogue())).toBe(1_250_000);
  });

  it('does not wait long for a table that does not answer', async () => {
    const never = { pointer: () => new Promise<undefined>(() => undefined), load: () => Promise.reject(new Error()) };
    expect(await source({ now: () => NOON }, never).catalogue()).toBe(deployed);
  });
});
