import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseProviderKeys } from '../../../functions/adapters/parse-provider-keys.ts';
import { createSecretStore } from '../../../functions/adapters/secret-store.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { startSecretsManager } from '../../../local/secrets-manager.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** The emulator behind a counter that can break it: what is asked, and what an outage does. */
async function start() {
  const manager = await startSecretsManager({ port: 0, file: join(tempDir(), 'secrets.json') });
  const state = { reads: 0, down: false };
  const server = createServer(async (request, response) => {
    const isRead = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue';
    if (isRead) state.reads += 1;
    if (isRead && state.down) {
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.1' });
      response.end('{"__type":"InternalServiceError","message":"account 123456789012 is on fire"}');
      return;
    }
    const body = await text(request);
    const headers = { 'x-amz-target': String(request.headers['x-amz-target']) };
    const reply = await fetch(manager.url, { method: 'POST', headers, body });
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(await reply.text());
  });
  const endpoint = await listen(server, { port: 0 });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SecretsManagerClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    server.closeAllConnections();
    await closeServer(server);
    await manager.close();
  });
  let nowMs = 1_000_000;
  const stale: string[] = [];
  const store = createSecretStore({
    client,
    prefix: 'tollgate',
    clock: { now: () => nowMs },
    onStale: (secret, error) => stale.push(`${secret}: ${error.message}`),
  });
  const created = new Set<string>();
  return {
    store,
    state,
    stale,
    pass: (ms: number) => {
      nowMs += ms;
    },
    async set(name: string, SecretString: string) {
      const id = `tollgate/${name}`;
      if (created.has(name)) await client.send(new PutSecretValueCommand({ SecretId: id, SecretString }));
      else await client.send(new CreateSecretCommand({ Name: id, SecretString }));
      created.add(name);
    },
  };
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GatewayError) return error;
  throw new Error('A GatewayError was expected.', { cause: error });
}

describe('the secret store', () => {
  test('reads one key or several', async () => {
    const { store, set } = await start();
    await set('openai', 'sk-one\n');
    await set('anthropic', '{"keys": ["sk-a", "sk-b", "sk-a"]}');
    expect(await store.providerKeys('openai')).toEqual(['sk-one']);
    expect(await store.providerKeys('anthropic')).toEqual(['sk-a', 'sk-b']);
  });

  test('asks once for many who want the same, and not again for ten minutes', async () => {
    const { store, set, state, pass } = await start();
    await set('openai', 'sk-one');
    await Promise.all(Array.from({ length: 50 }, () => store.providerKeys('openai')));
    pass(599_999);
    await store.providerKeys('openai');
    expect(state.reads).toBe(1);
  });

  test('serves what it has while it looks again', async () => {
    const { store, set, state, pass } = await start();
    await set('openai', 'sk-one');
    await store.providerKeys('openai');
    await set('openai', 'sk-two');
    pass(600_000);
    expect(await store.providerKeys('openai')).toEqual(['sk-one']);
    await expect.poll(() => store.providerKeys('openai')).toEqual(['sk-two']);
    expect(state.reads).toBe(2);
  });

  test('looks again at once when it is told to, but not at every 401', async () => {
    const { store, set, state, pass } = await start();
    await set('openai', 'sk-one');
    await store.providerKeys('openai');
    await set('openai', 'sk-two');
    pass(4_999);
    expect(await store.providerKeys('openai', { refresh: true })).toEqual(['sk-one']);
    pass(1);
    const all = await Promise.all([1, 2, 3].map(() => store.providerKeys('openai', { refresh: true })));
    expect(all).toEqual([['sk-two'], ['sk-two'], ['sk-two']]);
    expect(state.reads).toBe(2);
  });

  test('names a secret that is missing, and how to set it, and sees it soon after it is set', async () => {
    const { store, set, state, pass } = await start();
    const error = await failure(store.providerKeys('openai'));
    expect(error.kind).toBe('misconfigured');
    expect(error.publicMessage).toBe(
      'The secret tollgate/openai does not exist, or has never been set. Set it with: npx tollgate secrets set openai -',
    );
    await set('openai', 'sk-one');
    expect((await failure(store.providerKeys('openai'))).message).toBe(error.message);
    expect(store.failure('openai')?.message).toBe(error.message);
    expect(store.failure('anthropic')).toBeUndefined();
    expect(state.reads).toBe(1);
    pass(5_000);
    expect(store.failure('openai')).toBeUndefined();
    expect(await store.providerKeys('openai')).toEqual(['sk-one']);
    expect(store.failure('openai')).toBeUndefined();
  });

  test('goes on with the old keys while Secrets Manager is down, and says so', async () => {
    const { store, set, state, stale, pass } = await start();
    await set('openai', 'sk-one');
    await store.providerKeys('openai');
    state.down = true;
    pass(600_000);
    expect(await store.providerKeys('openai')).toEqual(['sk-one']);
    await expect.poll(() => stale).toHaveLength(1);
    expect(stale[0]).toContain('tollgate/openai');
    // No new call for each request in the meantime.
    await store.providerKeys('openai');
    expect(state.reads).toBe(2);
    pass(5_000);
    expect(await store.providerKeys('openai', { refresh: true })).toEqual(['sk-one']);
    expect(state.reads).toBe(3);
    state.down = false;
    await set('openai', 'sk-two');
    pass(5_000);
    await store.providerKeys('openai');
    await expect.poll(() => store.providerKeys('openai')).toEqual(['sk-two']);
  });

  test('no longer uses keys that were taken away', async () => {
    const { store, set, pass } = await start();
    await set('openai', 'sk-one');
    await store.providerKeys('openai');
    await set('openai', '{"keys": []}');
    pass(5_000);
    expect((await failure(store.providerKeys('openai', { refresh: true }))).message).toContain('holds no key');
    expect((await failure(store.providerKeys('openai'))).kind).toBe('misconfigured');
  });

  test('never shows a value, nor what only the operator may know', async () => {
    const { store, set, state } = await start();
    const secret = 'sk-canary-7f3a';
    const messages: string[] = [];
    for (const [index, value] of [`{"key": "${secret}"}`, `{"keys": ["${secret}"`, `${secret} ${secret}`].entries()) {
      await set(`s${index}`, value);
      const error = await failure(store.providerKeys(`s${index}`));
      messages.push(error.message, String(error.cause), JSON.stringify(error));
    }
    state.down = true;
    const error = await failure(store.providerKeys('down'));
    expect(error.publicMessage).toMatch(/could not be read from Secrets Manager \(InternalServiceError\)/);
    messages.push(error.publicMessage);
    for (const message of messages) expect(message).not.toMatch(/canary|123456789012/);
  });
});

describe("a secret's text", () => {
  test.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['{}', 'is neither'],
    ['{"keys": "sk-a"}', 'is neither'],
    ['{"keys": [1]}', 'is neither'],
    ['{"keys": [" ", ""]}', 'holds no key'],
    ['two words', 'holds a character'],
    ['sk-“quoted”', 'holds a character'],
    ['{"keys": ["sk-a", "sk\\nb"]}', 'holds a character'],
  ])('%j is refused', (value, problem) => {
    const parsed = parseProviderKeys(value);
    expect(parsed.ok ? '' : parsed.problem).toContain(problem);
  });
});
