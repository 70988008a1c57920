import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import { permissions } from './permissions.ts';
import { createStack, findViolations } from './synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bedrock-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIGNS = '{ dialect: bedrock-converse, region: eu-west-1 }';
const ACTIONS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
const AWS = 'arn:<AWS::Partition>:bedrock';

function stackOf(models: string, { provider = SIGNS, options = {} } = {}) {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(
    file,
    `providers:\n  bedrock: ${provider}\n  other: { dialect: openai-chat, baseUrl: https://a.test/v1, secret: a }\n${models}`,
  );
  return createStack(options, file);
}

const withModel = (model: string): string =>
  `models: { smart: { targets: [{ provider: bedrock, model: '${model}' }] } }\n`;

const bedrockOf = (template: Template) =>
  permissions(template).filter(({ actions }) => actions.some((action) => action.startsWith('bedrock:')));

function resourcesOf(models: string, how: { readonly options?: object; readonly provider?: string } = {}) {
  const { app, stack } = stackOf(models, how);
  // Every wildcard has its reason.
  expect(findViolations(app)).toEqual([]);
  const found = bedrockOf(Template.fromStack(stack));
  for (const { role, actions } of found) expect({ role, actions }).toEqual({ role: '<GatewayRole>', actions: ACTIONS });
  return found.flatMap(({ resources }) => resources);
}

describe('a provider of Bedrock that signs', () => {
  it.each([
    ['a model of its region', 'amazon.nova-lite-v1:0', [`${AWS}:eu-west-1::foundation-model/amazon.nova-lite-v1:0`]],
    ...['us', 'eu', 'apac', 'jp', 'us-gov', 'global'].map(
      (spread) =>
        [
          `a profile (${spread}.), and its model wherever it spreads`,
          `${spread}.anthropic.claude-sonnet-4-5-20250929-v1:0`,
          [
            `${AWS}:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0`,
            `${AWS}:eu-west-1:<AWS::AccountId>:inference-profile/${spread}.anthropic.claude-sonnet-4-5-20250929-v1:0`,
          ],
        ] as const,
    ),
    [
      'what belongs to the account, by its ARN',
      'arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abc',
      ['arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abc'],
    ],
    [
      'a profile of its own, whose model nobody can tell from its ARN',
      'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc',
      [
        `${AWS}:*::foundation-model/*`,
        `${AWS}:*:<AWS::AccountId>:inference-profile/*`,
        'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc',
      ],
    ],
  ] as const)('may ask for %s', (_what, model, expected) => {
    expect(resourcesOf(withModel(model))).toEqual(expected);
  });

  it('may ask for all that the configuration names, and nothing that is another provider’s', () => {
    const target = (model: string, provider = 'bedrock') => `{ provider: ${provider}, model: ${model} }`;
    const models = `models:
  smart:
    targets: [${target('a.target')}, ${target('not.mine', 'other')}]
    fallbacks: [${target('a.fallback')}]
    shadow: { provider: bedrock, model: a.shadow, rate: 0.1 }
experiments:
  trial: { model: smart, arms: { old: { weight: 1 }, new: { weight: 1, targets: [${target('an.arm')}], fallbacks: [${target('a.target')}] } } }
`;
    const names = ['a.fallback', 'a.shadow', 'a.target', 'an.arm'];
    expect(resourcesOf(models)).toEqual(names.map((name) => `${AWS}:eu-west-1::foundation-model/${name}`));
  });

  it('asks in the region of the stack where it names none', () => {
    expect(resourcesOf(withModel('a.model'), { provider: '{ dialect: bedrock-converse }' })).toEqual([
      `${AWS}:<AWS::Region>::foundation-model/a.model`,
    ]);
  });

  it('may ask for any where the deployment says so', () => {
    const own = `${AWS}:*:<AWS::AccountId>`;
    expect(resourcesOf(withModel('a.model'), { options: { bedrockModels: 'all' } })).toEqual([
      `${AWS}:*::foundation-model/*`,
      `${own}:application-inference-profile/*`,
      `${own}:imported-model/*`,
      `${own}:inference-profile/*`,
      `${own}:provisioned-model/*`,
    ]);
  });

  it.each(['models: {}\n', withModel('*'), withModel('a.model@fast')])(
    'may ask for none that is not named by a name, and the synth says so: %s',
    (models) => {
      const { stack } = stackOf(models);
      expect(bedrockOf(Template.fromStack(stack))).toEqual([]);
      Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('tollgate:bedrockModels=all'));
    },
  );
});

it.each([
  '{ dialect: bedrock-converse, secret: bedrock }',
  '{ dialect: openai-chat, baseUrl: https://a.test/v1, secret: a }',
])('a provider that has a key, or is another, asks for no permission: %s', (provider) => {
  expect(resourcesOf(withModel('a.model'), { provider })).toEqual([]);
});
