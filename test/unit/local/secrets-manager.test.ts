import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSecretsManager } from '../../../local/secrets-manager.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function start(file: string, standIns: { readonly [name: string]: string } = {}) {
  const emulator = await startSecretsManager({ port: 0, file, standIns });
  const client = new SecretsManagerClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await emulator.close();
  });
  const read = async (id: string) => (await client.send(new GetSecretValueCommand({ SecretId: id }))).SecretString;
  const create = (name: string, text: string, token?: string) =>
    client.send(new CreateSecretCommand({ Name: name, SecretString: text, ClientRequestToken: token }));
  const put = (id: string, text: string) =>
    client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));
  return { client, read, create, put };
}

describe('secrets', () => {
  it('are created, read by name and ARN, replaced, and outlive the process', async () => {
    const file = join(tempDir(), 'folder', 'secrets.json');
    const { client, read, create, put } = await start(file);
    const { ARN, VersionId } = await create('tollgate/openai', 'sk-1');
    expect(await read('tollgate/openai')).toBe('sk-1');
    expect(await read(ARN ?? '')).toBe('sk-1');
    const replaced = await put('tollgate/openai', 'sk-2');
    expect(replaced).toMatchObject({ ARN, Name: 'tollgate/openai', VersionStages: ['AWSCURRENT'] });
    expect(replaced.VersionId).not.toBe(VersionId);
    expect(await read('tollgate/openai')).toBe('sk-2');
    const again = await start(file);
    const value = await again.client.send(new GetSecretValueCommand({ SecretId: 'tollgate/openai' }));
    expect(value).toMatchObject({ ARN, SecretString: 'sk-2', VersionStages: ['AWSCURRENT'] });
    expect(value.CreatedDate).toBeInstanceOf(Date);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'tollgate/openai' }));
    expect(described).toMatchObject({ ARN, VersionIdsToStages: { [replaced.VersionId ?? '']: ['AWSCURRENT'] } });
    expect(JSON.stringify(described)).not.toContain('sk-2');
    expect((await client.send(new ListSecretsCommand({}))).SecretList).toMatchObject([{ Name: 'tollgate/openai' }]);
  });

  it('may be bytes', async () => {
    const { client } = await start(join(tempDir(), 'secrets.json'));
    const SecretBinary = Buffer.from([0, 255, 1]);
    await client.send(new CreateSecretCommand({ Name: 'binary', SecretBinary }));
    const value = await client.send(new GetSecretValueCommand({ SecretId: 'binary' }));
    expect(Buffer.from(value.SecretBinary ?? [])).toEqual(SecretBinary);
    expect(value.SecretString).toBeUndefined();
  });

  it('are read in batches, with an error for each that is missing', async () => {
    const { client, create } = await start(join(tempDir(), 'secrets.json'));
    await create('a', '1');
    await create('b', '2');
    const batch = (ids: string[]) => client.send(new BatchGetSecretValueCommand({ SecretIdList: ids }));
    const answer = await batch(['a', 'missing', 'b']);
    expect(answer.SecretValues?.map((item) => [item.Name, item.SecretString])).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(answer.Errors).toMatchObject([{ SecretId: 'missing', ErrorCode: 'ResourceNotFoundException' }]);
    await expect(batch(Array(21).fill('a'))).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('fail as in AWS', async () => {
    const { client, read, create, put } = await start(join(tempDir(), 'secrets.json'));
    await expect(read('missing')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(put('missing', 'x')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const token = 'a'.repeat(32);
    const first = await create('a', '1', token);
    expect(await create('a', '1', token)).toMatchObject({ VersionId: first.VersionId });
    await expect(create('a', '2', token)).rejects.toMatchObject({ name: 'ResourceExistsException' });
    await expect(create('a', '1')).rejects.toMatchObject({ name: 'ResourceExistsException' });
    await expect(create('not a name', '1')).rejects.toMatchObject({ name: 'ValidationException' });
    const older = new GetSecretValueCommand({ SecretId: 'a', VersionStage: 'AWSPREVIOUS' });
    await expect(client.send(older)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const nothing = new PutSecretValueCommand({ SecretId: 'a' });
    await expect(client.send(nothing)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect(await read('a')).toBe('1');
  });
});

describe('stand-ins', () => {
  it('are read, never stored, and give way to a secret of the same name', async () => {
    const file = join(tempDir(), 'secrets.json');
    const { client, read, create, put } = await start(file, { 'tollgate/openai': 'simulated' });
    expect(await read('tollgate/openai')).toBe('simulated');
    expect((await client.send(new ListSecretsCommand({}))).SecretList).toEqual([]);
    await expect(put('tollgate/openai', 'x')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await create('tollgate/openai', 'sk-real');
    expect(await read('tollgate/openai')).toBe('sk-real');
    expect(readFileSync(file, 'utf8')).not.toContain('simulated');
  });
});

describe('a damaged file', () => {
  it.each(['{"secrets": [', '{"secrets": [{"Name": "sk-secret"}]}'])(
    'is named, without what is in it: %s',
    async (text) => {
      const file = join(tempDir(), 'secrets.json');
      writeFileSync(file, text);
      const error = await startSecretsManager({ port: 0, file }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toContain(file);
      expect(`${(error as Error).stack} ${String((error as Error).cause)}`).not.toContain('sk-secret');
    },
  );
});
