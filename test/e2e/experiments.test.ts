import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyConfig, rollBackConfig } from '../../functions/adapters/config-admin.ts';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { setLimits, showMeter } from '../../functions/adapters/meter-admin.ts';
import { parseConfig } from '../../functions/core/config.ts';
import { configKey } from '../../functions/table.ts';
import { createChatUpstream } from '../support/chat-upstream.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

const target = (model: string) => ({ provider: 'upstream', model });
const arms = (control: number, candidate: number) => ({
  prompts: {
    model: 'divided',
    subject: 'metadata.session',
    arms: { control: { weight: control }, candidate: { weight: candidate, targets: [target('cheap')] } },
  },
});
const BASE = {
  models: {
    divided: { targets: [target('dear')] },
    plain: { targets: [target('plain')] },
    mirrored: { targets: [target('dear')], shadow: { ...target('cheap'), rate: 1 } },
    'mirrored-by-a-broken-one': { targets: [target('dear')], shadow: { ...target('fail'), rate: 1 } },
    'mirrored-by-a-slow-one': {
      targets: [target('dear')],
      shadow: { ...target('hang'), rate: 1 },
      timeouts: { totalMs: 3_000 },
    },
  },
  prices: [
    { provider: 'upstream', model: 'cheap', input: 1, output: 2 },
    { provider: 'upstream', model: '*', input: 10, output: 20 },
  ],
};

/** Rows come after their answers. */
const PATIENT = { timeout: 20_000, interval: 200 };

const upstream = createChatUpstream();
let fleet: Fleet;
let gateways: readonly [GatewayProcess, GatewayProcess];
let key: string;
beforeAll(async () => {
  fleet = await startFleet(upstream.handle, { ...BASE, experiments: arms(50, 50) });
  gateways = await Promise.all([fleet.start(), fleet.start()]);
  key = (await createKey(adminOf(fleet.table))).key;
});
afterAll(() => fleet?.close());

interface Asked {
  readonly at?: 0 | 1;
  readonly session?: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly with?: string;
}

async function ask({ at = 0, session, model = 'divided', stream = false, with: own = key }: Asked = {}) {
  const response = await fetch(`${gateways[at].url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${own}`,
      ...(session === undefined ? {} : { 'x-tollgate-metadata': JSON.stringify({ session }) }),
    },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  const text = await response.text();
  const header = (name: string) => response.headers.get(`x-tollgate-${name}`);
  return { status: response.status, text, arm: header('experiment'), model: header('model'), id: header('request-id') };
}

describe('an experiment', () => {
  it('keeps a subject in one arm, on every gateway, streamed and whole, and says so in answer and row', async () => {
    const sessions = Array.from({ length: 20 }, () => randomUUID());
    const answers = await Promise.all(
      sessions.flatMap((session) =>
        ([0, 1] as const).map(async (at) => ({ session, ...(await ask({ at, session, stream: at === 1 })) })),
      ),
    );
    for (const session of sessions) {
      const own = answers.filter((answer) => answer.session === session);
      expect(own.map(({ status }) => status)).toEqual([200, 200]);
      expect(new Set(own.map(({ arm }) => arm)).size).toBe(1);
    }
    expect(new Set(answers.map(({ arm, model }) => `${arm} ${model}`))).toEqual(
      new Set(['prompts=control dear', 'prompts=candidate cheap']),
    );
    await vi.waitFor(async () => {
      const rows = await fleet.rows("experiment = 'prompts'");
      const told = new Map(rows.map((row) => [row.request_id, `prompts=${row.arm} ${row.target_model}`]));
      for (const { id, arm, model } of answers) expect(told.get(id)).toBe(`${arm} ${model}`);
    }, PATIENT);
  });

  it('touches no other model', async () => {
    expect(await ask({ model: 'plain' })).toMatchObject({ status: 200, arm: null, model: 'plain' });
    expect(await ask({ model: 'upstream/dear' })).toMatchObject({ status: 200, arm: null });
  });
});

