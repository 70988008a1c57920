import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogLines } from '../../../functions/adapters/log-lines.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { requestMetrics } from '../../../functions/records/emf.ts';
import { parseMetricLine } from '../../support/emf.ts';
import { fullRow, nullRow } from '../lake/rows.ts';

const parsed = parseConfig({
  providers: { openai: { dialect: 'openai-chat', baseUrl: 'https://api.example.com' } },
  models: { smart: { targets: [{ provider: 'openai', model: 'gpt' }] } },
});
if (!parsed.ok) throw new Error('The configuration is not valid.');
const { config } = parsed;
const ok = {
  ...fullRow,
  outcome: 'ok',
  provider: 'openai',
  model: 'smart',
  error_kind: null,
  unpriced: false,
  flags: [],
};
const measure = (row: typeof fullRow) => parseMetricLine(requestMetrics(row, config, 'Tollgate', 1_795_449_362_776));

describe('the metrics of a request', () => {
  it('are one line in the embedded format', () => {
    expect(measure({ ...ok, attempt_count: 2 })).toEqual({
      dimensions: { model: 'smart', provider: 'openai' },
      metrics: {
        Requests: 1,
        Errors: 0,
        InputTokens: 11 + 12 + 13 + 14 + 17,
        OutputTokens: 15 + 18,
        CostUsd: 0.001234567,
        TimeToFirstToken: 321.125,
        Overhead: 1.5,
        Failovers: 1,
      },
    });
  });

  it('say what went wrong', () => {
    const row = { ...ok, outcome: 'denied', error_kind: 'rate-limited', unpriced: true, flags: ['jailbreak'] };
    const { metrics, dimensions } = measure(row);
    expect(metrics).toMatchObject({ Errors: 1, Denials: 1, Unpriced: 1, Flagged: 1, ErrorsByKind: 1 });
    expect(dimensions).toEqual({ model: 'smart', provider: 'openai', error: 'rate-limited' });
  });

  it('are valid for a row of which nothing is known', () => {
    expect(measure(nullRow).dimensions).toEqual({ model: 'other', provider: 'none' });
  });

  it('never have a label that the configuration does not know', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')), (name) => {
        const { dimensions } = measure({ ...ok, model: name, provider: name, target_model: name, served_model: name });
        expect(dimensions).toEqual({ model: 'other', provider: 'other' });
      }),
    );
  });
});

describe('the lines of the log', () => {
  const lines = (namespace: string | undefined) => {
    const written: string[] = [];
    const log = createLogLines({
      clock: { now: () => 1_795_449_362_776 },
      namespace,
      write: (line) => written.push(line),
    });
    return { log, written };
  };

  it('are objects with a time, without secrets', () => {
    const { log, written } = lines(undefined);
    log.report('warn', 'Something.', {
      requestId: 'r',
      reason: 'mail jane@example.com',
      nothing: undefined,
      status: 401,
    });
    expect(written.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'warn',
        timestamp: '2026-11-23T15:56:02.776Z',
        message: 'Something.',
        requestId: 'r',
        reason: 'mail [email:16]',
        status: 401,
      },
    ]);
  });

  it('are metrics where they name one', () => {
    const { log, written } = lines('Tollgate');
    log.report('error', 'Refused.', { metric: 'ProviderKeyRefused', provider: 'openai' });
    log.report('warn', 'Nothing to count.', { scope: 'org' });
    log.lastResort('{"tollgate":"row"}');
    log.measure(ok, config);
    expect(parseMetricLine(written[0] ?? '')).toEqual({ metrics: { ProviderKeyRefused: 1 }, dimensions: {} });
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ metric: 'ProviderKeyRefused', provider: 'openai' });
    expect(written[1]).not.toContain('_aws');
    expect(written[2]).toBe('{"tollgate":"row"}');
    expect(parseMetricLine(written[3] ?? '').metrics).toEqual({ LogDrop: 1 });
    expect(parseMetricLine(written[4] ?? '').metrics).toMatchObject({ Requests: 1 });
  });

  it('have no metrics where nobody collects them', () => {
    const { log, written } = lines(undefined);
    log.report('error', 'Refused.', { metric: 'ProviderKeyRefused' });
    log.measure(ok, config);
    expect(written).toHaveLength(1);
    expect(written[0]).not.toContain('_aws');
  });
});
