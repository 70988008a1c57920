import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ContentRow } from '../../../functions/records/content-row.ts';
import type { FeedbackRow } from '../../../functions/records/feedback-row.ts';
import { formatContent, formatFeedback, formatRow } from '../../../functions/records/format-row.ts';
import { CONTENTS, FEEDBACK, type LakeTable, REQUESTS } from '../../../functions/records/lake-tables.ts';
import { splitContent } from '../../../functions/records/split-content.ts';
import { convertToParquet } from '../../../local/lake.ts';
import { findNowhere } from '../../support/nowhere.ts';
import { dataFolder, runCommand } from '../../support/run-cli.ts';
import { nullRow } from '../lake/rows.ts';
import { content as plainContent } from '../records/content.ts';

const DAY = '2026-11-20';
const nowhere = await findNowhere();

const asked = (content: unknown, more: object = {}): string =>
  JSON.stringify({ messages: [{ role: 'user', content }], tools: [], stop: [], ...more });
const answered = (...blocks: readonly object[]): string => JSON.stringify([{ index: 0, blocks, finish: 'stop' }]);
const text = (value: string) => ({ type: 'text', text: value });

const content = (id: string, request: string, answer: string, change: Partial<ContentRow> = {}): ContentRow => ({
  ...plainContent,
  request_id: id,
  started_at: `${DAY} 10:00:00.000`,
  request,
  answer,
  ...change,
});

const feedback = (id: string, score: number, minute: string, label: string | null = null): FeedbackRow => ({
  feedback_id: `${id}-${minute}`,
  request_id: id,
  received_at: `${DAY} 11:${minute}:00.000`,
  key_id: 'key_1',
  score,
  label,
  comment: null,
  gateway_version: '0.1.0',
});

async function folderWith(contents: readonly ContentRow[], scores: readonly FeedbackRow[] = []): Promise<string> {
  const endpoints = { dynamodb: nowhere, firehose: nowhere, secretsManager: nowhere, providers: nowhere };
  const data = dataFolder({ endpoints });
  const store = async (table: LakeTable, lines: readonly string[]): Promise<void> => {
    const folder = join(data, 'lake', table.prefix, `dt=${DAY}`);
    mkdirSync(folder, { recursive: true });
    const jsonLinesFile = join(data, `${table.name}.jsonl`);
    writeFileSync(jsonLinesFile, lines.map((line) => `${line}\n`).join(''));
    await convertToParquet({ jsonLinesFile, parquetFile: join(folder, 'rows.parquet'), columns: table.columns });
  };
  const ids = [...new Set(contents.map((each) => each.request_id))];
  const rows = ids.map((id) =>
    formatRow({ ...nullRow, request_id: id, started_at: `${DAY} 10:00:00.000`, outcome: 'ok', app: `app-${id}` }),
  );
  // Delivered twice, as everything may be.
  await store(REQUESTS, [...rows, ...rows]);
  await store(CONTENTS, [...contents, ...contents].map(formatContent));
  await store(FEEDBACK, scores.map(formatFeedback));
  return data;
}

async function exportFrom(data: string, ...options: readonly string[]) {
  const out = join(data, 'set.jsonl');
  const result = await runCommand(['--data', data, '--json', 'dataset', 'export', '--out', out, ...options]);
  const lines = existsSync(out) ? readFileSync(out, 'utf8').split('\n').filter(Boolean) : [];
  return { ...result, out, summary: result.out, examples: lines.map((line) => JSON.parse(line)) };
}

