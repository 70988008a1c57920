import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSecretsManager } from '../../../local/secrets-manager.ts';
import { dataFolder, runCommand } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';

const CONFIG = {
  providers: {
    openai: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:1/openai', secret: 'openai' },
    real: { dialect: 'openai-chat', baseUrl: 'https://real.example/v1', secret: 'real' },
  },
};

/** A data folder in front of a Secrets Manager; the provider `openai` is simulated. */
async function withSecrets() {
  const dir = tempDir();
  const server = await startSecretsManager({ port: 0, file: join(dir, 'secrets.json') });
  onTestFinished(() => server.close());
  const nowhere = 'http://127.0.0.1:1';
  const endpoints = { dynamodb: nowhere, firehose: nowhere, providers: nowhere, secretsManager: server.url };
  const config = join(dir, 'gateway.json');
  writeFileSync(config, JSON.stringify(CONFIG));
  const data = dataFolder({ endpoints, config });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials });
  onTestFinished(() => client.destroy());
  const stored = async (name: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
  return { data, stored };
}

describe('secrets set', () => {
  it('creates, replaces, and shows no value', async () => {
    const { data, stored } = await withSecrets();
    const first = await runCommand(['secrets', 'set', 'real', 'sk-canary-1', '--data', data]);
    expect(first).toMatchObject({ code: 0, error: '' });
    expect(first.out).toMatch(/^Stored a key as tollgate\/real\. It is in force within/);
    expect(await stored('tollgate/real')).toBe('sk-canary-1');

    const second = await runCommand(['secrets', 'set', 'real', '-', '--data', data, '--json'], {
      secret: 'sk-canary-2\n',
    });
    expect(JSON.parse(second.out)).toEqual({ name: 'real', secret: 'tollgate/real', keys: 1 });
    expect(await stored('tollgate/real')).toBe('sk-canary-2');
    for (const { out, error } of [first, second]) expect(out + error).not.toContain('canary');
  });

  it('takes several keys', async () => {
    const { data, stored } = await withSecrets();
    const value = '{"keys": ["sk-1", "sk-2"]}';
    expect((await runCommand(['secrets', 'set', 'real', value, '--data', data])).out).toMatch(/^Stored 2 keys as/);
    expect(await stored('tollgate/real')).toBe(value);
  });

  it('says what it takes until the key is used', async () => {
    const { data } = await withSecrets();
    expect((await runCommand(['secrets', 'set', 'openai', 'sk-1', '--data', data])).out).toContain(
      'Start the local stack again, to have openai answer instead of a simulation.',
    );
    expect((await runCommand(['secrets', 'set', 'openia', 'sk-1', '--data', data])).out).toContain(
      'No provider of the configuration in force uses it (they use: openai, real).',
    );
  });

  it.each([
    { value: '-', secret: '', says: 'is empty' },
    { value: '-', secret: 'sk-canary one', says: 'holds a character that no key has' },
    { value: '{"keys": ["sk-canary"', says: 'is neither a plain key nor {"keys": ["…"]}' },
    { value: '{"keys": []}', says: 'holds no key' },
  ])('refuses $value with $says, quoting nothing', async ({ value, secret = '', says }) => {
    const result = await runCommand(['secrets', 'set', 'real', value, '--data', dataFolder(), '--debug'], { secret });
    expect(result).toMatchObject({ code: 1, out: '' });
    expect(result.error).toContain(says);
    expect(result.error).not.toContain('canary');
  });

  it('shows no value where there are too many', async () => {
    const result = await runCommand(['secrets', 'set', 'real', 'sk-canary', 'sk-canary-2', '--data', dataFolder()]);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.error).toContain('Too many arguments');
    expect(result.error).not.toContain('canary');
  });

  it('refuses a name that no secret can have', async () => {
    const result = await runCommand(['secrets', 'set', 'a/b', 'sk-1', '--data', dataFolder()]);
    expect(result.code).toBe(2);
    expect(result.error).toContain("'a/b' is invalid");
  });
});
