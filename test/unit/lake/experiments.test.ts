import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FeedbackRow } from '../../../functions/records/feedback-row.ts';
import { formatFeedback, formatRow } from '../../../functions/records/format-row.ts';
import { FEEDBACK, type LakeTable, REQUESTS } from '../../../functions/records/lake-tables.ts';
import type { Row } from '../../../functions/records/row.ts';
import { convertToParquet } from '../../../local/lake.ts';
import { dataFolder, runCommand } from '../../support/run-cli.ts';
import { nullRow } from './rows.ts';

const row = (id: string, change: Partial<Row>): Row => ({
  ...nullRow,
  request_id: id,
  started_at: '2026-11-20 10:00:00.000',
  experiment: 'prompts',
  arm: 'control',
  shadow: false,
  outcome: 'ok',
  attempt_count: 1,
  input_tokens: 80,
  cache_read_tokens: 20,
  output_tokens: 50,
  cost_nano_usd: 1_000_000,
  total_ms: 1_000,
  time_to_first_token_ms: 200,
  ...change,
});

const judged = (id: string, score: number, change: Partial<FeedbackRow> = {}): FeedbackRow => ({
  feedback_id: `fb_${id}_${score}`,
  request_id: id,
  received_at: '2026-11-20 10:05:00.000',
  key_id: 'key_1',
  score,
  label: null,
  comment: null,
  gateway_version: '0',
  ...change,
});

async function store(data: string, table: LakeTable, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const folder = join(data, 'lake', table.prefix, 'dt=2026-11-20');
  mkdirSync(folder, { recursive: true });
  const jsonLinesFile = join(data, `${table.name}.jsonl`);
  writeFileSync(jsonLinesFile, lines.map((line) => `${line}\n`).join(''));
  await convertToParquet({ jsonLinesFile, parquetFile: join(folder, 'rows.parquet'), columns: table.columns });
}

async function show(rows: readonly Row[], feedback: readonly FeedbackRow[], ...args: readonly string[]) {
  const data = dataFolder();
  await store(data, REQUESTS, rows.map(formatRow));
  await store(data, FEEDBACK, feedback.map(formatFeedback));
  return runCommand(['experiments', 'show', 'prompts', '--data', data, ...args]);
}

/** 40 requests an arm; the candidate costs 31 % less, and is liked a little less. */
const ARMS = ['control', 'candidate'] as const;
const ROWS = ARMS.flatMap((arm, at) =>
  Array.from({ length: 40 }, (_, index) =>
    row(`${arm}-${index}`, {
      arm,
      cost_nano_usd: (at === 0 ? 1_000_000 : 690_000) + (index % 2 === 0 ? 1_000 : -1_000),
      total_ms: (at === 0 ? 1_000 : 500) + index,
      time_to_first_token_ms: 100 + index,
    }),
  ),
);
const FEEDBACK_ROWS = ARMS.flatMap((arm, at) =>
  Array.from({ length: 25 }, (_, index) => judged(`${arm}-${index}`, index < (at === 0 ? 20 : 19) ? 1 : 0)),
);