describe('tollgate dataset export', () => {
  test('writes the chat format: texts, calls, results and tools, each request once', async () => {
    const request = JSON.stringify({
      messages: [
        { role: 'system', content: [text('Be [email:21].')] },
        { role: 'user', content: [text('Weather'), text('in 東京?')] },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":"東京"}', kind: 'function' },
          ],
        },
        { role: 'tool', content: [{ type: 'tool-result', callId: 'c1', content: [text('rain')] }] },
      ],
      tools: [
        { kind: 'function', name: 'weather', description: 'of a city', parameters: { type: 'object' } },
        { kind: 'provider', origin: 'gemini', name: 'search', data: {} },
      ],
    });
    const data = await folderWith([
      content('a', request, answered({ type: 'reasoning', text: 'so' }, text('It rains.'))),
    ]);
    const { code, examples, out, summary } = await exportFrom(data);
    expect(code).toBe(0);
    expect(JSON.parse(summary)).toEqual({ file: out, examples: 1, leftOut: {} });
    expect(examples).toEqual([
      {
        messages: [
          { role: 'system', content: 'Be [email:21].' },
          { role: 'user', content: 'Weather\nin 東京?' },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"東京"}' } }],
          },
          { role: 'tool', tool_call_id: 'c1', content: 'rain' },
          { role: 'assistant', content: 'It rains.' },
        ],
        tools: [
          { type: 'function', function: { name: 'weather', description: 'of a city', parameters: { type: 'object' } } },
        ],
      },
    ]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  test('puts parts together, and leaves out what is not whole, with a count', async () => {
    const long = 'ä'.repeat(5_000);
    const parts = splitContent(content('long', asked([text(long)]), answered(text(long))), 8_000);
    expect(parts.length).toBeGreaterThan(2);
    const image = { type: 'image', source: { type: 'media', mediaType: 'image/png', bytes: 9, sha256: 'x' } };
    const data = await folderWith([
      ...parts,
      ...splitContent(content('half', asked([text(long)]), answered(text(long))), 8_000).slice(0, -1),
      content('cut', asked([text('x')]), answered(text('y')), { flags: ['content-cut'] }),
      content('picture', asked([image]), answered(text('a cat'))),
      content('silent', asked([text('x')]), ''),
      content('strange', '[1]', answered(text('y'))),
    ]);
    const { examples, summary } = await exportFrom(data);
    expect(examples).toEqual([
      {
        messages: [
          { role: 'user', content: long },
          { role: 'assistant', content: long },
        ],
      },
    ]);
    expect(JSON.parse(summary).leftOut).toEqual({
      'not whole': 2,
      'with media': 1,
      'without an answer': 1,
      unreadable: 1,
    });
  });

  test('takes conditions over the columns and over scores, of which the last one counts', async () => {
    const ids = ['a', 'b', 'c'];
    const data = await folderWith(
      ids.map((id) => content(id, asked([text(id)]), answered(text('x')))),
      [
        feedback('a', 0.1, '00'),
        feedback('a', 0.9, '05'),
        feedback('b', 0.9, '00'),
        feedback('b', 0.2, '05'),
        feedback('b', 0.4, '01', 'tone'),
      ],
    );
    const chosen = async (...options: readonly string[]) =>
      (await exportFrom(data, '--force', ...options)).examples.map((example) => example.messages[0].content);
    expect(await chosen('--where', 'score >= 0.8')).toEqual(['a']);
    expect(await chosen('--where', 'score > 0.29 AND score < 0.31')).toEqual(['b']);
    expect(await chosen('--where', "app = 'app-c' -- a comment")).toEqual(['c']);
    expect(await chosen('--where', "app IN ('app-a', 'it''s')")).toEqual(['a']);
    expect(await chosen('--since', DAY, '--until', DAY)).toEqual(ids);
  });

  test.each([
    [['--where', 'nothing = 1'], /--where: .*nothing.*describe requests/s],
    [['--where', "outcome = 'ok"], /--where: /],
    [['--where', 'true); DROP TABLE x; SELECT (1'], /--where: .*syntax error/],
    [['--where', "outcome = 'lost'"], /No content is kept.*log: full/],
    [['--since', '2026-12-01'], /No content is kept/],
    [['--until', 'soon'], /A day is wanted/],
  ])('refuses %j, and leaves no file', async (options, message) => {
    const data = await folderWith([content('a', asked([text('a')]), answered(text('x')))]);
    const { code, error, out } = await exportFrom(data, ...options);
    expect(error).toMatch(message);
    expect(code).toBeGreaterThan(0);
    expect([existsSync(out), existsSync(`${out}.unfinished`)]).toEqual([false, false]);
  });

  test('writes over nothing unless told', async () => {
    const data = await folderWith([content('a', asked([text('a')]), answered(text('x')))]);
    writeFileSync(join(data, 'set.jsonl'), '{"mine":true}\n');
    const refused = await exportFrom(data);
    expect([refused.code, refused.examples]).toEqual([1, [{ mine: true }]]);
    expect(refused.error).toContain('--force');
    expect((await exportFrom(data, '--force')).examples.length).toBe(1);
  });
});
