import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryNames } from '../../../cli/named-query.ts';
import { LAST_DAY, makeSampleLake } from '../../support/lake/sample-lake.ts';
import { findNowhere } from '../../support/nowhere.ts';
import { localInfo, runCommand } from '../../support/run-cli.ts';

const NOW = Date.parse(`${LAST_DAY}T12:00:00Z`);

let data = '';

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'tollgate-'));
  const nowhere = await findNowhere();
  const endpoints = { dynamodb: nowhere, firehose: nowhere, secretsManager: nowhere, providers: nowhere };
  const paths = { lake: join(data, 'lake'), config: join(data, 'gateway.json') };
  writeFileSync(join(data, 'local.json'), localInfo({ endpoints, ...paths }));
  await makeSampleLake({ folder: paths.lake, requests: 500 });
  const config = {
    providers: {
      anthropic: { dialect: 'anthropic-messages', baseUrl: 'https://api.anthropic.com' },
      own: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:1/v1' },
    },
    prices: [{ provider: 'own', model: 'big', input: 1, output: 2, cacheRead: 0.5 }],
  };
  writeFileSync(paths.config, JSON.stringify(config));
}, 60_000);

afterAll(() => rmSync(data, { recursive: true, force: true }));

const WINDOW = ['--set', 'since=2026-09-01', '--set', `until=${LAST_DAY}`] as const;

