/** Secrets of providers: when they are read, and those that nobody has set: left out, named in the log, soon back. */
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createKey } from '../../functions/adapters/key-admin.ts';
import { createChatUpstream } from '../support/chat-upstream.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { adminOf, type Fleet, type GatewayProcess, startFleet } from '../support/gateway-fleet.ts';

const ABSENT = { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', secret: 'absent' };
const upstream = createChatUpstream();
let fleet: Fleet;
let gateway: GatewayProcess;
let key: string;
let log = '';
beforeAll(async () => {
  fleet = await startFleet(upstream.handle, {
    providers: { absent: ABSENT, late: { ...ABSENT, secret: 'late' } },
    models: {
      both: {
        targets: [{ provider: 'absent', model: 'm' }],
        fallbacks: [{ provider: 'upstream', model: 'quick' }],
        attempts: 1,
      },
      alone: { targets: [{ provider: 'absent', model: 'm' }] },
      present: { targets: [{ provider: 'upstream', model: 'quick' }] },
      late: { targets: [{ provider: 'late', model: 'quick' }], attempts: 1 },
    },
  });
  gateway = await fleet.start({ patient: true });
  gateway.child.stdout?.on('data', (text) => {
    log += text;
  });
  ({ key } = await createKey(adminOf(fleet.table)));
});
afterAll(() => fleet?.close());

async function ask(model: string, by = key, at = gateway) {
  const response = await fetch(`${at.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${by}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Say [hello]' }] }),
  });
  const header = (name: string) => response.headers.get(`x-tollgate-${name}`);
  return {
    status: response.status,
    route: header('route'),
    attempts: header('attempts'),
    body: (await response.json()) as { readonly error?: { readonly code: string; readonly message: string } },
  };
}

const warnings = (provider: string): readonly object[] =>
  log
    .split('\n')
    .filter((line) => line.includes('"metric":"ProviderKeyMissing"') && line.includes(`"provider":"${provider}"`))
    .map((line) => JSON.parse(line) as object);

it('goes to the next target, at the cost of no attempt, and says why', async () => {
  for (let round = 0; round < 3; round += 1) {
    expect(await ask('both')).toMatchObject({
      status: 200,
      route: 'absent/m!no-key, upstream/quick',
      attempts: '1',
    });
  }
  await expect.poll(() => warnings('absent')).not.toEqual([]);
});

it('answers 503 that says what to do where there is no other target, again and again', async () => {
  for (let round = 0; round < 3; round += 1) {
    expect(await ask('alone')).toMatchObject({
      status: 503,
      route: 'absent/m!no-key',
      body: {
        error: { code: 'provider_misconfigured', message: expect.stringContaining('tollgate secrets set absent') },
      },
    });
  }
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200);
});

it('has told the operator once, and the rows of the reason', async () => {
  expect(warnings('absent')).toMatchObject([
    { level: 'warn', provider: 'absent', secret: 'absent', reason: expect.stringContaining('tollgate/absent') },
  ]);
  expect(log).not.toContain('cannot be used as it is set up');
  await vi.waitFor(async () => expect(await fleet.rows(`model = 'alone'`)).toHaveLength(3), { timeout: 20_000 });
  const rows = await fleet.rows(`model = 'alone'`);
  expect(rows.map(({ route }) => route)).toEqual(Array(3).fill('absent/m!no-key'));
});

it('looks again within seconds after the secret was set', async () => {
  expect(await ask('late')).toMatchObject({ status: 503, body: { error: { code: 'provider_misconfigured' } } });
  const { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint } = fleet.environment;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SecretsManagerClient({ endpoint: endpoint ?? '', region: 'us-east-1', credentials });
  await client.send(new CreateSecretCommand({ Name: 'tollgate/late', SecretString: 'sk-late' }));
  client.destroy();
  // Nothing listens there: with a key it is tried, and cannot be reached.
  await vi.waitFor(
    async () => expect(await ask('late')).toMatchObject({ status: 502, route: 'late/quick', attempts: '1' }),
    { timeout: 15_000, interval: 500 },
  );
});

it('is read beside the reservation, by a process that starts: also where that has no room', async () => {
  const secrets = await startFaultProxy(fleet.environment.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '');
  try {
    const cold = await fleet.start({ patient: true, env: { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url } });
    const closed = await createKey({ ...adminOf(fleet.table), limits: { limit_parallel: 0 } });
    expect(await ask('present', closed.key, cold)).toMatchObject({ status: 429 });
    await vi.waitFor(() => expect(secrets.calls()).toBe(1));
    expect(await ask('present', key, cold)).toMatchObject({ status: 200 });
    expect(secrets.calls()).toBe(1);
  } finally {
    await secrets.close();
  }
});
