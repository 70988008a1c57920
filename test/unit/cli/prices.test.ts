import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatRow } from '../../../functions/records/format-row.ts';
import type { AttemptRow, Row } from '../../../functions/records/row.ts';
import { convertToParquet } from '../../../local/lake.ts';
import { findNowhere } from '../../support/nowhere.ts';
import { localInfo, runCommand } from '../../support/run-cli.ts';
import { nullAttempt, nullRow } from '../lake/rows.ts';

const attempt = (change: Partial<AttemptRow>): AttemptRow => ({
  ...nullAttempt,
  provider: 'openai',
  model: 'gpt-4o',
  usage_source: 'reported',
  ...change,
});
const call = (id: string, day: string, attempts: readonly AttemptRow[]): Row => ({
  ...nullRow,
  request_id: id,
  started_at: `${day} 10:00:00.250`,
  outcome: 'ok',
  attempts,
  cost_nano_usd: attempts.reduce((sum, each) => sum + (each.cost_nano_usd ?? 0), 0),
});

const ROWS: readonly Row[] = [
  // 1,000 × $2.50 + 100 × $10 = 3,500,000
  call('1', '2026-11-20', [attempt({ input_tokens: 1_000, output_tokens: 100, cost_nano_usd: 3_500_000 })]),
  call('1', '2026-11-20', [attempt({ input_tokens: 1_000, output_tokens: 100, cost_nano_usd: 3_500_000 })]),
  // A failed attempt that nobody billed, then Claude by the caches: 10 × $2 + 500 × $0.20 + 100 × $2.50 + 20 × $10
  call('2', '2026-11-21', [
    attempt({ usage_source: 'none', input_tokens: 0, output_tokens: 0, cost_nano_usd: 0 }),
    attempt({
      provider: 'claude',
      model: 'claude-sonnet-5',
      input_tokens: 10,
      cache_read_tokens: 500,
      cache_write_5m_tokens: 100,
      output_tokens: 20,
      cost_nano_usd: 570_000,
    }),
  ]),
  // Priority, 1.7 times the list, and too dear in the log.
  call('3', '2026-11-22', [attempt({ service_tier: 'priority', input_tokens: 1_000, cost_nano_usd: 9_000_000 })]),
  // Of no known price.
  call('4', '2026-11-22', [attempt({ provider: 'vllm', model: 'own', input_tokens: 7, cost_nano_usd: 0 })]),
  // Before.
  call('5', '2026-11-19', [attempt({ input_tokens: 1_000, cost_nano_usd: 1 })]),
];

const CONFIG = {
  providers: {
    openai: { dialect: 'openai-chat', baseUrl: 'https://api.openai.com/v1' },
    claude: { dialect: 'anthropic-messages', baseUrl: 'https://api.anthropic.com', priceAs: 'anthropic' },
    vllm: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:1/v1' },
  },
  models: {
    smart: {
      targets: [{ provider: 'openai', model: 'gpt-5.6-sol' }],
      fallbacks: [{ provider: 'claude', model: 'claude-sonnet-5' }],
    },
  },
  prices: [
    {
      provider: 'vllm',
      model: 'big-*',
      input: 0.2,
      output: 0.6,
      longContext: [{ above: 1_000, input: 0.4, output: 0.6 }],
    },
  ],
};

let data = '';

beforeAll(async () => {
  const nowhere = await findNowhere();
  data = mkdtempSync(join(tmpdir(), 'tollgate-'));
  const endpoints = { dynamodb: nowhere, firehose: nowhere, secretsManager: nowhere, providers: nowhere };
  const paths = { lake: join(data, 'lake'), config: join(data, 'gateway.json') };
  writeFileSync(join(data, 'local.json'), localInfo({ endpoints, ...paths }));
  writeFileSync(join(data, 'gateway.json'), JSON.stringify(CONFIG));
  for (const [day, rows] of Map.groupBy(ROWS, (row) => row.started_at?.slice(0, 10) ?? '')) {
    const folder = join(data, 'lake', 'requests', `dt=${day}`);
    mkdirSync(folder, { recursive: true });
    const jsonLinesFile = join(data, 'rows.jsonl');
    writeFileSync(jsonLinesFile, rows.map((row) => `${formatRow(row)}\n`).join(''));
    await convertToParquet({ jsonLinesFile, parquetFile: join(folder, 'rows.parquet') });
  }
});

afterAll(() => rmSync(data, { recursive: true, force: true }));

async function ask<T>(...args: readonly string[]): Promise<T> {
  const { code, out, error } = await runCommand(['--data', data, '--json', 'prices', ...args]);
  expect([code, error]).toEqual([0, '']);
  return JSON.parse(out) as T;
}
const text = (...args: readonly string[]) => runCommand(['--data', data, 'prices', ...args]);

