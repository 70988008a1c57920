/** CloudFormation's calls of upkeep, with an address like its own to answer at. */
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setLimits } from '../../../functions/adapters/meter-admin.ts';
import { createHandler } from '../../../functions/upkeep/create-handler.ts';
import type { DeploymentEvent } from '../../../functions/upkeep/deployed-limits.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { type Bench, startBench } from './support.ts';

let bench: Bench;
let server: Server;
let url: string;
let refusals = 0;
let answers: { readonly contentType: string | undefined; readonly body: unknown }[] = [];

beforeAll(async () => {
  bench = await startBench();
  server = createServer((request, response) => {
    void json(request).then((body) => {
      if (refusals > 0) {
        refusals -= 1;
        response.writeHead(503).end();
        return;
      }
      answers.push({ contentType: request.headers['content-type'], body });
      response.end();
    });
  });
  url = await listen(server, { port: 0 });
});
beforeEach(() => {
  answers = [];
});
afterAll(async () => {
  await closeServer(server);
  await bench.close();
});

async function call(type: DeploymentEvent['RequestType'], scope: string, settings: unknown): Promise<void> {
  const never = (): never => {
    throw new Error('Setting limits needs nothing else of upkeep.');
  };
  const handler = createHandler({
    clock: { now: never },
    store: new Proxy({}, { get: never }) as never,
    accounts: new Proxy({}, { get: never }) as never,
    prices: new Proxy({}, { get: never }) as never,
    downloadPrices: never,
    log: { write: never },
    spendLog: { lateMs: 0, spend: never },
    loadReading: undefined,
    wait: never,
    report: never,
    setLimits: (name, changes) => setLimits({ client: bench.client(), table: bench.table, scope: name, ...changes }),
  });
  const event: DeploymentEvent = {
    RequestType: type,
    ResponseURL: `${url}/answer?signature=1`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'LimitsOrg',
    ResourceProperties: { Scope: scope, Settings: JSON.stringify(settings) },
  };
  await handler(event, { getRemainingTimeInMillis: () => 55_000 });
}

const success = (scope: string) => ({
  Status: 'SUCCESS',
  PhysicalResourceId: `limits of ${scope}`,
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'LimitsOrg',
});

describe('limits that a deployment sets', () => {
  it('are on the meter, which keeps what it counts and what the deployment does not name', async () => {
    await bench.limit('team:deployed', { limit_parallel: 3, limit_rpm: 9 });
    await bench.edit('team:deployed', { month_nano: { N: '7' }, month: { S: '2026-11' } });
    await call('Create', 'team:deployed', { limit_rpm: 60, budget_month_usd: 12.5, time_zone: 'Europe/Berlin' });
    expect(answers).toEqual([{ contentType: undefined, body: success('team:deployed') }]);
    expect(await bench.show('team:deployed')).toMatchObject({
      limits: { limit_rpm: 60, budget_month_usd: 12.5, limit_parallel: 3 },
      timeZone: 'Europe/Berlin',
      month: { usd: 7e-9 },
    });
    await call('Update', 'team:deployed', { limit_rpm: null, shards: 2 });
    expect(await bench.show('team:deployed')).toMatchObject({
      limits: { budget_month_usd: 12.5, limit_parallel: 3 },
      shards: 2,
    });
  });

  it('stay when the deployment names the scope no more', async () => {
    await call('Create', 'team:left', { budget_month_usd: 5 });
    await call('Delete', 'team:left', { budget_month_usd: 5 });
    expect(answers.map(({ body }) => body)).toEqual([success('team:left'), success('team:left')]);
    expect((await bench.show('team:left')).limits).toEqual({ budget_month_usd: 5 });
  });

  it('fail the deployment with what is wrong, and are not half set', async () => {
    await call('Create', 'team:absurd', { limit_rpm: 5, budget_month_usd: -5 });
    expect(answers).toMatchObject([
      { body: { Status: 'FAILED', Reason: 'team:absurd: budget_month_usd must not be negative.' } },
    ]);
    expect(await bench.item('meter#team:absurd', 'meter')).toBeUndefined();
  });

  it('are answered for again where the answer is not taken', async () => {
    refusals = 2;
    await call('Create', 'org', { limit_rpm: 5 });
    expect(answers).toMatchObject([{ body: { Status: 'SUCCESS' } }]);
    refusals = 3;
    await expect(call('Update', 'org', { limit_rpm: 5 })).rejects.toThrow('does not take the answer');
  });
});
