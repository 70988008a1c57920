/** `tollgate --stack`: the parts are found by the stack's outputs. The emulators stand in for AWS. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { STACK_OUTPUTS } from '../../../cli/deployed-stack.ts';
import { createPriceStore } from '../../../functions/adapters/price-store.ts';
import { compileCatalogue } from '../../../functions/ledger/compile-catalogue.ts';
import { OUTPUTS } from '../../../lib/outputs.ts';
import { type DeployedStack, startDeployedStack } from '../../support/deployed-stack.ts';
import { type CommandResult, type LocalStackProcess, runTollgate } from '../../support/local-stack.ts';

const smart = ({ models }: { readonly models: object }): unknown => Reflect.get(models, 'smart');

let deployed: DeployedStack;
let stack: LocalStackProcess;

const tollgate = (...args: readonly string[]): Promise<CommandResult> =>
  runTollgate(['--stack', 'Tollgate-dev', ...args], deployed.env);

beforeAll(async () => {
  deployed = await startDeployedStack('Tollgate-dev', 'tollgate-dev');
  stack = deployed.local;
});
afterAll(() => deployed?.close());

describe('the commands on a deployed stack', () => {
  it('look for the outputs that the stack has', () => {
    expect(Object.values(OUTPUTS)).toEqual(expect.arrayContaining(Object.values(STACK_OUTPUTS)));
  });

  it('make a key that the gateway knows, give its team a budget, and show what it spent', async () => {
    const created = await tollgate('keys', 'create', '--team', 'deployed', '--models', 'smart', '--json');
    expect(created).toMatchObject({ code: 0, stderr: '' });
    const { key } = JSON.parse(created.stdout) as { readonly key: string };
    expect(await tollgate('quotas', 'set', 'team:deployed', '--budget-month', '25')).toMatchObject({ code: 0 });

    const answer = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'Hello?' }] }),
    });
    expect(answer.status).toBe(200);
    await answer.text();
    await expect
      .poll(async () => JSON.parse((await tollgate('quotas', 'show', 'team:deployed', '--json')).stdout), {
        timeout: 30_000,
        interval: 500,
      })
      .toMatchObject({ inFlight: [], month: { usd: expect.toSatisfy((usd: number) => usd > 0) } });
  });

  it('ask Athena', async () => {
    // The row may leave the gateway after what is settled.
    await expect
      .poll(
        async () => {
          await fetch(`${stack.info.endpoints.firehose}/flush`, { method: 'POST' });
          return JSON.parse((await tollgate('costs', '--by', 'team', '--json')).stdout);
        },
        { timeout: 30_000, interval: 500 },
      )
      .toMatchObject({
        groups: expect.arrayContaining([expect.objectContaining({ group: ['deployed'], requests: 1 })]),
      });
    const query = await tollgate(
      'query',
      `SELECT team, count(*) AS n, true AS yes FROM requests GROUP BY team`,
      '--json',
    );
    expect(JSON.parse(query.stdout)).toEqual([{ team: 'deployed', n: 1, yes: true }]);
    expect(await tollgate('query', 'SELECT nothing FROM nowhere')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Athena failed query-\d+: .*nowhere/s),
    });
  });

  it('ask what another model would cost by the prices in force, which are those of the table', async () => {
    const whatIf = async (): Promise<number> => {
      const like = ['--like', 'anthropic/claude-haiku-4-5', '--config', 'gateway.yaml'];
      const asked = await tollgate('query', '--name', 'what-if', ...like, '--json');
      expect(asked).toMatchObject({ code: 0 });
      const rows = JSON.parse(asked.stdout) as readonly { readonly what_if_usd: number }[];
      return rows.reduce((sum, { what_if_usd: usd }) => sum + usd, 0);
    };
    const before = await whatIf();
    expect(before).toBeGreaterThan(0);
    const { endpoints, region, table } = stack.info;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new DynamoDBClient({ endpoint: endpoints.dynamodb, region, credentials });
    onTestFinished(() => client.destroy());
    // A thousand times the list.
    const model = {
      id: 'claude-haiku-4-5',
      match: { equals: 'claude-haiku-4-5' },
      prices: { input_mtok: 1_000, output_mtok: 5_000 },
    };
    const refreshed = compileCatalogue([{ id: 'anthropic', name: 'Anthropic', models: [model] }], 'refreshed');
    expect(await createPriceStore({ client, table }).publish(refreshed, undefined, Date.now())).toBe(true);
    expect(await whatIf()).toBeCloseTo(before * 1_000, 9);
  });

  it('store keys in the secrets that the deployment made, and in no others', async () => {
    // A deployment has made it, without a value.
    expect(await stack.tollgate('secrets', 'set', 'openai', 'sk-none')).toMatchObject({ code: 0 });
    expect(await tollgate('secrets', 'set', 'openai', 'sk-for-the-stack')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Stored a key as tollgate/openai'),
    });
    expect(await tollgate('secrets', 'set', 'nobody', 'sk-for-nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no provider of the deployed gateway.yaml names it'),
    });
  });

  it('put a configuration into force, show it and take it back', async () => {
    expect(await tollgate('config', 'show')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Nothing was applied: version [0-9a-f]{12}, which was deployed, is in force/),
    });
    const running = JSON.parse(readFileSync(stack.info.config, 'utf8')) as { readonly models: object };
    const file = join(stack.data, 'applied.yaml');
    writeFileSync(file, JSON.stringify({ ...running, models: { ...running.models, renamed: smart(running) } }));
    expect(await tollgate('config', 'apply', file)).toMatchObject({ code: 0 });
    expect(JSON.parse((await tollgate('config', 'show', '--json')).stdout)).toHaveProperty('models.renamed');
    expect((await tollgate('config', 'versions')).stdout).toMatch(/1 .*applied\.yaml +in force/);
    const created = await tollgate('keys', 'create', '--json');
    const { key } = JSON.parse(created.stdout) as { readonly key: string };
    const models = () => fetch(`${stack.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    await expect.poll(async () => await (await models()).text()).toContain('"renamed"');
    expect(await tollgate('config', 'rollback')).toMatchObject({ code: 0 });
    await expect.poll(async () => await (await models()).text()).not.toContain('"renamed"');
  });

  it('say what is wrong where there is no such stack, and take one stack at a time', async () => {
    expect(await runTollgate(['--stack', 'Elsewhere', 'keys', 'list'], deployed.env)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/There is no stack Elsewhere in eu-west-1\. Is it another region/),
    });
    expect(await tollgate('keys', 'list', '--data', stack.data)).toMatchObject({ code: 2 });
  });
});
