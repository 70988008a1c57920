import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatRow } from '../../../functions/records/format-row.ts';
import { REQUESTS } from '../../../functions/records/lake-tables.ts';
import type { Row } from '../../../functions/records/row.ts';
import { startFirehose } from '../../../local/firehose.ts';
import { convertToParquet } from '../../../local/lake.ts';
import { findNowhere } from '../../support/nowhere.ts';
import { dataFolder as anyDataFolder, runCommand } from '../../support/run-cli.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { nullRow } from './rows.ts';

const call = (id: string, change: Partial<Row>): Row => ({
  ...nullRow,
  request_id: id,
  started_at: '2026-11-20 10:00:00.000',
  team: 'search',
  model: 'smart',
  served_model: 'claude-sonnet-5',
  outcome: 'ok',
  usage_source: 'reported',
  input_tokens: 1_000,
  cache_read_tokens: 10,
  cache_write_5m_tokens: 3,
  cache_write_1h_tokens: 4,
  output_tokens: 100,
  audio_input_tokens: 0,
  audio_output_tokens: 0,
  cost_nano_usd: 3_000_000_000,
  unpriced: false,
  ...change,
});

const ROWS: readonly Row[] = [
  call('1', {}),
  // Delivered twice.
  call('1', {}),
  // Taken for lost, and then it wrote its own row.
  call('2', { outcome: 'lost', cost_nano_usd: 9_000_000_000 }),
  call('2', { cost_nano_usd: 1_000_000_001, started_at: '2026-11-20 10:00:01.000' }),
  call('3', { team: 'ads', model: 'fast', cost_nano_usd: 4_000_000_000, usage_source: 'estimated' }),
  call('4', { team: null, model: 'own', cost_nano_usd: 0, unpriced: true, served_model: null }),
  // Refused: a row without tokens.
  call('5', { input_tokens: null, output_tokens: null, cost_nano_usd: null, outcome: 'denied' }),
  // Another month.
  call('6', { started_at: '2026-10-31 23:59:59.999', cost_nano_usd: 500_000_000_000 }),
];

const nowhere = await findNowhere();

function dataFolder(firehose = nowhere, overrides: { readonly lake?: string } = {}): string {
  const endpoints = { dynamodb: nowhere, firehose, secretsManager: nowhere, providers: nowhere };
  return anyDataFolder({ endpoints, ...overrides });
}

async function folderWith(rows: readonly Row[]): Promise<string> {
  const data = dataFolder();
  const days = Map.groupBy(rows, (row) => row.started_at?.slice(0, 10) ?? '');
  for (const [day, these] of days) {
    const folder = join(data, 'lake', 'requests', `dt=${day}`);
    mkdirSync(folder, { recursive: true });
    const jsonLinesFile = join(data, 'rows.jsonl');
    writeFileSync(jsonLinesFile, these.map((row) => `${formatRow(row)}\n`).join(''));
    await convertToParquet({ jsonLinesFile, parquetFile: join(folder, 'rows.parquet') });
  }
  return data;
}

