import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../functions/adapters/meter-admin.ts';
import { createChatUpstream } from '../support/chat-upstream.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

const NAMES = ['quick', 'held', 'long-700000', 'long-6000000', 'hang', 'fail', 'cut'];
const CONFIG = {
  models: Object.fromEntries(
    NAMES.map((model) => [
      model,
      {
        targets: [{ provider: 'upstream', model }],
        attempts: 1,
        timeouts: { totalMs: model === 'hang' ? 2_000 : 30_000 },
      },
    ]),
  ),
  prices: [{ provider: 'upstream', model: '*', input: 1, output: 2 }],
};

const upstream = createChatUpstream();
let fleet: Fleet;
let gateways: readonly GatewayProcess[];
let key: string;
beforeAll(async () => {
  fleet = await startFleet(upstream.handle, CONFIG);
  gateways = await Promise.all([fleet.start(), fleet.start(), fleet.start()]);
  ({ key } = await createKey(adminOf(fleet.table)));
});
afterAll(() => fleet?.close());

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly id?: string;
  readonly key?: string;
  readonly path?: string;
  readonly at?: number;
  readonly more?: object;
}

/** `[marker]` is how the provider tells the calls of one test from those of another. */
function ask(marker: string, asked: Asked = {}): Promise<Response> {
  const { model = 'quick', stream = false, id = marker, path = '/v1/chat/completions', at = 0 } = asked;
  const messages = [{ role: 'user', content: `Say [${marker}]` }];
  return fetch(`${gateways[at]?.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${asked.key ?? key}`,
      'content-type': 'application/json',
      'idempotency-key': id,
    },
    body: JSON.stringify({ model, stream, messages, ...asked.more }),
  });
}

/** Asks until the first request has been written down: that is done after its last byte. */
async function repeat(marker: string, asked: Asked = {}): Promise<Response> {
  let response: Response | undefined;
  await expect
    .poll(
      async () => {
        response = await ask(marker, asked);
        if (response.status === 409) await response.text();
        return response.status;
      },
      { timeout: 10_000 },
    )
    .not.toBe(409);
  if (response === undefined) throw new Error('There was no answer.');
  return response;
}

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const callsOf = (marker: string): number => upstream.calls(`[${marker}]`).length;
const fresh = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

describe('a repeat', () => {
  it.each([
    ['a whole answer', { model: 'quick' }],
    ['a stream', { model: 'quick', stream: true }],
    ['a whole answer that no item holds', { model: 'long-700000' }],
    ['a stream that no item holds', { model: 'long-700000', stream: true }],
    ['a translated stream', { model: 'quick', stream: true, path: '/v1/messages', more: { max_tokens: 50 } }],
  ])('gets %s byte for byte, from any instance, and the provider is not asked', async (_, asked) => {
    const marker = fresh('replay');
    const first = await ask(marker, asked);
    expect(first.status).toBe(200);
    expect(first.headers.get('x-tollgate-idempotent-replay')).toBeNull();
    const bytes = await bytesOf(first);
    expect(bytes.length).toBeGreaterThan(asked.model === 'quick' ? 100 : 700_000);
    for (const at of [0, 1, 2]) {
      const again = await repeat(marker, { ...asked, at });
      expect(again.status).toBe(200);
      expect(again.headers.get('x-tollgate-idempotent-replay')).toBe('true');
      expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
      expect(again.headers.get('x-tollgate-request-id')).not.toBe(first.headers.get('x-tollgate-request-id'));
      expect((await bytesOf(again)).equals(bytes)).toBe(true);
    }
    expect(callsOf(marker)).toBe(1);
  });

  it('makes a row that costs nothing, leaves nothing reserved, and is served where the limit is reached', async () => {
    const marker = fresh('rows');
    const admin = adminOf(fleet.table);
    const own = await createKey({ ...admin, team: marker, limits: { limit_rpm: 1, budget_month_usd: 1 } });
    const first = await ask(marker, { key: own.key });
    expect([first.status, await first.text()]).toMatchObject([200, expect.stringContaining('Answer')]);
    const again = await repeat(marker, { key: own.key });
    expect(again.headers.get('x-tollgate-cost-usd')).toBe('0');
    expect((await ask(marker, { key: own.key, id: `${marker}-other` })).status).toBe(429);

    const read = () => fleet.rows(`team = '${marker}'`);
    await expect.poll(async () => (await read()).filter((row) => row.outcome === 'ok').length).toBe(2);
    const rows = await read();
    const replays = rows.filter((row) => JSON.stringify(row.flags).includes('idempotent-replay'));
    expect(replays).toHaveLength(1);
    expect(replays[0]).toMatchObject({ outcome: 'ok', denied_scope: null, usage_source: 'none' });
    expect([Number(replays[0]?.cost_nano_usd), Number(replays[0]?.attempt_count)]).toEqual([0, 0]);
    await expect
      .poll(() => showMeter({ ...admin, scope: `key:${own.id}` }))
      .toMatchObject({ inFlight: [], reservedUsd: 0 });
    const paid = rows.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0);
    const meter = await showMeter({ ...admin, scope: `key:${own.id}` });
    expect(Math.round((meter?.month.usd ?? 0) * 1e9)).toBe(paid);
  });

  it('at the same time is told to come back, and exactly one is sent', async () => {
    const marker = fresh('race');
    const asked = { model: 'held' };
    const asking = Array.from({ length: 24 }, (_, index) => ask(marker, { ...asked, at: index % 3 }));
    let told = 0;
    for (const each of asking) each.then(() => (told += 1)).catch(() => undefined);
    // The one that was sent has no answer before all others have theirs, however long those take.
    await expect.poll(() => told).toBe(23);
    upstream.release();
    const all = await Promise.all(asking);
    const statuses = all.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(23);
    for (const response of all.filter(({ status }) => status === 409)) {
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await response.json()).toMatchObject({ error: { code: 'conflict' } });
    }
    const [bytes] = await Promise.all(all.filter(({ status }) => status === 200).map(bytesOf));
    expect(await bytesOf(await repeat(marker, asked))).toEqual(bytes);
    expect(callsOf(marker)).toBe(1);
  });

  it('with another body, or of another interface, is refused with 422', async () => {
    const marker = fresh('mismatch');
    expect((await ask(marker)).status).toBe(200);
    for (const other of [
      { stream: true },
      { more: { temperature: 1 } },
      { path: '/v1/messages', more: { max_tokens: 9 } },
    ]) {
      const response = await repeat(marker, other);
      expect(response.status).toBe(422);
      expect(await response.text()).toContain('used for another request');
    }
    expect((await repeat(marker)).status).toBe(200);
    expect(callsOf(marker)).toBe(1);
  });

  it("is none of another key's", async () => {
    const marker = fresh('keys');
    const other = await createKey(adminOf(fleet.table));
    const first = await bytesOf(await ask(marker));
    const second = await ask(marker, { key: other.key });
    expect([second.status, second.headers.get('x-tollgate-idempotent-replay')]).toEqual([200, null]);
    expect(await bytesOf(second)).not.toEqual(first);
    expect(callsOf(marker)).toBe(2);
  });
});

