/** The command line as a process, against a running local stack: what it stores is what the gateway goes by. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CommandResult, type LocalStackProcess, startLocalStack } from '../../support/local-stack.ts';
import { runCommand } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

const root = join(import.meta.dirname, '../../..');
const CONFIG = `
providers:
  openai: { dialect: openai-chat, baseUrl: https://api.openai.com/v1, secret: openai }
models:
  smart: { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
  kept: { targets: [{ provider: openai, model: gpt-5-mini@fast }], log: full }
  other: { targets: [{ provider: openai, model: gpt-5-mini@fast }] }
prices:
  - { provider: openai, model: 'gpt-5-mini*', input: 0.25, output: 2 }
`;

let stack: LocalStackProcess;
beforeAll(async () => {
  stack = await startLocalStack({ config: CONFIG });
});
afterAll(() => stack?.close());

/** Within this process, which saves the start of another; a few tests below start one all the same. */
const tollgate = (...args: readonly string[]) =>
  runCommand([...args, '--data', stack.data], { nowMs: Date.now(), cwd: root });

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, out, error } = await tollgate(...args, '--json');
  expect({ code, error }).toEqual({ code: 0, error: '' });
  return JSON.parse(out);
}

async function createKey(...options: readonly string[]): Promise<{ readonly id: string; readonly key: string }> {
  return (await json('keys', 'create', ...options)) as { id: string; key: string };
}

async function chat(key: string, model = 'smart'): Promise<Response> {
  return fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

describe('keys', () => {
  it('are printed once, and nowhere again', async () => {
    const { code, stdout } = await stack.tollgate('keys', 'create', '--team', 'once');
    expect(code).toBe(0);
    const [key = '', , explanation = ''] = stdout.split('\n');
    expect(key).toMatch(/^sk-tg-[\w-]{43}$/);
    const id = /key_\w+/.exec(explanation)?.[0] ?? '';
    expect((await chat(key)).status).toBe(200);
    const list = await stack.tollgate('keys', 'list');
    expect(list.stdout).toContain(id);
    expect(list.stdout).not.toContain(key);
  });

  it('say who they are, what they may ask for, and until when', async () => {
    const { id, key } = await createKey(
      '--team',
      'a team',
      '--user',
      'u',
      '--models',
      'smart',
      '--expires',
      '2099-12-31',
    );
    expect(await json('keys', 'list')).toContainEqual({
      id,
      status: 'active',
      team: 'a team',
      user: 'u',
      models: ['smart'],
      expires: '2099-12-31T23:59:59.000Z',
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      hint: key.slice(-4),
      namesUsers: false,
      maxPriority: 0,
      log: null,
    });
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key, 'other')).status).toBe(403);
  });

  it('can be disabled and enabled', async () => {
    const { id, key } = await createKey();
    expect(await json('keys', 'disable', id)).toEqual({ id, disabled: true });
    // This key was never used, so no cache of it can be warm.
    expect((await chat(key)).status).toBe(401);
    const status = async () =>
      ((await json('keys', 'list')) as { id: string; status: string }[]).find((k) => k.id === id);
    expect(await status()).toMatchObject({ status: 'disabled' });
    expect(await json('keys', 'enable', id)).toEqual({ id, disabled: false });
    expect(await status()).toMatchObject({ status: 'active' });
  });

  it.each([
    { args: ['keys', 'disable', 'key_nobody'], code: 1, says: 'There is no key "key_nobody".' },
    { args: ['keys', 'create', '--expires', '2020-01-01'], code: 1, says: 'expires must be in the future.' },
    { args: ['keys', 'create', '--team', 'a#b'], code: 1, says: 'team must be' },
    { args: ['keys', 'create', '--rpm', 'many'], code: 2, says: "argument 'many' is invalid" },
    { args: ['quotas', 'set', 'org', '--budget-month=-5'], code: 2, says: "argument '-5' is invalid" },
    { args: ['quotas', 'set', 'org', '--budget-month', '9000001'], code: 1, says: 'must be at most 9000000' },
    { args: ['quotas', 'set', 'team:*', '--parallel', '10001'], code: 1, says: 'must be at most 10000' },
    { args: ['quotas', 'set', 'org', '--shards', '65'], code: 1, says: 'from 1 to 64' },
    { args: ['quotas', 'set', 'org', '--time-zone', 'Berlin'], code: 1, says: 'There is no time zone' },
    { args: ['quotas', 'set', 'tem:x', '--rpm', '1'], code: 1, says: 'There is no scope "tem:x"' },
    { args: ['quotas', 'set', 'team:x'], code: 2, says: 'Nothing to set' },
    { args: ['quotas', 'set', 'team:x', '--budget-day', '99999999'], code: 1, says: 'budget_day_usd must be at most' },
  ])('$args fails with $says', async ({ args, code, says }) => {
    const result = await tollgate(...args);
    expect(result.error).toContain(says);
    expect(result).toMatchObject({ code, out: '' });
  });

  it('note a model that the configuration does not have', async () => {
    const { code, error } = await tollgate('keys', 'create', '--models', 'smart,smrat,openai/anything');
    expect(code).toBe(0);
    expect(error).toBe('Note: the configuration in force has no model "smrat".\n');
  });
});

