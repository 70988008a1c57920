import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { GROUP_COLUMNS, queryCosts } from '../../../cli/cost-query.ts';
import { contentsSql } from '../../../cli/dataset-query.ts';
import { armsSql, scoresSql } from '../../../cli/experiment-query.ts';
import { fillQuery, type QueryParameter, queryNames, readQuery } from '../../../cli/named-query.ts';
import { attemptsQuery } from '../../../functions/records/attempts-query.ts';
import { requestsOnce } from '../../../functions/records/requests-once.ts';
import { openLake } from '../../../local/lake.ts';
import { findDifferences } from '../../support/lake/shared-sql.ts';
import { createTrinoParser, type TrinoParser } from '../../support/lake/trino-parser.ts';
import { tempDir } from '../../support/temp-dir.ts';

let folder = '';
let parser: TrinoParser | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-'));
  parser = await createTrinoParser(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXAMPLES: { readonly [T in QueryParameter['type']]: string } = {
  date: '2026-11-01',
  text: "it's /* since: */ -- ; \\ 搜索",
  number: '2.5',
  count: '7',
  days: '3',
};

const filled = (name: string): string => {
  const query = readQuery(name);
  return fillQuery(query, new Map(query.parameters.map((parameter) => [parameter.name, EXAMPLES[parameter.type]])));
};

describe.each([
  ['arms', armsSql],
  ['scores', scoresSql],
])('the %s of an experiment', (_, sql) => {
  test('are asked in the SQL of both', () => {
    const text = sql({ name: 'prompts', since: '2026-11-01' });
    expect(parser?.validate(text)).toEqual([]);
    expect(findDifferences(text)).toEqual([]);
  });
});

describe.each(queryNames())('%s', (name) => {
  test("is Athena's SQL, as it stands and with other values", () => {
    expect(parser?.validate(readQuery(name).sql)).toEqual([]);
    expect(parser?.validate(filled(name))).toEqual([]);
  });

  test('has nothing that DuckDB and Trino understand differently', () => {
    expect(findDifferences(readQuery(name).sql)).toEqual([]);
  });

  test('runs in DuckDB with other values, before there is a row', async () => {
    const lake = await openLake(tempDir());
    onTestFinished(() => lake.close());
    const query = readQuery(name);
    const texts = new Map(query.parameters.map(({ name: key, type }) => [key, EXAMPLES[type]]));
    // What is not free text.
    for (const [key, value] of [
      ['budgets', 'search=500;ads=1.5'],
      ['by', 'team'],
    ] as const) {
      if (texts.has(key)) texts.set(key, value);
    }
    const { columns } = await lake.query(fillQuery(query, texts));
    expect((await lake.query(query.sql)).columns).toEqual(columns);
    // Every column is documented, and nothing else is.
    const documented =
      query.help.slice(query.help.indexOf('\nColumns:')).match(/^ {2}[a-z]\w*(?:, _?\w+)*(?= {2})/gm) ?? [];
    const names = documented.flatMap((line) => line.trim().split(', '));
    const whole = names.map((column, index) =>
      column.startsWith('_')
        ? `${names
            .slice(0, index)
            .findLast((each) => !each.startsWith('_'))
            ?.replace(/_p\d+$/, '')}${column}`
        : column,
    );
    expect(whole).toEqual(columns.map((column) => column.name));
  });

  test('says what it answers, each of its parameters with its place, and reads each request once', () => {
    const { about, parameters, sql } = readQuery(name);
    expect(about).toMatch(/^[A-Z].*[.:].*$/);
    const places = new Set([...sql.matchAll(/\/\* (\w+): \*\/ .*? \/\* :\1 \*\//gs)].map((match) => match[1]));
    expect(parameters.map((parameter) => parameter.name).sort()).toEqual([...places].sort());
    expect(sql.match(/\/\*/g)?.length).toBe(
      sql.match(/\/\* (\w+): \*\/ .*? \/\* :\1 \*\//gs)?.flatMap((each) => each.match(/\/\*/g)).length,
    );
    expect(sql).toContain(`    row_number() OVER (
      PARTITION BY request_id
      ORDER BY CASE WHEN outcome = 'lost' THEN 1 ELSE 0 END, started_at
    ) AS copy_number
  FROM requests
  WHERE dt >= CAST(`);
    expect(sql).toMatch(/copy_number = 1/);
  });
});

describe('what counts, of which each text has a copy to run as it is', () => {
  const headOf = (name: string): string => /^WITH requests_once AS \(\n.*?^\)/ms.exec(readQuery(name).sql)?.[0] ?? name;
  /** A week more, for what is usual; and the month, which begins on its first day. */
  const OTHERS = ['unusual-spend', 'month-against-budget'];

  test('is the same in all, but for the days', () => {
    const head = headOf('spend');
    const names = queryNames().filter((name) => !OTHERS.includes(name));
    expect(names.map((name) => [name, headOf(name)])).toEqual(names.map((name) => [name, head]));
    const since = (days: number): string =>
      `/* since: */ CAST(current_date - INTERVAL '${days}' DAY AS DATE) /* :since */`;
    expect(headOf('unusual-spend').replaceAll(`CAST(${since(6)} - INTERVAL '7' DAY AS DATE)`, since(29))).toBe(head);
    const [choice = ''] = head.split('WHERE');
    expect(headOf('month-against-budget').split('WHERE')[0]).toBe(choice);
  });

  test('is the same in what commands ask', () => {
    const choiceOf = (sql: string): string | undefined =>
      /row_number\(\).*AS copy_number/s.exec(sql)?.[0].replaceAll(/\s+/g, '');
    expect(choiceOf(headOf('spend'))).toMatch(/PARTITIONBYrequest_id/);
    expect(choiceOf(requestsOnce(Date.UTC(2026, 10, 1)))).toBe(choiceOf(headOf('spend')));
  });
});

describe('the check', () => {
  test.each([
    ['SELECT a::bigint FROM t', /::/],
    ["SELECT a FROM t WHERE started_at >= '2026-01-01' ORDER BY a NULLS LAST", /compared with a text/],
    ['SELECT a / b AS x FROM t ORDER BY x NULLS LAST', /divide/i],
    ['SELECT a FROM t ORDER BY a', /nulls/],
    ['SELECT attempts[1] AS x FROM t ORDER BY x NULLS LAST', /subscripts/],
    ["SELECT strftime(a, '%Y') AS x FROM t ORDER BY x NULLS LAST", /strftime/],
    ['SELECT a AS b, b + 1 AS c FROM t ORDER BY c NULLS LAST', /b: is an alias/],
    ['SELECT sum(a) AS b FROM t GROUP BY x HAVING b > 1 ORDER BY b NULLS LAST', /b: is an alias/],
    ['WITH u AS (SELECT a AS b FROM t WHERE b > 1) SELECT b FROM u ORDER BY b NULLS LAST', /b: is an alias/],
    ["SELECT current_date - INTERVAL '1' DAY AS x FROM t ORDER BY x NULLS LAST", /interval/],
    ['SELECT 0.5 * a AS x FROM t ORDER BY x NULLS LAST', /decimal/],
    ['SELECT CAST(a AS BIGINT) AS x FROM t ORDER BY x NULLS LAST', /rounded/],
    ["SELECT date_diff('hour', a, b) AS x FROM t ORDER BY x NULLS LAST", /boundaries/],
    ['SELECT a FROM t WHERE now() > a ORDER BY a NULLS LAST', /now/],
  ])('finds %s', (sql, problem) => {
    expect(findDifferences(sql).join('\n')).toMatch(problem);
  });

  test.each([
    'SELECT a::bigint FROM t',
    'SELECT * EXCLUDE (a) FROM t',
    'FROM t SELECT a',
    'SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1',
    'SELECT [1, 2]',
    'SELECT a FROM t GROUP BY ALL ORDER',
  ])("has a parser that refuses DuckDB's own %s", (sql) => {
    expect(parser?.validate(sql)).not.toEqual([]);
  });
});

describe('what commands ask', () => {
  test("of datasets is Trino's too", () => {
    const sql = contentsSql({ where: "app = 'web' -- the web", since: '2026-11-01' });
    expect(parser?.validate(sql)).toEqual([]);
  });

  test("of attempts, for pricing them again, is Trino's too", () => {
    const sql = attemptsQuery('trino', Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 2));
    expect(parser?.validate(sql)).toEqual([]);
  });

  test("of costs is Trino's too", async () => {
    const asked: string[] = [];
    const lake = {
      query: async (sql: string) => {
        asked.push(sql);
        return { columns: [], rows: [] };
      },
      close: () => {},
    };
    await queryCosts(lake, { by: GROUP_COLUMNS, since: '2026-11-01', until: '2026-11-30' });
    await queryCosts(lake, { by: [], since: '2026-11-01', until: '2026-11-30' });
    expect(asked.flatMap((sql) => parser?.validate(sql))).toEqual([]);
    expect(asked.length).toBe(2);
  });
});