describe('tollgate query --name', () => {
  test('runs a query that comes with Tollgate, as a table, CSV and JSON', async () => {
    const ask = (...options: readonly string[]) =>
      runCommand(['--data', data, 'query', '--name', 'spend', ...WINDOW, '--set', 'then_by=none', ...options]);
    const json = await ask('--format', 'json');
    expect([json.code, json.error]).toEqual([0, '']);
    const objects: readonly { readonly group_1: string | null; readonly requests: number }[] = JSON.parse(json.out);
    expect(objects.reduce((sum, { requests }) => sum + requests, 0)).toBe(500);
    expect((await runCommand(['--data', data, '--json', 'query', '--name', 'spend', ...WINDOW])).out).toMatch(/^\[\{/);

    const csv = (await ask('--format', 'csv')).out.split('\r\n');
    expect(csv[0]).toMatch(/^group_1,group_2,requests,/);
    expect(csv.length).toBe(objects.length + 2);
    const table = (await ask()).out;
    expect(table).toMatch(/^group_1 +group_2 +requests/);
    expect(table).toContain(`(${objects.length} rows)`);
  });

  test('asks what another model would have cost, by the price in force for it', async () => {
    const ask = async (...options: readonly string[]) => {
      const { code, out, error } = await runCommand(
        ['--data', data, '--json', 'query', '--name', 'what-if', ...WINDOW, ...options],
        { nowMs: NOW },
      );
      expect([code, error]).toEqual([0, '']);
      return JSON.parse(out);
    };
    const given = ['input=1', 'output=2', 'cache_read=0.5', 'cache_write_5m=1', 'cache_write_1h=1'];
    const audio = ['audio_input=1', 'audio_output=2'];
    const typed = await ask(...[...given, ...audio].flatMap((value) => ['--set', value]));
    expect(await ask('--like', 'own/big')).toEqual(typed);
    expect(await ask('--like', 'own/big', '--set', 'output=4')).not.toEqual(typed);
    // From the catalogue.
    const [first] = await ask('--like', 'anthropic/claude-sonnet-5');
    expect(first.what_if_usd).toBeGreaterThan(0);
  });

  test.each([
    [['--name', 'nothing'], 2, /no query "nothing".*spend/],
    [['--name', 'spend', '--set', 'sinze=2026-01-01'], 2, /no parameter "sinze".*since/],
    [['--name', 'spend', '--set', 'since=yesterday'], 2, /since=yesterday: a day/],
    [['--name', 'spend', '--set', 'since'], 2, /parameter and its value/],
    [['--name', 'top-requests', '--set', 'most=1; DROP'], 2, /whole number/],
    [['--name', 'unusual-spend', '--set', 'factor=1e9'], 2, /a number/],
    [['--name', 'spend', '--like', 'own/big'], 2, /what-if/],
    [['--name', 'what-if', '--like', 'nobody/big'], 2, /anthropic, own/],
    [['--name', 'what-if', '--like', 'own/small'], 1, /No price is known.*--set input/],
    [['--name', 'spend', 'SELECT 1'], 2, /Either SQL or --name/],
    [['SELECT 1', '--set', 'a=b'], 2, /--name/],
    [['SELECT 1', '--config', 'gateway.yaml'], 2, /--name/],
    [['--name', 'what-if', '--config', 'gateway.yaml'], 2, /--config is for --like/],
    [[], 2, /queries list/],
  ])('%j is refused, with what to do', async (args, exitCode, message) => {
    const { code, error } = await runCommand(['--data', data, 'query', ...args]);
    expect(error).toMatch(message);
    expect(code).toBe(exitCode);
  });

  test('takes a value for a text and for nothing else', async () => {
    const hostile = "x' OR 1 = 1 --";
    const { code, out } = await runCommand([
      ...['--data', data, '--json', 'query', '--name', 'what-if', ...WINDOW],
      ...['--set', `model=${hostile}`],
    ]);
    expect([code, out]).toEqual([0, '[]\n']);
  });

  test('goes without budgets where the meters cannot be asked, and says so', async () => {
    const { code, out, error } = await runCommand(
      ['--data', data, '--json', 'query', '--name', 'month-against-budget', '--set', `today=${LAST_DAY}`],
      { nowMs: NOW },
    );
    expect(code).toBe(0);
    expect(error).toContain('Without budgets');
    expect(new Set(JSON.parse(out).map((row: { readonly state: string }) => row.state))).toEqual(
      new Set(['no budget']),
    );
  });
});

describe('tollgate queries', () => {
  test('lists them, with their parameters', async () => {
    const { out } = await runCommand(['--json', 'queries', 'list']);
    expect(JSON.parse(out).map(({ name }: { readonly name: string }) => name)).toEqual(queryNames());
    expect((await runCommand(['queries', 'list'])).out).toMatch(/unusual-spend +Hours in which/);
  });

  test('shows one as it is, or filled in', async () => {
    const { out } = await runCommand(['queries', 'show', 'latency']);
    expect(out).toBe(readFileSync('queries/latency.sql', 'utf8'));
    const filled = await runCommand(['queries', 'show', 'latency', '--set', 'since=2026-11-01']);
    expect(filled.out).toContain("dt >= CAST(DATE '2026-11-01' AS VARCHAR)");
  });
});

describe('CSV', () => {
  test('is quoted, and never a formula', async () => {
    const { out } = await runCommand([
      ...['--data', data, 'query', '--format', 'csv'],
      `SELECT 'a,"b' AS "x,y", '=1+1' AS f, -1 AS n, NULL AS nothing, ['a'] AS list, 'two
lines' AS t`,
    ]);
    expect(out).toBe('"x,y",f,n,nothing,list,t\r\n"a,""b",\'=1+1,-1,,"[""a""]","two\nlines"\r\n');
  });
});

describe('tollgate costs --format', () => {
  test('csv has a line for each group, with its share', async () => {
    const { out } = await runCommand(
      ['--data', data, 'costs', '--by', 'month,env', '--since', '2026-09-01', '--format', 'csv'],
      { nowMs: NOW },
    );
    const [head, ...lines] = out.trimEnd().split('\r\n');
    expect(head).toBe(
      'month,env,requests,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,cost_usd,unpriced_requests,estimated_requests,share',
    );
    expect(lines.map((line) => line.split(',').slice(0, 2).join(' ')).sort()).toEqual([
      ...['2026-09 dev', '2026-09 prod', '2026-10 dev', '2026-10 prod'],
    ]);
    expect(lines.reduce((sum, line) => sum + Number(line.split(',').at(-1)), 0)).toBeCloseTo(1, 9);
  });

  test('json is what --json gives', async () => {
    const options = ['costs', '--since', '2026-09-01', '--until', LAST_DAY];
    const short = await runCommand(['--data', data, '--json', ...options]);
    expect(JSON.parse(short.out).total.requests).toBe(500);
    expect((await runCommand(['--data', data, ...options, '--format', 'json'])).out).toBe(short.out);
  });

  test('of no days is refused', async () => {
    const args = ['--data', data, 'costs', '--since', '2026-10-02', '--until', '2026-10-01'];
    const { code, error } = await runCommand(args);
    expect([code, error]).toEqual([2, expect.stringContaining('no day lies between')]);
  });
});
