import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { BenchReport } from '../../../bench/support/bench.ts';
import { compare } from '../../../bench/support/compare.ts';
import { formatReport } from '../../../bench/support/format-report.ts';
import { createLoadTarget } from '../../../bench/support/load.ts';
import { startSimulatedProviders } from '../../../local/providers/index.ts';

const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../../bench/run.ts', import.meta.url)), ...args]);

test('lists what there is, and names it where a name is wrong', async () => {
  expect((await run('--list')).stdout).toMatch(/^throughput: .+$/m);
  await expect(run('nonsense')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('throughput') });
});

test('two ways to the same upstream are as fast as each other, and a slow one is slower', async () => {
  const providers = await startSimulatedProviders();
  const target = (model: string, expected = '"usage"') =>
    createLoadTarget({
      url: `${providers.openaiBaseUrl}/chat/completions`,
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
      expect: expected,
    });
  const fast = target('m@fast+tokens-5');
  const slow = target('m@fast+tokens-5+slow-first-token-50');
  const broken = target('m@500');
  try {
    const load = { concurrency: 4, maxRequests: 16, maxMs: 5_000 };
    const { perSecond, firstByteMs } = await compare(fast, slow, { ...load, rounds: 3, warmUp: load });
    expect(perSecond.ratio.median).toBeLessThan(0.9);
    expect(firstByteMs.gateway).toBeGreaterThan(49);
    expect(firstByteMs.ratio.median).toBeGreaterThan(1.1);
    expect(firstByteMs.ratio.low).toBeLessThanOrEqual(firstByteMs.ratio.high);
    // An answer that is none must not count as a fast one.
    await expect(broken.round(load)).rejects.toThrow(/status 500/);
  } finally {
    await Promise.all([fast.close(), slow.close(), broken.close()]);
    await providers.close();
  }
});

test('a report says the ratios first', () => {
  const report: BenchReport = {
    groups: [
      {
        title: 'requests a second',
        better: 'higher',
        ratios: [
          { label: 'one', median: 0.5, low: 0.4, high: 0.625, direct: 200, gateway: 100, unit: '/s' },
          { label: 'two', median: 1, low: 1, high: 1, direct: 12.3, gateway: 12.3, unit: '/s' },
        ],
      },
    ],
    tables: [{ title: 'calls', columns: ['', 'DynamoDB', 'which'], rows: [['a', '9', '9 UpdateItem']] }],
    notes: ['A note.'],
  };
  expect(formatReport('name', 'about', report)).toBe(
    [
      'name: about',
      '',
      'requests a second, gateway ÷ direct (higher is better)',
      `  one  ×0.500  ${'█'.repeat(12).padEnd(24)}  [×0.400 … ×0.625]  100 /s, directly 200 /s`,
      `  two   ×1.00  ${'█'.repeat(24)}  [×1.00 … ×1.00]    12.3 /s, directly 12.3 /s`,
      '',
      'calls',
      '     DynamoDB  which',
      '  a         9  9 UpdateItem',
      '',
      '  · A note.',
      '',
    ].join('\n'),
  );
});