describe('experiments show', () => {
  it('has the figures of each arm, its score with an interval, and the differences', async () => {
    const { code, out } = await show(ROWS, FEEDBACK_ROWS, '--json');
    expect(code).toBe(0);
    const { arms, comparisons, ...head } = JSON.parse(out);
    expect(head).toEqual({ name: 'prompts', since: '2026-10-24', control: 'control' });
    expect(arms).toMatchObject([
      {
        arm: 'candidate',
        requests: 40,
        errors: 0,
        totalMs: { p50: 519, p95: 537 },
        firstTokenMs: { p50: 119, p95: 137 },
        inputTokens: 4_000,
        outputTokens: 2_000,
        costUsd: 0.0276,
        scores: [{ label: null, count: 25, mean: 0.76, method: 'wilson' }],
      },
      { arm: 'control', requests: 40, costUsd: 0.04, scores: [{ count: 25, mean: 0.8 }] },
    ]);
    // Wilson, 19 of 25.
    expect(arms[0].scores[0].interval.low).toBeCloseTo(0.5657, 4);
    expect(arms[0].scores[0].interval.high).toBeCloseTo(0.885, 4);
    expect(comparisons).toHaveLength(1);
    expect(comparisons[0]).toMatchObject({ arm: 'candidate', errors: { value: 0 } });
    expect(comparisons[0].costShare).toBeCloseTo(-0.31, 9);
    expect(comparisons[0].cost.interval.high).toBeLessThan(0);
    expect(comparisons[0].scores[0].interval.low).toBeLessThan(0);
    expect(comparisons[0].scores[0].interval.high).toBeGreaterThan(0);
  });

  it('says in plain words what follows', async () => {
    const { out } = await show(ROWS, FEEDBACK_ROWS);
    expect(out).toContain(
      'Arm candidate costs 31 % less a request than control; its median latency is 49 % lower; it fails as often; its score is lower by 0.04, within chance.',
    );
    expect(out).toMatch(/control +1,?\d{3} +█{24}/);
    expect(out).toContain('by Wilson and Newcombe');
  });

  it('counts each request once, and none that was never sent, or that nobody got', async () => {
    const { out } = await show(
      [
        row('twice', {}),
        row('twice', {}),
        row('twice', { outcome: 'lost', attempt_count: null, cost_nano_usd: 9 }),
        row('denied', { outcome: 'denied', attempt_count: 0 }),
        row('repeat', { attempt_count: 0, cost_nano_usd: 0 }),
        row('shadow', { shadow: true, shadow_of: 'twice' }),
        row('elsewhere', { experiment: 'other' }),
        row('failed', { outcome: 'failed', total_ms: 60_000 }),
        row('lost', { outcome: 'lost', attempt_count: null }),
        row('before', { started_at: '2026-09-01 00:00:00.000' }),
      ],
      [],
      '--json',
    );
    expect(JSON.parse(out).arms).toMatchObject([{ arm: 'control', requests: 3, errors: 2, totalMs: { p95: 1_000 } }]);
  });

  it('takes the last score of a request, each label for itself, and others than 0 and 1 by their mean', async () => {
    const { out } = await show(
      [row('a', {}), row('b', {}), row('c', { arm: 'candidate' })],
      [
        judged('a', 1, { received_at: '2026-11-20 10:05:00.000' }),
        judged('a', 4, { received_at: '2026-11-20 11:05:00.000' }),
        judged('a', 4, { received_at: '2026-11-20 11:05:00.000' }),
        judged('b', 2),
        judged('b', 1, { label: 'polite' }),
        judged('c', 3),
        judged('unknown', 5),
      ],
      '--json',
    );
    const { arms, comparisons } = JSON.parse(out);
    const control = arms.find(({ arm }: { arm: string }) => arm === 'control');
    expect(control.scores).toMatchObject([
      { label: 'polite', count: 1, mean: 1 },
      { label: null, count: 2, mean: 3, method: 't' },
    ]);
    // 3 ± 12.706 × 1.4142 / √2
    expect(control.scores[1].interval.high).toBeCloseTo(3 + 12.7062, 3);
    expect(comparisons[0].scores).toEqual([{ label: null, value: 0, interval: null }]);
  });

  it('says where there is nothing, and wants a name that can be one', async () => {
    expect((await show([], [])).out).toBe('No requests of the experiment prompts since 2026-10-24, UTC.\n');
    expect((await show(ROWS, [], '--control', 'gone')).error).toContain('an arm "gone"');
    const { code, error } = await runCommand(['experiments', 'show', "x' OR '1'='1"]);
    expect(code).toBe(2);
    expect(error).toContain('The name of an experiment is wanted');
  });
});
