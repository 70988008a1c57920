/** Conversations and the servers that hold their prefix: gateways as processes, three model servers, and upkeep. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDynamoLoads } from '../../../functions/adapters/dynamo-loads.ts';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { readLoads } from '../../../functions/upkeep/read-loads.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../../support/gateway-fleet.ts';
import { type ModelServer, startModelServer } from '../../support/model-server.ts';

let servers: readonly ModelServer[];
let fleet: Fleet;
let gateways: readonly GatewayProcess[];
let config: { readonly providers: object };
let key: string;

beforeAll(async () => {
  servers = await Promise.all([startModelServer(), startModelServer(), startModelServer()]);
  const baseUrls = servers.map(({ url }) => url);
  config = {
    providers: { vllm: { dialect: 'openai-chat', baseUrls, metricsPath: '/metrics' } },
  };
  fleet = await startFleet((_request, response) => response.destroy(), {
    providers: {
      ...config.providers,
      urgent: { dialect: 'openai-chat', baseUrl: baseUrls[0], quirks: { priority: 'low-first' } },
    },
    models: { llama: { targets: [{ provider: 'vllm', model: 'llama' }] } },
    breaker: { failures: 1, openMs: 60_000, mostOpenMs: 60_000 },
  });
  gateways = await Promise.all([fleet.start(), fleet.start()]);
  ({ key } = await createKey({ ...adminOf(fleet.table), maxPriority: 9 }));
}, 60_000);
afterAll(async () => {
  for (const server of servers ?? []) server.release();
  await fleet?.close();
  await Promise.all((servers ?? []).map((server) => server.close()));
});

interface Asked {
  readonly conversation: string;
  readonly turn?: number;
  readonly at?: number;
  readonly model?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly more?: object;
}

/** Gives who answered, by its number. */
async function ask({ conversation, turn = 0, at = 0, model = 'llama', headers = {}, more }: Asked): Promise<number> {
  const said = Array.from({ length: turn }, (_, index) => [
    { role: 'user', content: `${conversation}: question ${index}` },
    { role: 'assistant', content: 'Fourpence.' },
  ]).flat();
  const messages = [
    { role: 'system', content: 'You are the clerk of a toll bridge.' },
    ...said,
    { role: 'user', content: `${conversation}: question ${turn}` },
  ];
  const response = await fetch(`${gateways[at]?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages, ...more }),
  });
  const answer = await response.text();
  expect(response.status, answer).toBe(200);
  const route = response.headers.get('x-tollgate-route') ?? '';
  const tried = route.split(', ').find((entry) => !entry.includes('!'));
  return Number(tried?.split('#')[1]);
}

/** So many at once that no server is busy. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<number>): Promise<readonly number[]> {
  const results: number[] = [];
  for (let from = 0; from < items.length; from += 6) {
    results.push(...(await Promise.all(items.slice(from, from + 6).map(work))));
  }
  return results;
}

const NAMES = Array.from({ length: 90 }, (_, index) => `traveller ${index}`);
const counts = (places: readonly number[]) => [0, 1, 2].map((each) => places.filter((place) => place === each).length);

it('turns of a conversation go to one server, whichever gateway they come by', { timeout: 60_000 }, async () => {
  const turns: (readonly number[])[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    turns.push(await inTurn(NAMES, (conversation) => ask({ conversation, turn, at: turn % 2 })));
  }
  const [first = [], ...later] = turns;
  const stayed = later.flat().filter((place, index) => place === first[index % NAMES.length]).length;
  expect(stayed / later.flat().length).toBeGreaterThanOrEqual(0.95);
  for (const count of counts(first)) expect(count).toBeGreaterThan(0);
  // What the header says is what the servers saw.
  expect(servers.map(({ seen }) => seen.length)).toEqual(counts(turns.flat()));
});

it('a session that a client names goes to one server, whatever is said in it', async () => {
  const headers = { 'x-session-id': 'session-1' };
  const places = await inTurn(NAMES.slice(0, 12), (conversation) => ask({ conversation, headers }));
  expect(new Set(places).size).toBe(1);
});

it('no server gets more than its share of what comes at once, though all would go to one', {
  timeout: 60_000,
}, async () => {
  for (const server of servers) server.hold();
  const before = servers.map(({ seen }) => seen.length);
  const asked = NAMES.map(() => ask({ conversation: 'the same' }));
  await vi.waitFor(() => expect(servers.reduce((sum, { held }) => sum + held, 0)).toBe(NAMES.length), 20_000);
  const most = Math.ceil((1.25 * NAMES.length) / servers.length);
  expect(Math.max(...servers.map(({ held }) => held))).toBeLessThanOrEqual(most);
  for (const server of servers) server.release();
  const places = await Promise.all(asked);
  expect(servers.map(({ seen }, index) => seen.length - (before[index] ?? 0))).toEqual(counts(places));
  // Nobody's place is kept by who is gone.
  const one = await ask({ conversation: 'the same' });
  expect(await inTurn(NAMES.slice(0, 6), () => ask({ conversation: 'the same' }))).toEqual(Array(6).fill(one));
});

it('a server that queues by priority is told what was granted, and nothing that a client makes up', async () => {
  const to = async (headers: { readonly [name: string]: string }, more: object) => {
    await ask({ conversation: 'urgent', model: 'urgent/llama', headers, more });
    return servers[0]?.seen.at(-1);
  };
  expect(await to({ 'x-tollgate-priority': '7' }, { priority: -100 })).toMatchObject({ priority: -7 });
  expect(await to({}, { priority: -100 })).not.toHaveProperty('priority');
});

describe('what upkeep hears from the servers', () => {
  const look = () => {
    const parsed = parseConfig(config);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { client, table } = adminOf(fleet.table);
    const clock = { now: () => Date.now() };
    return readLoads({ clock, loads: createDynamoLoads({ client, table }), config: async () => parsed.config });
  };
  const home = (conversation: string) => ask({ conversation });

  it('keeps requests from a server that is full, in every process, and brings them back', {
    timeout: 60_000,
  }, async () => {
    const place = await home('traveller 1');
    servers[place]?.say({ running: 40, waiting: 0, cacheUsed: 0.99 });
    expect(await look()).toEqual({ servers: 3, silent: [] });
    for (const at of [0, 1]) {
      await vi.waitFor(async () => expect(await ask({ conversation: 'traveller 1', at })).not.toBe(place), 20_000);
    }
    // One that has just begun knows it with its first request.
    const newcomer = await fleet.start();
    gateways = [...gateways, newcomer];
    expect(await ask({ conversation: 'traveller 1', at: gateways.length - 1 })).not.toBe(place);
    servers[place]?.say(undefined);
    await look();
    await vi.waitFor(async () => expect(await home('traveller 1')).toBe(place), 20_000);
  });

  it('is nothing where a server shows nothing', async () => {
    const place = await home('traveller 2');
    const { client, table } = adminOf(fleet.table);
    const loads = createDynamoLoads({ client, table });
    const parsed = parseConfig({
      providers: {
        other: { dialect: 'openai-chat', baseUrl: servers[place]?.url, metricsPath: '/v1/chat/completions' },
      },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const result = await readLoads({ clock: { now: () => 1 }, loads, config: async () => parsed.config });
    expect(result).toMatchObject({ servers: 1, silent: [expect.stringContaining(servers[place]?.url ?? '')] });
    expect(await loads.read('other')).toEqual(new Map());
    expect(await loads.read('nobody')).toEqual(new Map());
  });
});

it('a server that is lost leaves its conversations to the others, and theirs stay', { timeout: 60_000 }, async () => {
  const before = await inTurn(NAMES, (conversation) => ask({ conversation }));
  await servers[1]?.close();
  // Who finds it gone is answered by another; from then on nobody asks it.
  const lost = NAMES.find((_, index) => before[index] === 1) ?? '';
  await ask({ conversation: lost });
  const after = await inTurn(NAMES, (conversation) => ask({ conversation, turn: 1 }));
  const moved = NAMES.filter((_, index) => before[index] !== after[index]);
  expect(moved).toEqual(NAMES.filter((_, index) => before[index] === 1));
  const places = counts(NAMES.flatMap((_, index) => (before[index] === 1 ? [after[index] ?? -1] : [])));
  expect(places[1]).toBe(0);
  expect(Math.min(places[0] ?? 0, places[2] ?? 0)).toBeGreaterThan(0);
});