describe('quotas', () => {
  it('hold from the next request on, and are shown beside what is used', async () => {
    const { key } = await createKey('--team', 'limited');
    expect((await chat(key)).status).toBe(200);
    await json('quotas', 'set', 'team:limited', '--rpm', '2', '--budget-month', '5');
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key)).status).toBe(200);
    const refused = await chat(key);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

    const report = await json('quotas', 'show', 'team:limited');
    expect(report).toMatchObject({
      scope: 'team:limited',
      limits: { limit_rpm: 2, budget_month_usd: 5 },
      minute: { requests: 2 },
      inFlight: [],
      reservedUsd: 0,
    });
    expect((report as { month: { usd: number } }).month.usd).toBeGreaterThan(0);
    expect((await tollgate('quotas', 'show', 'team:limited')).out).toMatch(/requests, last minute +2 +2 +100% █/);

    await json('quotas', 'set', 'team:limited', '--rpm', 'none');
    expect(await json('quotas', 'show', 'team:limited')).toMatchObject({ limits: { budget_month_usd: 5 } });
    expect((await chat(key)).status).toBe(200);
  });

  it('of a key come with it', async () => {
    const { id, key } = await createKey('--rpm', '1', '--parallel', '3', '--budget-day', '0.5');
    expect((await chat(key)).status).toBe(200);
    expect((await chat(key)).status).toBe(429);
    const listed = (await json('quotas', 'list')) as { scope: string; limits: object }[];
    expect(listed.find(({ scope }) => scope === `key:${id}`)?.limits).toEqual({
      limit_rpm: 1,
      limit_parallel: 3,
      budget_day_usd: 0.5,
    });
    expect(listed.map(({ scope }) => scope)).toEqual(
      listed.map(({ scope }) => scope).sort((a, b) => a.localeCompare(b)),
    );
  });

  it('of a scope that nothing touched are none', async () => {
    expect(await json('quotas', 'show', 'app:nobody')).toMatchObject({ scope: 'app:nobody', limits: {}, inFlight: [] });
  });
});

describe('secrets', () => {
  it('are taken from standard input, whole', async () => {
    const result = await pipe('sk-canary\n', ['secrets', 'set', 'openai', '-', '--data', stack.data]);
    expect(result).toEqual({
      code: 0,
      stdout:
        'Stored a key as tollgate/openai. Start the local stack again, to have openai answer instead of a simulation.\n',
      stderr: '',
    });
  });
});

describe('config', () => {
  it('shows what is in force', async () => {
    const shown = (await json('config', 'show')) as { models: object; providers: { openai: { baseUrl: string } } };
    expect(Object.keys(shown.models)).toEqual(['smart', 'kept', 'other']);
    expect(shown.providers.openai.baseUrl).toContain(stack.info.endpoints.providers);
  });

  it('finds the default configuration good', async () => {
    const { code, out } = await tollgate('config', 'check', 'gateway.yaml');
    expect(out).toMatch(/gateway\.yaml is valid: \d+ providers, \d+ models/);
    expect(code).toBe(0);
  });
});

describe('the log', () => {
  it('stands beside the budgets that the meters have', async () => {
    const { key } = await createKey('--team', 'thrifty');
    expect((await tollgate('quotas', 'set', 'team:thrifty', '--budget-month', '5')).code).toBe(0);
    expect((await chat(key)).status).toBe(200);
    await vi.waitFor(
      async () => {
        const rows = (await json('query', '--name', 'month-against-budget')) as readonly object[];
        expect(rows).toContainEqual(
          expect.objectContaining({ name: 'thrifty', budget_usd: 5, state: 'ok', spent_usd: expect.any(Number) }),
        );
      },
      { timeout: 30_000, interval: 250 },
    );
  });

  it('gives the examples of a dataset, redacted', async () => {
    const { key } = await createKey('--app', 'letters');
    const answer = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'kept',
        messages: [{ role: 'user', content: 'Write to ada@example.com, please' }],
      }),
    });
    const { choices } = (await answer.json()) as { choices: readonly [{ message: { content: string } }] };
    const out = join(tempDir(), 'letters.jsonl');
    await vi.waitFor(
      async () => {
        const args = ['dataset', 'export', '--where', "app = 'letters'", '--out', out, '--force'];
        expect(await json(...args)).toEqual({ file: out, examples: 1, leftOut: {} });
      },
      { timeout: 30_000, interval: 250 },
    );
    const { messages } = JSON.parse(readFileSync(out, 'utf8'));
    expect(messages[0]).toEqual({ role: 'user', content: expect.stringMatching(/^Write to (?!ada).*, please$/) });
    expect(messages[1].role).toBe('assistant');
    expect(choices[0].message.content.length).toBeGreaterThan(0);
  });
});

it('says so when the stack has stopped, and still reads what it left', async () => {
  const data = tempDir();
  const { close } = await startLocalStack({ data });
  await close();
  const list = await runCommand(['quotas', 'list', '--data', data]);
  expect(list).toEqual({
    code: 1,
    out: '',
    error: 'tollgate: The local stack is not running. Start it with: npm start\n',
  });
  expect(await runCommand(['query', 'select count(*) as n from requests', '--data', data, '--json'])).toEqual({
    code: 0,
    out: '[{"n":0}]\n',
    error: '',
  });
});

async function pipe(input: string, args: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(root, 'bin/tollgate.ts'), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
