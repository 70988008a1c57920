/**
 * The permissions of the template, and the calls that the code has made in a run through all its features: each call is
 * allowed, on what it was made, and each permission was needed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENV, LOG_ENV } from '../../functions/env.ts';
import { REQUESTS_DATABASE, REQUESTS_PREFIX, REQUESTS_TABLE } from '../../functions/records/row.ts';
import type { AwsCall } from '../support/call-recorder.ts';
import { configOf } from '../support/every-feature/config.ts';
import { type Run, runEveryFeature } from '../support/every-feature/run.ts';
import { type Permission, permissions } from './permissions.ts';
import { createStack, functionOf, type Resource } from './synthesize.ts';

const PREFIX = 'arn:aws:';
/** What a secret's ARN has behind its name. */
const SUFFIX = '-AbCdEf';
const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
const DEPLOYED = {
  [ENV.originSecret]: 'cloudfront-origin',
  [LOG_ENV.workgroup]: 'tollgate',
  [LOG_ENV.database]: REQUESTS_DATABASE,
};
const folder = mkdtempSync(join(tmpdir(), 'tollgate-calls-'));

let template: Template;
let run: Run;
beforeAll(async () => {
  run = await runEveryFeature(DEPLOYED);
  const file = join(folder, 'gateway.yaml');
  // As JSON, which is YAML. The fleet adds the provider that all share.
  const { providers, ...config } = configOf('https://bedrock.example');
  const upstream = { dialect: 'openai-chat', baseUrl: 'https://upstream.example/v1', secret: 'upstream' };
  writeFileSync(file, JSON.stringify({ ...config, providers: { ...providers, upstream } }));
  const domain = { domainName: 'ai.example.com', certificateArn: CERTIFICATE };
  template = Template.fromStack(createStack(domain, file).stack);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

/** What the template leaves to the deployment, as the run has it: a function finds by a variable what its role may use. */
function namesOf(): ReadonlyMap<string, string> {
  const variables = (['Gateway', 'Upkeep'] as const).flatMap((name) => {
    const { Environment } = functionOf(template, name).Properties as {
      readonly Environment: { readonly Variables: { readonly [name: string]: string | { readonly Ref: string } } };
    };
    return Object.entries(Environment.Variables);
  });
  return new Map(
    variables.flatMap(([name, value]) =>
      typeof value === 'string' ? [] : [[withoutHash(value.Ref), run.environment[name] ?? '']],
    ),
  );
}

const KINDS: { readonly [type: string]: string } = {
  'AWS::DynamoDB::GlobalTable': 'dynamodb:us-east-1:123456789012:table/',
  'AWS::KinesisFirehose::DeliveryStream': 'firehose:us-east-1:123456789012:deliverystream/',
  'AWS::SecretsManager::Secret': 'secretsmanager:us-east-1:123456789012:secret:',
  'AWS::S3::Bucket': 's3:::',
};

/** A resource of a policy as an ARN; what stands for the log's own names keeps them. */
function resolve(resource: string): string {
  const names = namesOf();
  const all: { readonly [id: string]: Resource } = template.toJSON().Resources;
  const byId = new Map(Object.entries(all).map(([id, found]) => [withoutHash(id), found]));
  const pseudo: { readonly [name: string]: string } = {
    'AWS::Partition': 'aws',
    'AWS::Region': 'us-east-1',
    'AWS::AccountId': '123456789012',
  };
  return resource.replace(/<([\w:]+?)(\.Arn)?>/g, (token, id: string, arn: string | undefined) => {
    const known = pseudo[id];
    if (known !== undefined) return known;
    const { Type = '', Properties } = byId.get(id) ?? {};
    const { Name, TableInput } = (Properties ?? {}) as { Name?: string; TableInput?: { Name: string } };
    const isSecret = Type === 'AWS::SecretsManager::Secret';
    const name = names.get(id) ?? TableInput?.Name ?? (Type === 'AWS::S3::Bucket' ? 'lake' : Name);
    if (name === undefined) throw new Error(`Nobody knows what ${token} is called.`);
    return arn === undefined && !isSecret ? name : `${PREFIX}${KINDS[Type]}${name}${isSecret ? SUFFIX : ''}`;
  });
}

/** What AWS does with the rights of whoever asks for it. */
function inTurn(call: AwsCall): readonly AwsCall[] {
  const as = (action: string, resource: string): AwsCall => ({ ...call, action, resource });
  const [, model] = /^bedrock:inference-profile\/[a-z]+\.(.+)$/.exec(`bedrock:${call.resource}`) ?? [];
  if (model !== undefined) {
    return ['us-east-1', 'us-west-2'].map((region) =>
      as(call.action, `${PREFIX}bedrock:${region}::foundation-model/${model}`),
    );
  }
  if (call.action !== 'athena:StartQueryExecution') return [];
  const glue = ['catalog', `database/${REQUESTS_DATABASE}`, `table/${REQUESTS_DATABASE}/${REQUESTS_TABLE}`];
  return [
    ...['GetDatabase', 'GetTable', 'GetPartitions'].flatMap((action) =>
      glue.map((resource) => as(`glue:${action}`, `${PREFIX}glue:us-east-1:123456789012:${resource}`)),
    ),
    as('glue:GetDatabase', `${PREFIX}glue:us-east-1:123456789012:database/default`),
    ...['GetBucketLocation', 'ListBucket'].map((action) => as(`s3:${action}`, `${PREFIX}s3:::lake`)),
    as('s3:GetObject', `${PREFIX}s3:::lake/${REQUESTS_PREFIX}/dt=2026-11-23/file.parquet`),
  ];
}

function arnOf({ action, resource }: AwsCall): string {
  if (resource.startsWith('arn:')) return resource;
  const [service = ''] = action.split(':');
  const account = resource.startsWith('foundation-model/') ? '' : '123456789012';
  return `${PREFIX}${service}:us-east-1:${account}:${resource}${service === 'secretsmanager' ? SUFFIX : ''}`;
}

/** `*` is any number of characters, `?` is one. */
function covers(pattern: string, arn: string): boolean {
  const parts = pattern.split(/([*?])/).map((part) => (part === '*' ? '.*' : part === '?' ? '.' : RegExp.escape(part)));
  return new RegExp(`^${parts.join('')}$`).test(arn);
}

/** Lambda itself writes the log. */
const own = (role: string): readonly Permission[] =>
  permissions(template)
    .filter((each) => each.role === role && !each.actions.every((action) => action.startsWith('logs:')))
    .map((each) => ({ ...each, resources: each.resources.map(resolve) }));

it('was a run in which all went as it should', () => {
  expect(run.statuses).toEqual({
    whole: 200,
    streamed: 200,
    feedback: 200,
    'run once': 200,
    'answered again': 200,
    'failed, and released': 502,
    bedrock: 200,
    'bedrock, streamed': 200,
    embeddings: 200,
    'waited, priority 0': 200,
    'waited, priority 5': 200,
    'waited, priority 9': 200,
  });
  expect(run.upkeep).toEqual({ sweep: '', reconcile: '', prices: '', limits: '' });
});

it('left no item behind that does not say the version of its layout', () => {
  expect(run.unversioned).toEqual([]);
});

describe.each([
  ['gateway', '<GatewayRole>'],
  ['upkeep', '<UpkeepRole>'],
])('what the role of %s allows', (principal, role) => {
  const made = (): readonly AwsCall[] => {
    const direct = run.calls.filter((call) => call.principal === principal);
    return [...direct, ...direct.flatMap(inTurn)];
  };

  it('is enough: every call that was made, on what it was made', () => {
    const allowed = own(role);
    const refused = made().filter(
      (call) =>
        !allowed.some(
          ({ actions, resources }) =>
            actions.includes(call.action) && resources.some((pattern) => covers(pattern, arnOf(call))),
        ),
    );
    expect(refused).toEqual([]);
    expect(made().length).toBeGreaterThan(10);
  });

  it('is not more: every action and every resource was needed', () => {
    const calls = made();
    const idle = own(role).flatMap(({ actions, resources }) => {
      const used = calls.filter(
        (call) => actions.includes(call.action) && resources.some((pattern) => covers(pattern, arnOf(call))),
      );
      return [
        ...actions.filter((action) => !used.some((call) => call.action === action)),
        ...resources.filter((pattern) => !used.some((call) => covers(pattern, arnOf(call)))),
      ];
    });
    expect(idle).toEqual([]);
  });
});

it('belong to nobody else', () => {
  expect(new Set(run.calls.map(({ principal }) => principal))).toEqual(new Set(['gateway', 'upkeep']));
});
