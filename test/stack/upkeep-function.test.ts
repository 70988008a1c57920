import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ENV,
  LOG_ENV,
  READ_LOADS_EVENT,
  RECONCILE_EVENT,
  REFRESH_PRICES_EVENT,
  readLogEnvironment,
  readUpkeepEnvironment,
} from '../../functions/env.ts';
import { createStack, functionOf, synthesize } from './synthesize.ts';

const template = synthesize();

describe('the upkeep function', () => {
  it('runs on arm64 with Node 24, long enough for the answers of Athena', () => {
    expect(functionOf(template, 'Upkeep').Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: 600,
    });
  });

  it('is called every minute and twice a day by rules that may call it, and by nobody else', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepFunction'), 'Arn'] } }],
    });
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'cron(20 5,17 * * ? *)',
      State: 'ENABLED',
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepFunction'), 'Arn'] },
          Input: JSON.stringify(RECONCILE_EVENT),
        },
      ],
    });
    template.resourceCountIs('AWS::Events::Rule', 3);
    for (const rule of ['EveryMinute', 'TwiceADay', 'EveryDay']) {
      template.resourcePropertiesCountIs(
        'AWS::Lambda::Permission',
        {
          Principal: 'events.amazonaws.com',
          FunctionName: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepFunction'), 'Arn'] },
          SourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^Upkeep${rule}`), 'Arn'] },
        },
        1,
      );
    }
  });

  it('is asked once a day to refresh the prices, unless that is off', () => {
    const daily = { ScheduleExpression: 'rate(1 day)', State: 'ENABLED' };
    template.hasResourceProperties('AWS::Events::Rule', {
      ...daily,
      Targets: [{ Input: JSON.stringify(REFRESH_PRICES_EVENT) }],
    });
    const off = synthesize({ priceCatalogue: 'off' });
    off.resourcePropertiesCountIs('AWS::Events::Rule', daily, 0);
    expect(functionOf(off, 'Upkeep').Properties).toMatchObject({
      Environment: { Variables: { [ENV.priceCatalogue]: 'off' } },
    });
  });

  it('is told exactly what its code reads', () => {
    const { Environment } = functionOf(template, 'Upkeep').Properties;
    const { Variables } = Environment as { readonly Variables: Readonly<Record<string, unknown>> };
    expect(Object.keys(Variables).sort()).toEqual(
      [ENV.table, ENV.requestStream, ENV.metricsNamespace, LOG_ENV.workgroup, LOG_ENV.database, 'NODE_OPTIONS'].sort(),
    );
    const text = Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, JSON.stringify(value)]));
    expect(() => [readUpkeepEnvironment(text), readLogEnvironment(text)]).not.toThrow();
  });
});

describe('where model servers say how busy they are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-upkeep-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'gateway.yaml');
  const network = { subnetIds: 'subnet-0123456789abcdef0', securityGroupIds: 'sg-0123456789abcdef0' };
  writeFileSync(
    file,
    'providers:\n  vllm: { preset: vllm, baseUrls: [http://10.0.1.4:8000/v1, http://10.0.1.5:8000/v1], metricsPath: /metrics }\n',
  );

  it('upkeep asks them every minute, from where they stand, with the configuration beside its code', () => {
    const { app, stack } = createStack(network, file);
    expect(() => app.synth()).not.toThrow();
    const asking = Template.fromStack(stack);
    asking.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      Targets: [{ Input: JSON.stringify(READ_LOADS_EVENT) }],
    });
    expect(functionOf(asking, 'Upkeep').Properties).toMatchObject({
      VpcConfig: { SubnetIds: [network.subnetIds], SecurityGroupIds: [network.securityGroupIds] },
      Environment: { Variables: { [ENV.configFile]: 'gateway.json' } },
    });
  });

  it('and not elsewhere', () => {
    expect(functionOf(synthesize(network), 'Upkeep').Properties).not.toHaveProperty('VpcConfig');
  });
});
