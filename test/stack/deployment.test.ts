import { describe, expect, it } from 'vitest';
import { readDeployment } from '../../lib/deployment.ts';

describe("a deployment's options", () => {
  it('have defaults, and leave the context of others alone', () => {
    expect(readDeployment({ '@aws-cdk/core:enablePartitionLiterals': true, stage: 'nobody-asked' })).toEqual({
      configFile: 'gateway.yaml',
      data: 'keep',
      memorySize: 512,
      logRetentionDays: 30,
      contentRetentionDays: 30,
      queryScanLimitGb: 10,
      urlAuth: 'keys',
      bedrockModels: 'configured',
      limits: {},
      tags: {},
    });
  });

  it('are taken as text from the command line and as JSON from cdk.json', () => {
    const json = { 'tollgate:memorySize': 1024, 'tollgate:tags': { team: 'ml', owner: '' } };
    const text = { 'tollgate:memorySize': '1024', 'tollgate:tags': 'team=ml,owner=' };
    expect(readDeployment(json)).toEqual(readDeployment(text));
    expect(readDeployment(text)).toMatchObject({ memorySize: 1024, tags: { team: 'ml', owner: '' } });
  });

  it.each([
    ['tollgate:dta', 'delete', /tollgate:dta: no such option/],
    ['tollgate:data', 'destroy', /tollgate:data: .*"keep"\|"delete"/],
    ['tollgate:stage', 'Dev_1', /lower-case letters/],
    ['tollgate:stage', 'x'.repeat(21), /at most 20/],
    ['tollgate:memorySize', '64', /tollgate:memorySize/],
    ['tollgate:memorySize', 'much', /tollgate:memorySize/],
    ['tollgate:reservedConcurrency', '-1', /tollgate:reservedConcurrency/],
    ['tollgate:logRetentionDays', 31, /periods that CloudWatch knows/],
    ['tollgate:region', 'frankfurt', /a region such as/],
    ['tollgate:tags', 'team', /tollgate:tags/],
    ['tollgate:domainName', 'ai.example.com', /certificateArn are needed together/],
    ['tollgate:certificateArn', 'arn:aws:acm:eu-west-1:123456789012:certificate/1', /certificate in us-east-1/],
    ['tollgate:webAcl', 'create', /give domainName too/],
    ['tollgate:subnetIds', 'subnet-0123456789abcdef0', /securityGroupIds are needed together/],
    ['tollgate:subnetIds', 'subnet 1', /ids such as subnet-/],
    ['tollgate:urlAuth', 'none', /"keys"\|"iam"/],
    ['tollgate:contentKey', 'alias/ours', /"create", or the ARN of a KMS key/],
    ['tollgate:bedrockModels', 'some', /"configured"\|"all"/],
    ['tollgate:alarmEmail', 'nobody', /tollgate:alarmEmail/],
  ])('are refused by name: %s=%s', (key, value, message) => {
    expect(() => readDeployment({ [key]: value })).toThrow(message);
  });
});
