import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { resources, synthesize } from './synthesize.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface Permission {
  readonly role: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** An ARN with what is only known at deployment in angle brackets: `<LakeBucketB1D32E10.Arn>/requests/*`. */
function render(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[kind, argument] = []] = Object.entries(value as Readonly<Record<string, unknown>>);
  if (kind === 'Ref') return `<${argument}>`;
  if (kind === 'Fn::GetAtt') return `<${(argument as readonly string[]).join('.')}>`;
  if (kind === 'Fn::Join') return ((argument as readonly unknown[])[1] as readonly unknown[]).map(render).join('');
  throw new Error(`Cannot read ${JSON.stringify(value)}`);
}

/** Without the hash that the CDK puts behind logical ids. */
const short = (text: string) => text.replaceAll(/<(\w+?)[0-9A-F]{8}([.>])/g, '<$1$2');

function permissions(template: Template): readonly Permission[] {
  const roles = resources(template, 'AWS::IAM::Role');
  const policies = resources(template, 'AWS::IAM::Policy');
  const documents = [
    ...roles.flatMap(([id, role]) =>
      ((role.Properties.Policies ?? []) as readonly { readonly PolicyDocument: unknown }[]).map((policy) => ({
        role: `<${id}>`,
        document: policy.PolicyDocument,
      })),
    ),
    ...policies.flatMap(([, { Properties }]) =>
      (Properties.Roles as readonly unknown[]).map((role) => ({
        role: render(role),
        document: Properties.PolicyDocument,
      })),
    ),
  ];
  return documents.flatMap(({ role, document }) =>
    (document as { readonly Statement: readonly Statement[] }).Statement.map((statement) => {
      expect(statement.Effect).toBe('Allow');
      return {
        role: short(role),
        actions: [...list(statement.Action)].sort(),
        resources: list(statement.Resource).map(render).map(short).sort(),
      };
    }),
  );
}

describe('permissions', () => {
  const template = synthesize();
  const all = permissions(template);

  it('are, for the gateway, these and no more', () => {
    const own = all
      .filter(({ role }) => role === '<GatewayRole>')
      .map(({ actions, resources }) => [actions, resources]);
    expect(own).toHaveLength(4);
    expect(own).toEqual(
      expect.arrayContaining([
        [['logs:CreateLogStream', 'logs:PutLogEvents'], ['<GatewayLogs.Arn>']],
        [
          [
            'dynamodb:BatchGetItem',
            'dynamodb:DeleteItem',
            'dynamodb:GetItem',
            'dynamodb:PutItem',
            'dynamodb:UpdateItem',
          ],
          ['<DataTable.Arn>'],
        ],
        [['firehose:PutRecord', 'firehose:PutRecordBatch'], ['<RequestsStream.Arn>']],
        [['secretsmanager:GetSecretValue'], ['<Secretsanthropic>', '<Secretsopenai>']],
      ]),
    );
  });

  it('are, for Firehose, writing below two prefixes and reading one table', () => {
    const own = all.filter(({ role }) => role === '<RequestsRole>');
    expect(own.flatMap(({ actions }) => actions).sort()).toEqual([
      'glue:GetTable',
      'glue:GetTableVersion',
      'glue:GetTableVersions',
      'logs:PutLogEvents',
      's3:AbortMultipartUpload',
      's3:GetBucketLocation',
      's3:GetObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:PutObject',
    ]);
  });

  it('name their actions and resources, but for the names of files that Firehose makes up', () => {
    expect(all.length).toBeGreaterThan(4);
    const wild = all
      .flatMap(({ actions, resources }) => [...actions, ...resources])
      .filter((text) => text.includes('*'));
    expect(wild.sort()).toEqual(['<LakeBucket.Arn>/errors/*', '<LakeBucket.Arn>/requests/*']);
  });

  it('come from no managed policy', () => {
    for (const [, role] of resources(template, 'AWS::IAM::Role')) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    }
  });
});
