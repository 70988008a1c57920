/** The options of a deployment, every value of each together with every value of every other. */
import { Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { allPairs } from '../support/all-pairs.ts';
import { createStack, resources } from './synthesize.ts';

const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
const ACL = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/ours/11111111-2222';

/** Options that only make sense together are one choice. `{}` is the default. */
const CHOICES: { readonly [name: string]: readonly Readonly<Record<string, unknown>>[] } = {
  stage: [{}, { stage: 'dev' }],
  region: [{}, { region: 'us-east-1' }],
  data: [{}, { data: 'delete' }],
  memory: [{}, { memorySize: 1769 }],
  concurrency: [{}, { reservedConcurrency: 50 }],
  entrance: [
    {},
    { urlAuth: 'iam' },
    { domainName: 'ai.example.com', certificateArn: CERTIFICATE },
    { domainName: 'ai.example.com', certificateArn: CERTIFICATE, webAcl: ACL },
    { domainName: 'ai.example.com', certificateArn: CERTIFICATE, webAcl: 'create', region: 'us-east-1' },
  ],
  network: [{}, { subnetIds: 'subnet-0123456789abcdef0', securityGroupIds: 'sg-0123456789abcdef0' }],
  writes: [{}, { maxWriteUnits: 4000 }],
  logs: [{}, { logRetentionDays: 365 }],
  rows: [{}, { rowRetentionDays: 400 }],
  contents: [{}, { contentRetentionDays: 7 }],
  contentKey: [{}, { contentKey: 'create' }],
  bedrock: [{}, { bedrockModels: 'all' }],
  scans: [{}, { queryScanLimitGb: 100 }],
  prices: [{}, { priceCatalogue: 'off' }],
  limits: [{}, { limits: '{"org":{"budget_month_usd":500}}' }],
  alarms: [{}, { alarmEmail: 'ops@example.com' }],
  tags: [{}, { tags: 'team=platform' }],
};

const combinations = allPairs(CHOICES).map((chosen) => Object.assign({}, ...Object.values(chosen)) as object);

describe('every pair of options', () => {
  it.each(combinations.map((options) => [JSON.stringify(options), options] as const))(
    'gives a stack that passes all checks: %s',
    (_name, options) => {
      const { app, stack } = createStack({ ...options });
      expect(() => app.synth()).not.toThrow();
      const template = Template.fromStack(stack);
      expect(Token.isUnresolved(stack.region) ? undefined : stack.region).toBe(
        'region' in options ? 'us-east-1' : undefined,
      );
      expect(resources(template, 'AWS::Lambda::Url')).toHaveLength(1);
      expect(resources(template, 'AWS::CloudFront::Distribution')).toHaveLength('domainName' in options ? 1 : 0);
      const kept = resources(template, 'AWS::DynamoDB::GlobalTable').map(([, { DeletionPolicy }]) => DeletionPolicy);
      expect(kept).toEqual(['data' in options ? 'Delete' : 'Retain']);
    },
  );
});
