import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { readDeployment } from '../../lib/deployment.ts';
import { createStack, resources, synthesize } from './synthesize.ts';

const TYPE = 'Custom::TollgateLimits';
const LIMITS = {
  org: { budget_month_usd: 500, time_zone: 'Europe/Berlin' },
  'team:*': { limit_rpm: 60, limit_tpm: null },
  'provider:openai/gpt-5.6': { limit_tpm: 2_000_000, shards: 4 },
};

describe('limits in a deployment', () => {
  it('are one resource a scope, which upkeep sets and is waited for three minutes', () => {
    const template = synthesize({ limits: LIMITS });
    expect(resources(template, TYPE)).toHaveLength(3);
    for (const [scope, settings] of Object.entries(LIMITS)) {
      template.hasResource(TYPE, {
        Properties: {
          ServiceToken: { 'Fn::GetAtt': [Match.stringLikeRegexp('^UpkeepFunction'), 'Arn'] },
          ServiceTimeout: '180',
          Scope: scope,
          Settings: JSON.stringify(settings),
        },
        DependsOn: Match.arrayWith([Match.stringLikeRegexp('^UpkeepRoleDefaultPolicy')]),
      });
    }
  });

  it('are none unless somebody names one, and pass the checks', () => {
    expect(resources(synthesize(), TYPE)).toEqual([]);
    expect(() => createStack({ limits: LIMITS }).app.synth()).not.toThrow();
  });

  it('are taken as text from the command line, too', () => {
    expect(readDeployment({ 'tollgate:limits': JSON.stringify(LIMITS) }).limits).toEqual(LIMITS);
  });

  it.each([
    [{ org: { budget_month_usd: -1 } }, /tollgate:limits\.org: budget_month_usd must not be negative/],
    [{ org: { budget_day_usd: 1e12 } }, /budget_day_usd must be at most 9000000/],
    [{ org: { limit_rpm: 1.5 } }, /limit_rpm must be a whole number/],
    [{ org: { limit_parallel: 1e6 } }, /limit_parallel must be at most 10000/],
    [{ org: { limit_rpm: '60' } }, /limit_rpm must be a number, or null/],
    [{ org: { rpm: 60 } }, /There is no limit "rpm"/],
    [{ team: { limit_rpm: 60 } }, /There is no scope "team"/],
    [{ 'team:a#b': { limit_rpm: 60 } }, /without "#"/],
    [{ 'team:a': { time_zone: 'Berlin' } }, /There is no time zone "Berlin"/],
    [{ 'team:a': { shards: 1_000 } }, /shards must be a whole number from 1 to 64/],
    [{ 'team:*': { shards: 2 } }, /A template holds no counters/],
    ['org=5', /tollgate:limits: must be JSON, such as/],
  ])('are refused at synth, by scope and name: %j', (limits, message) => {
    expect(() => readDeployment({ 'tollgate:limits': limits })).toThrow(message);
  });
});
