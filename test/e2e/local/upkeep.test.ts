import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDynamoLedger } from '../../../functions/adapters/dynamo-ledger.ts';
import { type LocalStackProcess, startLocalStack } from '../../support/local-stack.ts';

let stack: LocalStackProcess;
let client: DynamoDBClient;
beforeAll(async () => {
  stack = await startLocalStack();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: stack.info.endpoints.dynamodb, region: stack.info.region, credentials });
});
afterAll(async () => {
  client?.destroy();
  await stack?.close();
});

it('ends what a dead process left, by itself; and the meters can be held to the log', async () => {
  await stack.json('quotas', 'set', 'team:dead', '--budget-month', '10');
  const ledger = createDynamoLedger({ client, table: stack.info.table });
  const nowMs = Date.now() - 5 * 60_000;
  const result = await ledger.reserve({
    requestId: 'req_whose_process_died',
    scopes: ['team:dead', 'org'],
    nowMs,
    expiresAtMs: nowMs + 60_000,
    tokens: 5,
    costNano: 250_000_000,
    about: { team: 'dead', api: 'chat.completions' },
  });
  expect(result.outcome).toBe('admitted');
  const lost = async () => stack.json<object[]>('query', `SELECT * FROM requests WHERE outcome = 'lost'`);
  for (let round = 0; round < 60 && (await lost()).length === 0; round += 1) await sleep(500);
  expect(await lost()).toMatchObject([{ request_id: 'req_whose_process_died', team: 'dead', cost_usd: 0.25 }]);
  expect(await stack.json('quotas', 'show', 'team:dead')).toMatchObject({
    inFlight: [],
    reservedUsd: 0,
    month: { usd: 0.25 },
  });

  const states = async (...args: string[]) =>
    Object.fromEntries(
      (await stack.json<{ scope: string; state: string }[]>('quotas', 'reconcile', ...args)).map(({ scope, state }) => [
        scope,
        state,
      ]),
    );
  expect(await states()).toMatchObject({ 'team:dead': 'same', org: 'same' });
  await client.send(
    new UpdateItemCommand({
      TableName: stack.info.table,
      Key: { pk: { S: 'meter#team:dead' }, sk: { S: 'meter' } },
      UpdateExpression: 'SET month_nano = :nano',
      ExpressionAttributeValues: { ':nano': { N: '7000000000' } },
    }),
  );
  expect(await states()).toMatchObject({ 'team:dead': 'differs', org: 'same' });
  const told = await stack.tollgate('quotas', 'reconcile');
  expect(told.stdout).toMatch(/team:dead +\d{4}-\d\d +7 +0 +0\.25 +6\.75 +differs/);
  expect(await states('--apply')).toMatchObject({ 'team:dead': 'repaired' });
  expect(await stack.json('quotas', 'show', 'team:dead')).toMatchObject({ month: { usd: 0.25 } });
});
