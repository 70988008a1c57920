import { describe, expect, it } from 'vitest';
import { formatMeter, formatMeters } from '../../../cli/format-meters.ts';
import type { MeterReport } from '../../../functions/adapters/meter-admin.ts';

const report = (changes: Partial<MeterReport> = {}): MeterReport => ({
  scope: 'team:search',
  limits: {},
  inherited: {},
  timeZone: 'UTC',
  shards: 1,
  minute: { requests: 0, tokens: 0 },
  day: { id: '2026-11-23', usd: 0 },
  month: { id: '2026-11', usd: 0.005424 },
  reservedUsd: 0,
  inFlight: [],
  ...changes,
});

describe('a meter', () => {
  it('shows limits beside use, and what nobody counts as that', () => {
    expect(formatMeter(report()).split('\n')).toEqual([
      'team:search                used     limit  share',
      '─────────────────────  ────────  ────────  ─────',
      'requests, last minute         –  no limit',
      'tokens, last minute           –  no limit',
      'requests at once              –  no limit',
      'USD, 2026-11-23 (UTC)      0.00  no limit',
      'USD, 2026-11 (UTC)     0.005424  no limit',
    ]);
  });

  it('shows no sum for a provider without limits, of which only a part is counted', () => {
    expect(formatMeter(report({ scope: 'provider:openai' }))).not.toContain('0.005424');
    expect(formatMeter(report({ scope: 'provider:openai', limits: { limit_rpm: 5 } }))).toContain('0.005424');
  });

  it('draws how much is used, and tells what is in flight', () => {
    const inFlight = [
      { request: 'aaaaaaaaaa', expiresAt: '2026-11-23T12:10:00.000Z', abandoned: false },
      { request: 'bbbbbbbbbb', expiresAt: '2026-11-23T11:10:00.000Z', abandoned: true },
    ];
    const limits = { limit_rpm: 1200, limit_parallel: 4, budget_month_usd: 10 };
    const month = { id: '2026-11', usd: 12.5 };
    const text = formatMeter(
      report({ limits, inFlight, month, minute: { requests: 300, tokens: 4000 }, reservedUsd: 0.25 }),
    );
    expect(text.split('\n')).toEqual([
      'team:search             used     limit  share',
      '─────────────────────  ─────  ────────  ─────────────────────────',
      'requests, last minute    300     1,200   25% █████',
      'tokens, last minute    4,000  no limit',
      'requests at once           2         4   50% ██████████',
      'USD, 2026-11-23 (UTC)   0.00  no limit',
      'USD, 2026-11 (UTC)     12.50     10.00  125% ████████████████████',
      '',
      'In flight: 2, for which 0.25 USD of the above is reserved as the most they can cost.',
      'Of these, 1 will not come back: their process has died.',
    ]);
  });

  it('says what is wrong with one that cannot be read', () => {
    expect(formatMeter(report({ problem: 'The item is broken.' }))).toBe('team:search\n\nThe item is broken.');
  });
});

describe('all meters', () => {
  it('shows the limit that is nearest, and hides no broken one', () => {
    const reports = [
      report({ limits: { limit_rpm: 0, budget_month_usd: 10 } }),
      report({ scope: 'team:other', limits: { budget_month_usd: 10 }, month: { id: '2026-11', usd: 2.5 } }),
      report({ scope: 'team:broken', problem: 'The item is broken.' }),
      report({ scope: 'org' }),
    ];
    expect(formatMeters(reports, undefined).split('\n')).toEqual([
      'scope        requests/min  tokens/min  at once  USD today     USD this month  tightest',
      '───────────  ────────────  ──────────  ───────  ─────────  ─────────────────  ───────────────────',
      'team:search        0 of 0           0        0       0.00  0.005424 of 10.00  100% ██████████',
      'team:other              –           –        0       0.00      2.50 of 10.00   25% ██▌',
      'team:broken             ?           ?        ?          ?                  ?  The item is broken.',
      'org                     –           –        –       0.00           0.005424',
    ]);
  });
});
