import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { PROJECT, resources, synthesize } from './synthesize.ts';

const template = synthesize();
const alarms = resources(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
const source = globSync('functions/**/*.ts', { cwd: PROJECT })
  .map((file) => readFileSync(join(PROJECT, file), 'utf8'))
  .join('\n');

const isNotWritten = (metric: string): boolean => !source.includes(`'${metric}'`);

/** Of our own namespace: those that no AWS service publishes. */
function ownMetrics(text: string): readonly string[] {
  const inJson = [
    ...text.matchAll(/"MetricName":"(\w+)","Namespace":"Tollgate"|"Namespace":"Tollgate","MetricName":"(\w+)"/g),
  ];
  const inDashboard = [...text.matchAll(/\\"Tollgate\\",\\"(\w+)\\"|MetricName=\\\\\\"(\w+)/g)];
  return [...new Set([...inJson, ...inDashboard].flatMap(([, one, other]) => one ?? other ?? []))].sort();
}

describe('the alarms', () => {
  it('each go to the topic, say what to do, and are silent where nothing is counted', () => {
    expect(alarms.length).toBeGreaterThan(15);
    for (const alarm of alarms) {
      expect(alarm.AlarmActions).toHaveLength(1);
      expect(alarm.TreatMissingData).toBe('notBreaching');
      expect(String(alarm.AlarmDescription).length).toBeGreaterThan(40);
      expect(alarm.AlarmName).toMatch(/^tollgate-[a-z-]+$/);
    }
  });

  it('may publish to the topic, whose own policy replaces the one that would let them', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
  });

  it('hang on metrics that the functions write', () => {
    const metrics = ownMetrics(JSON.stringify(alarms));
    expect(metrics).toEqual(
      expect.arrayContaining([
        'ErrorsByKind',
        'Failures',
        'HotMeter',
        'LedgerDrift',
        'LogDrop',
        'PricesRefused',
        'ProviderKeyRefused',
        'Requests',
        'Unpriced',
      ]),
    );
    expect(metrics.filter(isNotWritten)).toEqual([]);
    // A filter over a log would count again what its lines count themselves.
    template.resourceCountIs('AWS::Logs::MetricFilter', 0);
  });

  it('look back no further than CloudWatch does: a day, and a week where a period is an hour or more', () => {
    const longest = alarms.map(({ Period, EvaluationPeriods, Metrics }) => {
      const periods = (
        Metrics as readonly { readonly MetricStat?: { readonly Period: number } }[] | undefined
      )?.flatMap(({ MetricStat }) => MetricStat?.Period ?? []) ?? [Number(Period)];
      const period = Math.max(...periods);
      return period * Number(EvaluationPeriods) <= (period >= 3_600 ? 604_800 : 86_400);
    });
    expect(longest).not.toContain(false);
  });

  it.each([
    'requests-fail',
    'log-drops',
    'unpriced',
    'ledger-fails',
    'requests-not-converted',
    'provider-key-refused',
    'upkeep-fails',
    'upkeep-fails-daily',
  ])('tell of %s', (name) => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmName: `tollgate-${name}` });
  });

  it('tell of concurrency near its limit where there is one', () => {
    const near = (options: object) =>
      resources(synthesize({ ...options }), 'AWS::CloudWatch::Alarm').flatMap(([, { Properties }]) =>
        Properties.AlarmName === 'tollgate-concurrency-near-its-limit' ? [Properties.Threshold] : [],
      );
    expect(near({})).toEqual([]);
    expect(near({ reservedConcurrency: 50 })).toEqual([40]);
  });

  it('are described in docs/operating.md, each under its name', () => {
    const guide = readFileSync(join(PROJECT, 'docs/operating.md'), 'utf8');
    const missing = alarms
      .map(({ AlarmName }) => String(AlarmName).replace('tollgate-', ''))
      .filter((name) => !guide.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  it('go by mail to whom the deployment names', () => {
    expect(resources(template, 'AWS::SNS::Subscription')).toEqual([]);
    synthesize({ alarmEmail: 'ops@example.com' }).hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });

  it('travel encrypted', () => {
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
  });
});

describe('the dashboard', () => {
  const [, dashboard] = resources(template, 'AWS::CloudWatch::Dashboard')[0] ?? [];
  const body = JSON.stringify(dashboard?.Properties.DashboardBody);

  it('shows spend, tokens, requests, errors, time to first token, overhead, denials, failovers and concurrency', () => {
    const shown = ownMetrics(body);
    expect(shown).toEqual(
      expect.arrayContaining([
        'CostUsd',
        'Denials',
        'ErrorsByKind',
        'Failovers',
        'InputTokens',
        'OutputTokens',
        'Overhead',
        'Requests',
        'TimeToFirstToken',
      ]),
    );
    expect(body).toContain('ConcurrentExecutions');
    expect(shown.filter(isNotWritten)).toEqual([]);
  });
});
