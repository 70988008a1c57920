import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatRow } from '../../../functions/records/format-row.ts';
import { ATTEMPT_FIELDS, ROW_COLUMNS, type Row } from '../../../functions/records/row.ts';
import { convertToParquet, type Lake, openLake } from '../../../local/lake.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { fullRow, nullAttempt, nullRow } from './rows.ts';

async function open(dir: string): Promise<Lake> {
  const lake = await openLake(dir);
  onTestFinished(() => lake.close());
  return lake;
}

let files = 0;
async function store(dir: string, rows: readonly Row[], day = '2026-11-23'): Promise<number> {
  return storeLines(dir, rows.map(formatRow), day);
}
async function storeLines(dir: string, lines: readonly string[], day = '2026-11-23'): Promise<number> {
  const folder = join(dir, 'requests', `dt=${day}`);
  mkdirSync(folder, { recursive: true });
  files += 1;
  const jsonLinesFile = join(dir, `${files}.jsonl`);
  writeFileSync(jsonLinesFile, lines.map((line) => `${line}\n`).join(''));
  return convertToParquet({ jsonLinesFile, parquetFile: join(folder, `${files}.parquet`) });
}

async function readBack(dir: string): Promise<readonly { readonly [name: string]: unknown }[]> {
  const lake = await open(dir);
  const { columns, rows } = await lake.query('SELECT * FROM requests ORDER BY request_id');
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
}

describe('a row in the lake', () => {
  test('keeps the value of every column', async () => {
    const dir = tempDir();
    expect(await store(dir, [fullRow])).toBe(1);
    expect(await readBack(dir)).toEqual([{ ...fullRow, dt: '2026-11-23' }]);
  });

  test('keeps null in every column, alone in its file and beside full rows', async () => {
    const dir = tempDir();
    await store(dir, [{ ...nullRow, request_id: 'a' }]);
    await store(dir, [fullRow, { ...nullRow, request_id: 'b' }]);
    const [first, second, full] = await readBack(dir);
    expect(first).toEqual({ ...nullRow, request_id: 'a', dt: '2026-11-23' });
    expect(second).toEqual({ ...nullRow, request_id: 'b', dt: '2026-11-23' });
    expect(full).toEqual({ ...fullRow, dt: '2026-11-23' });
  });

  test('keeps extremes', async () => {
    const extreme: Row = {
      ...nullRow,
      request_id: '',
      started_at: '9999-12-31 23:59:59.999',
      route: `"quotes" \\ back\\slashes 'and' \t\r\n\u2028 ünï 漢字 🦙 ${'x'.repeat(50_000)}`,
      cost_nano_usd: Number.MAX_SAFE_INTEGER,
      input_tokens: 0,
      output_tokens: -1,
      cost_usd: 5e-324,
      total_ms: 1.7976931348623157e308,
      queue_ms: -0.1,
      attempts: [],
      flags: [''],
      metadata: { '': '', 'a"b': 'c\nd', ключ: 'значение' },
    };
    const dir = tempDir();
    await store(dir, [extreme]);
    expect(await readBack(dir)).toEqual([{ ...extreme, dt: '2026-11-23' }]);
  });

  test('keeps the extremes of every column, attempts and all', async () => {
    const texts = ['', `${'x'.repeat(100_000)} ünï 漢字 🦙 "\\'\t\r\n\u2028`];
    const ends: { readonly [type: string]: readonly unknown[] } = {
      string: texts,
      timestamp: ['0001-01-01 00:00:00.001', '9999-12-31 23:59:59.999'],
      bigint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      double: [-Number.MAX_VALUE, 5e-324],
      boolean: [false, true],
      'array<string>': [[], texts],
      'map<string,string>': [{}, { '': texts[1], [texts[1] ?? '']: '' }],
    };
    const row = (end: 0 | 1): Row => {
      const values = ROW_COLUMNS.map(([name, type]) => [name, ends[type]?.[end]]);
      const attempt = Object.fromEntries(ATTEMPT_FIELDS.map(([name, type]) => [name, ends[type]?.[end]]));
      const attempts = [attempt, nullAttempt, attempt];
      return { ...Object.fromEntries(values), attempts, request_id: String(end) } as unknown as Row;
    };
    for (const [name, value] of Object.entries(row(0))) expect(value, name).not.toBeUndefined();
    const dir = tempDir();
    const rows = [
      row(0),
      row(1),
      { ...nullRow, request_id: '2', attempts: [nullAttempt], flags: [''], metadata: { a: '' } },
    ];
    await store(dir, rows);
    expect(await readBack(dir)).toEqual(rows.map((each) => ({ ...each, dt: '2026-11-23' })));
  });

  test('is null in one column after another', async () => {
    const dir = tempDir();
    const rows = ROW_COLUMNS.filter(([name]) => name !== 'request_id').map(([name]) => ({
      ...fullRow,
      request_id: name,
      [name]: null,
    }));
    await store(dir, rows);
    const byId = [...rows].sort((a, b) => (a.request_id < b.request_id ? -1 : 1));
    expect(await readBack(dir)).toEqual(byId.map((each) => ({ ...each, dt: '2026-11-23' })));
  });

  test('is never lost for what Parquet could not hold', async () => {
    const dir = tempDir();
    await store(dir, [
      {
        ...nullRow,
        request_id: 'half \ud83d a pair, and \0',
        input_tokens: 1.5,
        output_tokens: Number.NaN,
        cost_nano_usd: 1e300,
        cost_usd: Number.POSITIVE_INFINITY,
        metadata: { 'k\0': '\udc00' },
      },
    ]);
    const [row] = await readBack(dir);
    expect(row).toMatchObject({
      request_id: 'half \ufffd a pair, and \ufffd',
      input_tokens: 2,
      output_tokens: null,
      cost_nano_usd: Number.MAX_SAFE_INTEGER,
      cost_usd: null,
      metadata: { 'k\ufffd': '\ufffd' },
    });
  });
});