describe('what is not kept', () => {
  it.each([
    ['a request that failed', { model: 'fail' }, 502],
    ['a stream that broke off', { model: 'cut', stream: true }, 200],
  ])('%s may run again', async (_, asked, status) => {
    const marker = fresh('failed');
    const first = await ask(marker, asked);
    expect(first.status).toBe(status);
    expect(await first.text()).toContain('"error"');
    const second = await repeat(marker, asked);
    expect([second.status, second.headers.get('x-tollgate-idempotent-replay')]).toEqual([status, null]);
    expect(callsOf(marker)).toBe(2);
  });

  it('a request that was refused or denied may run again, at once', async () => {
    const marker = fresh('denied');
    const admin = adminOf(fleet.table);
    const own = await createKey({ ...admin, limits: { limit_rpm: 0 } });
    const scope = `key:${own.id}`;
    expect((await ask(marker, { key: own.key })).status).toBe(429);
    await setLimits({ ...admin, scope, limits: { limit_rpm: null } });
    expect((await ask(marker, { key: own.key })).status).toBe(200);
    const wrong = fresh('wrong');
    expect((await ask(wrong, { more: { temperature: 'hot' } })).status).toBe(400);
    expect((await ask(wrong, { model: 'nothing' })).status).toBe(404);
    expect((await ask(wrong)).status).toBe(200);
  });

  it('an answer over the maximum is given once, flagged, and a repeat is told why there is none', async () => {
    const marker = fresh('huge');
    const own = await createKey({ ...adminOf(fleet.table), team: marker });
    const asked = { model: 'long-6000000', stream: true, key: own.key };
    const first = await ask(marker, asked);
    expect((await bytesOf(first)).length).toBeGreaterThan(6_000_000);
    await expect
      .poll(async () => {
        const response = await ask(marker, asked);
        return [response.status, response.headers.get('x-should-retry'), await response.text()];
      })
      .toEqual([409, 'false', expect.stringContaining('too large to be kept')]);
    expect(callsOf(marker)).toBe(1);
    const flagged = () => fleet.rows(`team = '${marker}' AND list_contains(flags, 'idempotency-not-kept')`);
    await expect.poll(async () => (await flagged()).length).toBe(1);
  });

  it('the claim of a process that was killed ends with the time that its request had', async () => {
    const marker = fresh('killed');
    const doomed = await fleet.start();
    gateways = [...gateways, doomed];
    const at = gateways.length - 1;
    // Its first request loads what it needs: of the two seconds of the next one nothing is to go there.
    await bytesOf(await ask(fresh('first'), { at }));
    const asked = { model: 'hang' };
    const lost = ask(marker, { ...asked, at }).catch(() => 'lost');
    await expect.poll(() => callsOf(marker)).toBe(1);
    await doomed.kill();
    expect(await lost).toBe('lost');
    const early = await ask(marker, asked);
    expect(early.status).toBe(409);
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(callsOf(marker)).toBe(1);
    // Two seconds that the model has, five to write an answer down; then a repeat runs, and fails in its own time.
    await expect.poll(async () => (await ask(marker, asked)).status, { timeout: 15_000, interval: 500 }).toBe(504);
    expect(callsOf(marker)).toBe(2);
  });
});

describe('the header', () => {
  it.each(['', 'x'.repeat(256)])('is refused as %j', async (id) => {
    const response = await ask('header', { id });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'Idempotency-Key' } }]);
  });
});