describe('tollgate costs', () => {
  test('adds up this month, each request once, in exact nano-dollars', async () => {
    const data = await folderWith(ROWS);
    const { code, out, error } = await runCommand(['--data', data, '--json', 'costs']);
    expect([code, error]).toEqual([0, '']);
    const costs = JSON.parse(out);
    expect(costs).toMatchObject({ by: ['team', 'model'], since: '2026-11-01', until: '2026-11-23' });
    expect(costs.groups).toEqual([
      expect.objectContaining({
        group: ['search', 'smart'],
        requests: 3,
        cost_nano_usd: 4_000_000_001,
        input_tokens: 2_000,
      }),
      expect.objectContaining({ group: ['ads', 'fast'], requests: 1, cost_nano_usd: 4_000_000_000 }),
      expect.objectContaining({ group: [null, 'own'], requests: 1, cost_nano_usd: 0, unpriced_requests: 1 }),
    ]);
    expect(costs.total).toEqual({
      requests: 5,
      input_tokens: 4_000,
      cache_read_tokens: 50,
      cache_write_tokens: 35,
      output_tokens: 400,
      cost_nano_usd: 8_000_000_001,
      cost_usd: 8.000000001,
      unpriced_requests: 1,
      estimated_requests: 1,
    });
  });

  test('prints a table that can be read, with bars, and says what is not in the sum', async () => {
    const data = await folderWith(ROWS);
    const { out } = await runCommand(['--data', data, 'costs', '--by', 'team'], { columns: 120 });
    expect(out).toMatchInlineSnapshot(`
      "Costs from 2026-11-01 to 2026-11-23, UTC

      team    requests  input  cache read  cache write  output  cost USD  share
      ──────  ────────  ─────  ──────────  ───────────  ──────  ────────  ───────────
      search         3  2,000          30           21     200    4.0000   50% ██████
      ads            1  1,000          10            7     100    4.0000   50% ██████
      –              1  1,000          10            7     100    0.0000    0%
      ──────  ────────  ─────  ──────────  ───────────  ──────  ────────  ───────────
      total          5  4,000          50           35     400    8.0000

      1 request went to a model without a known price: what it cost is missing. Add it under "prices".
      1 request counted by estimate: the provider reported no usage.
      "
    `);
  });

  test('takes days, both included, and any text column', async () => {
    const data = await folderWith(ROWS);
    const costs = async (...options: readonly string[]) => {
      const { out } = await runCommand(['--data', data, '--json', 'costs', ...options]);
      return JSON.parse(out).groups.map((group: { group: unknown[]; requests: number }) => [
        ...group.group,
        group.requests,
      ]);
    };
    expect(await costs('--since', '2026-10-31', '--until', '2026-10-31', '--by', 'day')).toEqual([['2026-10-31', 1]]);
    expect(await costs('--since', '2026-10-31', '--by', 'day')).toEqual([
      ['2026-10-31', 1],
      ['2026-11-20', 5],
    ]);
    expect(await costs('--until', '2026-10-30')).toEqual([]);
    expect(await costs('--by', 'outcome')).toEqual([
      ['ok', 4],
      ['denied', 1],
    ]);
  });

  test.each([
    [['--by', 'prompt'], /no column "prompt".*team/s],
    [['--since', '2026-02-30'], /A day is wanted/],
    [['--until', 'yesterday'], /A day is wanted/],
  ])('refuses %s', async (options, message) => {
    const { code, error } = await runCommand(['--data', dataFolder(), 'costs', ...options]);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });

  test('says that there is nothing yet', async () => {
    const { code, out } = await runCommand(['--data', dataFolder(), 'costs']);
    expect([code, out]).toEqual([0, 'No requests from 2026-11-01 to 2026-11-23, UTC.\n']);
  });

  test('asks the running Firehose for the rows of the last seconds', async () => {
    const lakeDir = join(tempDir(), 'lake');
    const firehose = await startFirehose({
      port: 0,
      lakeDir,
      bufferDir: join(tempDir(), 'buffer'),
      streams: { 'tollgate-requests': REQUESTS },
      flushMs: 3_600_000,
    });
    onTestFinished(() => firehose.close());
    const data = dataFolder(firehose.url, { lake: lakeDir });
    const Data = Buffer.from(`${formatRow(call('1', {}))}\n`).toString('base64');
    const put = await fetch(firehose.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'Firehose_20150804.PutRecord' },
      body: JSON.stringify({ DeliveryStreamName: 'tollgate-requests', Record: { Data } }),
    });
    expect(put.status).toBe(200);
    const { out } = await runCommand(['--data', data, '--json', 'query', 'SELECT request_id FROM requests']);
    expect(JSON.parse(out)).toEqual([{ request_id: '1' }]);
  });
});

describe('tollgate query', () => {
  test('prints a table that can be read', async () => {
    const data = await folderWith(ROWS);
    const sql = 'SELECT team, count(*) AS n, sum(cost_nano_usd) AS nano FROM requests GROUP BY 1 ORDER BY 2 DESC, 1';
    const { out } = await runCommand(['--data', data, 'query', sql], { columns: 120 });
    expect(out).toMatchInlineSnapshot(`
      "team    n          nano
      ──────  ─  ────────────
      search  6  516000000001
      ads     1    4000000000
      null    1             0
      (3 rows)
      "
    `);
  });

  test('prints a row as a block where it is too wide, and never what steers a terminal', async () => {
    const data = await folderWith([call('1', { model: 'a\u001b[2Jb', team: '搜索' })]);
    const { out } = await runCommand(['--data', data, 'query', 'SELECT team, model, provider FROM requests'], {
      columns: 20,
    });
    expect(out).toMatchInlineSnapshot(`
      "── 1 ────────
      team      搜索
      model     a�[2Jb
      provider  null
      (1 row)
      "
    `);
  });

  test('gives objects with --json', async () => {
    const data = await folderWith([call('1', { metadata: { a: 'b' }, flags: ['x'] })]);
    const { out } = await runCommand([
      '--data',
      data,
      '--json',
      'query',
      'SELECT request_id, metadata, flags, dt FROM requests',
    ]);
    expect(JSON.parse(out)).toEqual([{ request_id: '1', metadata: { a: 'b' }, flags: ['x'], dt: '2026-11-20' }]);
  });

  test("shows DuckDB's own words where the statement is wrong", async () => {
    const { code, error } = await runCommand(['--data', dataFolder(), 'query', 'SELEC 1']);
    expect(code).toBe(1);
    expect(error).toMatch(/^tollgate: Parser Error: syntax error at or near "SELEC"/);
    const unknown = await runCommand(['--data', dataFolder(), 'query', 'SELECT cost FROM requests']);
    expect(unknown.error).toContain('cost_usd');
  });
});