describe('a shadow', () => {
  /** The original's row and its shadow's. */
  const rowsOf = (id: string | null) =>
    vi.waitFor(async () => {
      const rows = await fleet.rows(`(request_id = '${id}' OR shadow_of = '${id}')`);
      expect(rows).toHaveLength(2);
      return {
        original: rows.find((row) => row.request_id === id) ?? {},
        shadow: rows.find((row) => row.shadow_of === id) ?? {},
      };
    }, PATIENT);

  it.each([false, true])(
    'answers nobody, has its own row, and is booked on its own meter (stream: %s)',
    async (stream) => {
      const access = adminOf(fleet.table);
      const spent = async (scope: string) => (await showMeter({ ...access, scope }))?.month.usd ?? 0;
      const before = await spent('shadow:mirrored');
      const owner = await createKey({ ...access, team: `team-${stream}`, limits: { budget_month_usd: 5 } });
      const answer = await ask({ model: 'mirrored', stream, with: owner.key });
      expect(answer).toMatchObject({ status: 200, model: 'dear' });
      const { original, shadow } = await rowsOf(answer.id);
      // 5 tokens in, 7 out, at 10 and 20 $ a million, and at 1 and 2.
      expect(original).toMatchObject({ target_model: 'dear', cost_nano_usd: 190_000, shadow: false, key_id: owner.id });
      expect(shadow).toMatchObject({
        target_model: 'cheap',
        cost_nano_usd: 19_000,
        shadow: true,
        outcome: 'ok',
        model: 'mirrored',
        key_id: null,
        team: null,
      });
      await vi.waitFor(async () => {
        expect(await spent(`key:${owner.id}`)).toBeCloseTo(190_000 / 1e9, 12);
        expect(await spent(`team:team-${stream}`)).toBeCloseTo(190_000 / 1e9, 12);
        expect((await spent('shadow:mirrored')) - before).toBeCloseTo(19_000 / 1e9, 12);
      }, PATIENT);
    },
  );

  it('that fails or hangs is of no interest to its original', async () => {
    const broken = await ask({ model: 'mirrored-by-a-broken-one' });
    const slow = await ask({ model: 'mirrored-by-a-slow-one', stream: true });
    expect([broken, slow]).toMatchObject([
      { status: 200, model: 'dear' },
      { status: 200, model: 'dear' },
    ]);
    const failed = await rowsOf(broken.id);
    expect(failed.original).toMatchObject({ outcome: 'ok', attempt_count: 1, failed_attempts: 0 });
    expect(failed.shadow).toMatchObject({ outcome: 'failed', error_kind: 'upstream-error' });
    const hung = await rowsOf(slow.id);
    expect(hung.original).toMatchObject({ outcome: 'ok', attempt_count: 1 });
    expect(hung.shadow).toMatchObject({ outcome: 'failed', error_kind: 'deadline' });
    expect(Number(hung.original.total_ms)).toBeLessThan(Number(hung.shadow.total_ms));
  });

  it('is left out once its own budget is spent', async () => {
    const access = adminOf(fleet.table);
    await setLimits({ ...access, scope: 'shadow:mirrored', limits: { budget_day_usd: 0 } });
    const mirrored = () => upstream.calls('"model":"cheap"').length;
    const before = mirrored();
    const { id, status } = await ask({ model: 'mirrored' });
    expect(status).toBe(200);
    await vi.waitFor(async () => {
      const rows = await fleet.rows(`(request_id = '${id}' OR shadow_of = '${id}')`);
      expect(rows).toMatchObject([{ request_id: id, outcome: 'ok' }]);
    }, PATIENT);
    expect(mirrored()).toBe(before);
    await setLimits({ ...access, scope: 'shadow:mirrored', limits: { budget_day_usd: null } });
  });
});

describe('an applied configuration', () => {
  const written = (experiments: object) => {
    const providers = { upstream: { dialect: 'openai-chat', baseUrl: upstreamUrl(), secret: 'upstream' } };
    const parsed = parseConfig({ providers, ...BASE, experiments });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.config;
  };
  const upstreamUrl = (): string => fleet.upstreamUrl;
  let lastArm = '';
  const admin = () => ({ ...adminOf(fleet.table), base: fleet.deployed, nowMs: Date.now() });
  /** Both gateways, which serve all the while, put everybody into this arm. */
  const inForce = (arm: string) =>
    vi.waitFor(
      async () => {
        for (const at of [0, 1] as const) expect((await ask({ at })).arm).toBe(`prompts=${arm}`);
      },
      { timeout: 15_000, interval: 300 },
    );

  it('moves the weights on running gateways within 15 s, goes back, and stands in the rows', async () => {
    // Where this key has not been, so that only what is applied can put it there.
    const [first, second] =
      (await ask()).arm === 'prompts=control'
        ? (['candidate', 'control'] as const)
        : (['control', 'candidate'] as const);
    const only = (arm: string) => (arm === 'control' ? arms(1, 0) : arms(0, 1));
    await applyConfig({ ...admin(), config: written(only(second)) });
    await applyConfig({ ...admin(), config: written(only(first)) });
    await inForce(first);
    const back = await rollBackConfig(admin());
    expect(back).toMatchObject({ version: 3, copyOf: 1 });
    await inForce(second);
    lastArm = second;
    await vi.waitFor(async () => {
      const versions = await fleet.query('SELECT DISTINCT config_version AS version FROM requests ORDER BY 1');
      expect(versions.map(({ version }) => version)).toEqual(expect.arrayContaining([fleet.deployed, 'v2', 'v3']));
    }, PATIENT);
  });

  it('that is broken changes nothing, also for a gateway that starts', async () => {
    const { client, table } = adminOf(fleet.table);
    const { pk, sk } = configKey();
    const broken = { version: { N: '4' }, base: { S: fleet.deployed }, applied_at: { S: 'now' }, v: { N: '1' } };
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: { pk: { S: pk }, sk: { S: sk }, ...broken, body: { B: Buffer.from('nonsense') } },
      }),
    );
    const log: string[] = [];
    const newcomer = await fleet.start();
    newcomer.child.stdout?.on('data', (text: Buffer) => log.push(String(text)));
    gateways = [gateways[0], newcomer];
    await inForce(lastArm);
    await vi.waitFor(() => expect(log.join('')).toContain('An applied configuration is broken'), PATIENT);
  });
});