describe('the conversion', () => {
  test('drops fields that are no columns, and fills columns that a line lacks', async () => {
    const dir = tempDir();
    await storeLines(dir, ['{"request_id":"a","prompt":"secret"}', '{"request_id":"b","http_status":200}']);
    expect(await readBack(dir)).toEqual([
      { ...nullRow, request_id: 'a', dt: '2026-11-23' },
      { ...nullRow, request_id: 'b', http_status: 200, dt: '2026-11-23' },
    ]);
  });

  test('leaves nothing behind where a line does not fit', async () => {
    const dir = tempDir();
    await expect(storeLines(dir, ['{"request_id":"a"}', '{"http_status":"two hundred"}'])).rejects.toThrow();
    expect(readdirSync(join(dir, 'requests', 'dt=2026-11-23'))).toEqual([]);
  });

  test('compresses with Snappy, in the types of the columns', async () => {
    const dir = tempDir();
    await store(dir, [fullRow]);
    const lake = await open(dir);
    const pattern = join(dir, 'requests', '*', '*.parquet');
    const compression = await lake.query(`SELECT DISTINCT compression FROM parquet_metadata('${pattern}')`);
    expect(compression.rows).toEqual([['SNAPPY']]);
    const types = await lake.query(`SELECT name, type FROM parquet_schema('${pattern}') WHERE type IS NOT NULL`);
    const physical = new Map(types.rows.map(([name, type]) => [name, type]));
    const expected = {
      string: 'BYTE_ARRAY',
      bigint: 'INT64',
      double: 'DOUBLE',
      boolean: 'BOOLEAN',
      timestamp: 'INT64',
    };
    for (const [name, type] of ROW_COLUMNS) {
      if (type in expected) expect(physical.get(name), name).toBe(expected[type as keyof typeof expected]);
    }
  });
});