describe('tollgate prices show', () => {
  test('tells the rates of every class, where they come from, and what terms make of them', async () => {
    const [shown] = await ask<{ usdPerMillion: object; longContext: object[] }[]>('show', 'openai/gpt-5.6-sol');
    expect(shown).toMatchObject({
      provider: 'openai',
      model: 'gpt-5.6-sol',
      source: 'the catalogue: openai/gpt-5.6-sol',
      usdPerMillion: { input: 4, cacheRead: 0.4, cacheWrite5m: 5, output: 20 },
      longContext: [{ aboveInputTokens: 271_999, usdPerMillion: { input: 8, output: 30 } }],
      factors: { flex: 0.5, priority: 2 },
    });
    const { out } = await text('show', 'openai/gpt-5.6-sol');
    expect(out).toContain('openai/gpt-5.6-sol, 2026-11-23');
    expect(out).toMatch(/tokens +USD per million +above 271,999/);
    expect(out).toMatch(/^output +20 +30$/m);
    expect(out).toMatch(/^Terms: .*priority × 2/m);
  });

  test('goes by the day', async () => {
    const rateAt = async (day: string) => {
      const [shown] = await ask<{ usdPerMillion: { input: number } }[]>(
        'show',
        'o3',
        '--provider',
        'openai',
        '--at',
        day,
      );
      return shown?.usdPerMillion.input;
    };
    expect([await rateAt('2025-06-01'), await rateAt('2025-06-11')]).toEqual([10, 2]);
  });

  test('knows aliases, names of models, and your own prices', async () => {
    const sources = async (...args: readonly string[]) =>
      (await ask<{ provider: string; source: string }[]>('show', ...args)).map(({ provider, source }) => [
        provider,
        source,
      ]);
    expect(await sources('smart')).toEqual([
      ['openai', 'the catalogue: openai/gpt-5.6-sol'],
      ['claude', 'the catalogue: anthropic/claude-sonnet-5'],
    ]);
    expect(await sources('claude-sonnet-5')).toEqual([['claude', 'the catalogue: anthropic/claude-sonnet-5']]);
    expect(await sources('vllm/big-one')).toEqual([['vllm', 'your own prices']]);
    expect((await sources('mistral-small-latest')).map(([provider]) => provider)).toContain('mistral');
  });

  test('says which price is missing', async () => {
    const { code, error } = await text('show', 'vllm/other');
    expect(code).toBe(1);
    expect(error).toContain('No price is known for vllm/other');
    // Nobody in the catalogue has it: its name is all there is to say.
    expect((await text('show', 'nowhere')).error).toContain('No price is known for nowhere. Add one');
  });
});

describe('tollgate prices reprice', () => {
  interface Comparison {
    readonly models: {
      readonly provider: string;
      readonly model: string;
      readonly loggedNano: number;
      readonly repricedNano: number;
    }[];
    readonly total: { readonly loggedNano: number; readonly repricedNano: number; readonly unpricedAttempts: number };
  }
  const nanoOf = ({ models }: Comparison) =>
    Object.fromEntries(models.map((each) => [`${each.provider}/${each.model}`, [each.loggedNano, each.repricedNano]]));

  test('computes each attempt again, exactly, each request once', async () => {
    const found = await ask<Comparison>('reprice', '--since', '2026-11-20');
    expect(nanoOf(found)).toEqual({
      // 3,500,000 as logged, and 1,000 × $2.50 × 1.7 = 4,250,000
      'openai/gpt-4o': [12_500_000, 7_750_000],
      'claude/claude-sonnet-5': [570_000, 570_000],
      'vllm/own': [0, 0],
    });
    expect(found.total).toMatchObject({ loggedNano: 13_070_000, repricedNano: 8_320_000, unpricedAttempts: 1 });
  });

  test('by other prices, and within days', async () => {
    const day = ['--since', '2026-11-20', '--until', '2026-11-21'] as const;
    const set = ['--set', 'openai/gpt-4o:input=1,output=2', '--set', 'claude/claude-*:input=1,output=1'] as const;
    const found = await ask<Comparison>('reprice', ...day, ...set);
    expect(nanoOf(found)).toEqual({
      // 1,000 × $1 + 100 × $2
      'openai/gpt-4o': [3_500_000, 1_200_000],
      // 630 × $1
      'claude/claude-sonnet-5': [570_000, 630_000],
    });
  });

  test('shows a bar for each side of each model', async () => {
    const { code, out } = await text('reprice', '--since', '2026-11-20');
    expect(code).toBe(0);
    expect(out).toMatch(/^openai\/gpt-4o +3 .*0\.012500 +0\.007750 +-38\.0% +█{12} │ █+/m);
    expect(out).toContain('1 attempts have no known price');
  });

  test.each([
    ['openai', /PROVIDER\/MODEL:input=2\.5,output=10 is wanted/],
    ['openai/gpt-4o:input=1', /output is missing/],
    ['openai/gpt-4o:input=1,output=2,tea=3', /tea/],
  ])('refuses --set %s', async (given, message) => {
    const { code, error } = await text('reprice', '--since', '2026-11-20', '--set', given);
    expect(code).toBe(2);
    expect(error).toMatch(message);
  });
});