describe('POST /v1/feedback', () => {
  const give = async (body: unknown, options: { readonly key?: string; readonly at?: 0 | 1 } = {}) => {
    const response = await fetch(`${gateways[options.at ?? 0].url}/v1/feedback`, {
      method: 'POST',
      headers: { authorization: `Bearer ${options.key ?? key}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('keeps what a caller says of its own requests, whichever gateway answered them', async () => {
    const { id, arm } = await ask({ at: 0, session: 'judged' });
    const label = `helpful.${randomUUID()}`;
    expect(
      await give({ request_id: id, score: 0.5, label, comment: "didn't\nread 🚦, ask joe@example.com" }, { at: 1 }),
    ).toEqual({
      status: 200,
      body: {
        object: 'feedback',
        id: expect.stringMatching(/^fb_/),
        request_id: id,
        score: 0.5,
        label,
        comment: "didn't\nread 🚦, ask joe@example.com",
      },
    });
    await vi.waitFor(async () => expect(await fleet.rows(`request_id = '${id}'`)).toHaveLength(1), PATIENT);
    const rows = await fleet.query(
      `SELECT feedback.score, feedback.comment, arm, feedback.key_id = requests.key_id AS own
       FROM feedback JOIN requests ON requests.request_id = feedback.request_id WHERE label = '${label}'`,
    );
    const comment = expect.stringMatching(/^didn't\nread 🚦, ask (?!joe)/);
    expect(rows).toEqual([{ score: 0.5, comment, arm: arm?.replace('prompts=', ''), own: true }]);
  });

  it("answers 404 to another key's request, and to one that never was, and keeps nothing", async () => {
    const { id } = await ask();
    const other = (await createKey(adminOf(fleet.table))).key;
    const made = `${String(id).slice(0, 12)}${randomUUID().replaceAll('-', '').slice(0, 28)}`;
    for (const result of [
      await give({ request_id: id, score: 1, label: 'foreign' }, { key: other }),
      await give({ request_id: made, score: 1, label: 'foreign' }),
    ]) {
      expect(result.status).toBe(404);
      expect(result.body.error).toMatchObject({ code: 'not_found', param: 'request_id' });
    }
    expect(await fleet.query("SELECT * FROM feedback WHERE label = 'foreign'")).toEqual([]);
  });

  it.each<[string, unknown, number, string | null]>([
    ['no JSON', '{', 400, null],
    ['no score', { request_id: 'ID' }, 400, 'score'],
    ['a score that is text', { request_id: 'ID', score: '1' }, 400, 'score'],
    ['a score out of all bounds', { request_id: 'ID', score: 1e300 }, 400, 'score'],
    ['no request', { score: 1 }, 400, 'request_id'],
    ['a label with spaces', { request_id: 'ID', score: 1, label: 'a b' }, 400, 'label'],
    ['a comment that is a book', { request_id: 'ID', score: 1, comment: 'x'.repeat(2_001) }, 400, 'comment'],
    ['an unknown field', { request_id: 'ID', score: 1, rating: 2 }, 400, null],
    ['a body over the limit', { request_id: 'ID', score: 1, comment: 'x'.repeat(6_300_000) }, 413, null],
  ])('refuses %s', async (_, body, status, param) => {
    const { id } = await ask();
    const text = typeof body === 'string' ? body : JSON.stringify(body).replace('"ID"', JSON.stringify(id));
    const result = await give(text);
    expect(result.status).toBe(status);
    expect(result.body.error).toMatchObject({ type: 'invalid_request_error', param });
  });

  it('wants a key, and a POST', async () => {
    expect((await give({ request_id: 'x', score: 1 }, { key: 'sk-tg-nobody' })).status).toBe(401);
    expect((await fetch(`${gateways[0].url}/v1/feedback`)).status).toBe(405);
  });
});