describe('the view', () => {
  test('is there, empty and typed, before the first file, and sees the first file without being opened again', async () => {
    const dir = tempDir();
    const lake = await open(join(dir, 'not-yet-there'));
    const empty = await lake.query('SELECT * FROM requests');
    expect(empty.rows).toEqual([]);
    expect(empty.columns.map(({ name }) => name)).toEqual([...ROW_COLUMNS.map(([name]) => name), 'dt']);
    await store(join(dir, 'not-yet-there'), [fullRow]);
    expect((await lake.query('SELECT request_id FROM requests')).rows).toEqual([[fullRow.request_id]]);
  });

  test('has the partition as text, and files of older gateways with null for what they lack', async () => {
    const dir = tempDir();
    await store(dir, [{ ...nullRow, request_id: 'new' }], '2026-11-23');
    await store(dir, [{ ...nullRow, request_id: 'old' }], '2026-01-05');
    const lake = await open(dir);
    const days = await lake.query("SELECT request_id, dt FROM requests WHERE dt < '2026-11-01'");
    expect(days.columns[1]).toEqual({ name: 'dt', type: 'VARCHAR' });
    expect(days.rows).toEqual([['old', '2026-01-05']]);
  });

  test('gives numbers that are exact as numbers, and text beyond', async () => {
    const lake = await open(tempDir());
    const { rows } = await lake.query(
      "SELECT 9007199254740991::BIGINT, 9007199254740992::BIGINT, sum(x)::HUGEINT, 1.25::DECIMAL(9,2), DATE '2026-11-23', MAP {'a': 1} FROM (VALUES (1), (2)) t(x)",
    );
    expect(rows).toEqual([[9_007_199_254_740_991, '9007199254740992', 3, 1.25, '2026-11-23', { a: 1 }]]);
  });
});

describe('a query', () => {
  test.each([
    ['CREATE TABLE t (a INT)', /only statements that read/i],
    ["COPY requests TO 'PLACE/out.parquet'", /permission/i],
    ["COPY requests TO 'PLACE/lake/requests/out.parquet'", /only statements that read/i],
    ["ATTACH 'PLACE/x.db'", /only statements that read/i],
    ['SET enable_external_access = true', /only statements that read/i],
    ['DROP VIEW requests', /only statements that read/i],
    ['SELECT 1; SELECT 2', /one statement at a time/i],
    ['', /empty/],
    ["SELECT * FROM read_text('/etc/hostname')", /permission/i],
    ["SELECT * FROM read_csv('PLACE/secrets.json')", /permission/i],
    ["SELECT * FROM 'https://example.com/x.parquet'", /permission|disabled|extension/i],
    ['SELECT nothing FROM requests', /nothing/],
  ])('%s is refused', async (sql, message) => {
    const dir = tempDir();
    writeFileSync(join(dir, 'secrets.json'), '{"openai":"sk-secret"}');
    const lake = await open(join(dir, 'lake'));
    await expect(lake.query(sql.replace('PLACE', dir))).rejects.toThrow(message);
    expect(existsSync(join(dir, 'out.parquet'))).toBe(false);
    expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toContain('sk-secret');
    expect((await lake.query('SELECT count(*) FROM requests')).rows).toEqual([[0]]);
  });

  test("knows those of Athena's functions that DuckDB calls otherwise", async () => {
    const lake = await open(tempDir());
    const sql = `SELECT
      approx_percentile(x, 0.5), max(element_at(list, 2)), max(element_at(list, 4)), max(cardinality(list)),
      array_join(array_agg(CAST(x AS VARCHAR) ORDER BY x), ''), max(json_extract_scalar('{"a":{"b":"c"}}', '$.a.b'))
      FROM (SELECT sequence(1, 3) AS list) AS lists CROSS JOIN UNNEST(sequence(1, 3)) AS numbers(x)`;
    expect((await lake.query(sql)).rows).toEqual([[2, 2, null, 3, '123', 'c']]);
  });

  test('knows only UTC', async () => {
    const lake = await open(tempDir());
    expect((await lake.query("SELECT current_setting('TimeZone')")).rows).toEqual([['UTC']]);
  });
});
