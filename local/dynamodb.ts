/** DynamoDB on loopback: dynalite in this process, its tables on disk, the gateway's table created where it is missing. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { PassThrough } from 'node:stream';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { TABLE } from '../functions/table.ts';
import type { Emulator } from './aws-json.ts';
import { checkDataFolder } from './data-folder.ts';
import { closeServer, listen } from './listen.ts';

export interface DynamoDbOptions {
  readonly host?: string;
  readonly port: number;
  /** Where LevelDB keeps the tables. */
  readonly dir: string;
  readonly table: string;
}

export async function startDynamoDb(options: DynamoDbOptions): Promise<Emulator> {
  await checkDataFolder(options.dir);
  const database = dynalite({ path: options.dir, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const server = createFront(database);
  const close = async (): Promise<void> => {
    await closeServer(server);
    await closeDatabase(database);
  };
  try {
    const url = await listen(server, options);
    await createTable(url, options.table);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * dynalite throws where its client leaves in the middle of a request, which would end this process. So requests are
 * read whole here, and handed to it as ones that cannot break.
 */
function createFront(database: Server): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined); // The client left: nobody waits for an answer.
    request.on('end', () => {
      const { method, url, headers } = request;
      const whole: Pick<IncomingMessage, 'method' | 'url' | 'headers'> & PassThrough = Object.assign(
        new PassThrough(),
        { method, url, headers },
      );
      whole.end(Buffer.concat(chunks));
      database.emit('request', whole, response);
    });
  });
}

/** dynalite hangs its database on the closing of its server, which has to have listened to be closed. */
async function closeDatabase(database: Server): Promise<void> {
  await listen(database, { port: 0 });
  await new Promise<void>((resolve, reject) => {
    database.close((error) => (error ? reject(error) : resolve()));
  });
}

/** The gateway's table, where it is missing. */
export async function createTable(endpoint: string, name: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  try {
    while ((await tableStatus(client, name)) !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    client.destroy();
  }
}

async function tableStatus(client: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    const { partitionKey, sortKey, kindIndex } = TABLE;
    const names = new Set([partitionKey, sortKey, kindIndex.partitionKey, kindIndex.sortKey]);
    const created = await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [...names].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: keySchema(partitionKey, sortKey),
        GlobalSecondaryIndexes: [
          {
            IndexName: kindIndex.name,
            KeySchema: keySchema(kindIndex.partitionKey, kindIndex.sortKey),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    );
    return created.TableDescription?.TableStatus;
  }
}

function keySchema(partitionKey: string, sortKey: string) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}
