import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENV, readUpkeepEnvironment } from '../../functions/env.ts';
import { functionOf, onlyResource, synthesize } from './synthesize.ts';

const template = synthesize();

describe('the upkeep function', () => {
  it('runs on arm64 with Node 24, for less than the minute until the next one', () => {
    expect(functionOf(template, 'Upkeep').Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 55,
    });
  });

  it('is called every minute by a rule that may call it, and by nobody else', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepFunction'), 'Arn'] } }],
    });
    onlyResource(template, 'AWS::Events::Rule');
    template.resourcePropertiesCountIs(
      'AWS::Lambda::Permission',
      {
        Principal: 'events.amazonaws.com',
        FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepFunction'), 'Arn'] },
        SourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepEveryMinute'), 'Arn'] },
      },
      1,
    );
  });

  it('is told exactly what its code reads', () => {
    const { Environment } = functionOf(template, 'Upkeep').Properties;
    const { Variables } = Environment as { readonly Variables: Readonly<Record<string, unknown>> };
    expect(Object.keys(Variables).sort()).toEqual([ENV.table, ENV.requestStream, 'NODE_OPTIONS'].sort());
    const text = Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, JSON.stringify(value)]));
    expect(() => readUpkeepEnvironment(text)).not.toThrow();
  });
});
