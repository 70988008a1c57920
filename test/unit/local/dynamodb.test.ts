import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDynamoDb } from '../../../local/dynamodb.ts';
import { tempDir } from '../../support/temp-dir.ts';

const TableName = 'tollgate';

async function start(dir: string) {
  const emulator = await startDynamoDb({ port: 0, dir, table: TableName });
  const client = new DynamoDBClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= emulator.close();
    return closed;
  };
  onTestFinished(async () => {
    client.destroy();
    await close();
  });
  const write = (pk: string, kind?: string) =>
    client.send(
      new PutItemCommand({ TableName, Item: { pk: { S: pk }, sk: { S: 's' }, ...(kind && { kind: { S: kind } }) } }),
    );
  const read = async (pk: string) =>
    (await client.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: 's' } } }))).Item;
  return { url: emulator.url, client, close, write, read };
}

describe('the table', () => {
  it('is made once, active, with its index, and outlives the process', async () => {
    const dir = join(tempDir(), 'data', 'dynamodb');
    const first = await start(dir);
    const { Table } = await first.client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [{ IndexName: 'kind', Projection: { ProjectionType: 'KEYS_ONLY' } }],
    });
    await first.write('a', 'meter');
    await first.write('b');
    await first.close();
    const second = await start(dir);
    expect(await second.read('a')).toMatchObject({ kind: { S: 'meter' } });
    const { Items } = await second.client.send(
      new QueryCommand({
        TableName,
        IndexName: 'kind',
        KeyConditionExpression: 'kind = :k',
        ExpressionAttributeValues: { ':k': { S: 'meter' } },
      }),
    );
    expect(Items).toMatchObject([{ pk: { S: 'a' } }]);
  });

  it('holds its conditions when many write at once', async () => {
    const { client } = await start(tempDir());
    const add = new UpdateItemCommand({
      TableName,
      Key: { pk: { S: 'n' }, sk: { S: 's' } },
      UpdateExpression: 'ADD used :one',
      ConditionExpression: 'attribute_not_exists(used) OR used < :limit',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':limit': { N: '30' } },
    });
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => client.send(add)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(30);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConditionalCheckFailedException);
    }
  });
});

describe('a client that leaves', () => {
  it('in the middle of its request takes nothing down', async () => {
    const { url, write, read } = await start(tempDir());
    const request = httpRequest(url, { method: 'POST', headers: { 'content-length': 1_000 } });
    request.on('error', () => undefined);
    request.write('{"TableName":');
    await delay(50);
    request.destroy();
    await delay(50);
    await write('a');
    expect(await read('a')).toBeDefined();
  });
});

describe('the data folder', () => {
  it('is refused to a second process, by name', async () => {
    const dir = tempDir();
    const { write, read } = await start(dir);
    await expect(startDynamoDb({ port: 0, dir, table: TableName })).rejects.toMatchObject({
      name: 'FolderBusyError',
      message: `Another process is using ${dir}.`,
    });
    await write('still-works');
    expect(await read('still-works')).toBeDefined();
  });

  /** A folder as a clean stop, a new start and a kill leave it: with a table file and a log that has content. */
  async function used(): Promise<string> {
    const live = join(tempDir(), 'live');
    const first = await start(live);
    for (let index = 0; index < 50; index += 1) await first.write(`first-${index}`);
    await first.close();
    const second = await start(live);
    for (let index = 0; index < 50; index += 1) await second.write(`second-${index}`);
    const copy = join(tempDir(), 'killed');
    cpSync(live, copy, { recursive: true });
    return copy;
  }
  const find = (dir: string, pattern: RegExp) => {
    const name = readdirSync(dir).find((entry) => pattern.test(entry));
    if (name === undefined) throw new Error(`${dir} has no file like ${String(pattern)}`);
    return join(dir, name);
  };
  const spoil = (file: string) => writeFileSync(file, Buffer.alloc(readFileSync(file).length, 'garbage!'));

  it('is whole after a kill', async () => {
    const { read } = await start(await used());
    expect(await read('first-49')).toBeDefined();
    expect(await read('second-49')).toBeDefined();
  });

  it.each([
    ['a table file', /\.ldb$/],
    ['the manifest', /^MANIFEST-/],
    ['the pointer to it', /^CURRENT$/],
    ['the log', /^\d+\.log$/],
  ])('is refused with garbage in %s, by name and with what to do', async (_what, pattern) => {
    const dir = await used();
    spoil(find(dir, pattern));
    const attempt = () => startDynamoDb({ port: 0, dir, table: TableName });
    await expect(attempt()).rejects.toThrow(new RegExp(`The tables in ${dir} cannot be read: .*delete it to start`));
    await expect(attempt()).rejects.toThrow('cannot be read');
  });

  it('is refused where its pointer is gone, and not begun anew', async () => {
    const dir = await used();
    rmSync(join(dir, 'CURRENT'));
    await expect(startDynamoDb({ port: 0, dir, table: TableName })).rejects.toThrow('CURRENT is missing');
  });

  it('is refused where a record of its log is damaged, until someone says to go on', async () => {
    const dir = await used();
    const log = find(dir, /^\d+\.log$/);
    const bytes = readFileSync(log);
    bytes.writeUInt8(bytes.readUInt8(60) ^ 0xff, 60);
    writeFileSync(log, bytes);
    const attempt = () => startDynamoDb({ port: 0, dir, table: TableName });
    await expect(attempt()).rejects.toThrow(/are damaged: \d+ bytes .* could not be read/);
    await expect(attempt()).rejects.toThrow(`Delete ${join(dir, 'DAMAGED')} to go on with what is left`);
    rmSync(join(dir, 'DAMAGED'));
    const { read } = await start(dir);
    expect(await read('first-49')).toBeDefined();
  });

  it('is whole where its log only ends too early, as after a power cut', async () => {
    const dir = await used();
    const log = find(dir, /^\d+\.log$/);
    truncateSync(log, readFileSync(log).length - 20);
    const { read } = await start(dir);
    expect(await read('first-49')).toBeDefined();
    expect(await read('second-48')).toBeDefined();
    expect(await read('second-49')).toBeUndefined();
  });

  it('may be new and empty', async () => {
    const dir = join(tempDir(), 'empty');
    mkdirSync(dir);
    await start(dir);
  });
});
