import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import { permissions } from './permissions.ts';
import { createStack } from './synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-bedrock-'));
afterAll(() => rmSync(folder, { recursive: true }));

function stackOf(provider: string) {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(
    file,
    `providers:\n  bedrock: ${provider}\nmodels:\n  smart: { targets: [{ provider: bedrock, model: x }] }\n`,
  );
  return createStack({}, file);
}

const bedrockOf = (template: Template) =>
  permissions(template).filter(({ actions }) => actions.some((action) => action.startsWith('bedrock:')));

describe('a provider of Bedrock', () => {
  it('that signs lets the gateway ask models, and do nothing else', () => {
    const { app, stack } = stackOf('{ dialect: bedrock-converse, region: eu-west-1 }');
    const own = 'arn:<AWS::Partition>:bedrock:*:<AWS::AccountId>';
    expect(bedrockOf(Template.fromStack(stack))).toEqual([
      {
        role: '<GatewayRole>',
        actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
        resources: [
          'arn:<AWS::Partition>:bedrock:*::foundation-model/*',
          `${own}:application-inference-profile/*`,
          `${own}:imported-model/*`,
          `${own}:inference-profile/*`,
          `${own}:provisioned-model/*`,
        ],
      },
    ]);
    const { directory } = app.synth();
    const { pluginReports } = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
    expect(pluginReports.flatMap((report: { readonly violations: unknown }) => report.violations)).toEqual([]);
  });

  it.each([
    '{ dialect: bedrock-converse, secret: bedrock }',
    '{ dialect: openai-chat, baseUrl: https://a.test/v1, secret: a }',
  ])('that has a key, or is another, asks for no permission: %s', (provider) => {
    expect(bedrockOf(Template.fromStack(stackOf(provider).stack))).toEqual([]);
  });
});
