/**
 * A table of its own on a DynamoDB over HTTP: the emulator of `npm start`, or whatever answers at
 * TOLLGATE_TEST_DYNAMODB (Amazon's DynamoDB Local), so that the same tests run against both.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Attribute, Item, Value } from '../../functions/ledger/attributes.ts';
import { meterKey } from '../../functions/table.ts';
import { createTable, startDynamoDb } from '../../local/dynamodb.ts';

export interface TestTable {
  readonly table: string;
  /** Of the emulator. */
  readonly endpoint: string;
  /** A new one each time: with its own connections, as another process would have. No retries, as in the gateway. */
  client(): DynamoDBClient;
  /** What an operator does in the console. `undefined` removes an attribute. */
  edit(scope: string, attributes: { readonly [name: string]: Value | undefined }): Promise<void>;
  put(item: Record<string, Value>): Promise<void>;
  remove(pk: string, sk: string): Promise<void>;
  item(pk: string, sk: string): Promise<{ readonly [name: string]: Attribute } | undefined>;
  items(): Promise<readonly Item[]>;
  /** Sort keys of the reservations that are open. */
  openRecords(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function startTestTable(options: { readonly apart?: boolean } = {}): Promise<TestTable> {
  const external = process.env.TOLLGATE_TEST_DYNAMODB;
  const table = `tollgate-${randomUUID()}`;
  const dir = mkdtempSync(join(tmpdir(), 'tollgate-dynamodb-'));
  const start = options.apart ? startApart : startDynamoDb;
  const emulator = external === undefined ? await start({ port: 0, dir, table }) : undefined;
  const endpoint = emulator?.url ?? external ?? '';
  if (emulator === undefined) await createTable(endpoint, table);
  const clients: DynamoDBClient[] = [];
  const client = (): DynamoDBClient => {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const made = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    clients.push(made);
    return made;
  };
  const own = client();

  const items = async (): Promise<readonly Item[]> => {
    const { Items = [] } = await own.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
    return Items;
  };

  return {
    table,
    endpoint,
    items,
    client,
    async edit(scope, attributes) {
      const { pk, sk } = meterKey(scope);
      const entries = Object.entries(attributes);
      const set = entries.flatMap(([name, value], index) => (value === undefined ? [] : [{ name, value, index }]));
      const removed = entries.flatMap(([, value], index) => (value === undefined ? [`#n${index}`] : []));
      await own.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { pk: { S: pk }, sk: { S: sk } },
          UpdateExpression: [
            ...(set.length === 0 ? [] : [`SET ${set.map(({ index }) => `#n${index} = :v${index}`).join(', ')}`]),
            ...(removed.length === 0 ? [] : [`REMOVE ${removed.join(', ')}`]),
          ].join(' '),
          ExpressionAttributeNames: Object.fromEntries(entries.map(([name], index) => [`#n${index}`, name])),
          ...(set.length === 0
            ? {}
            : { ExpressionAttributeValues: Object.fromEntries(set.map(({ value, index }) => [`:v${index}`, value])) }),
        }),
      );
    },
    async put(item) {
      await own.send(new PutItemCommand({ TableName: table, Item: item }));
    },
    async remove(pk, sk) {
      await own.send(new DeleteItemCommand({ TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } }));
    },
    async item(pk, sk) {
      const key = { pk: { S: pk }, sk: { S: sk } };
      return (await own.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }))).Item;
    },
    async openRecords() {
      return (await items()).filter(({ pk }) => pk?.S?.startsWith('open#')).map(({ sk }) => sk?.S ?? '');
    },
    async close() {
      for (const made of clients) made.destroy();
      await emulator?.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** In a process of its own. */
async function startApart({ dir, table }: { readonly dir: string; readonly table: string }) {
  const script = fileURLToPath(new URL('./dynamodb-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dir, table], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [url] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error('The emulator did not start.'))),
  ]);
  return {
    url: String(url),
    async close() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
