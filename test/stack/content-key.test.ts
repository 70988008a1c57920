import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { permissions } from './permissions.ts';
import { createStack, findViolations, resourceOf, resources, synthesize } from './synthesize.ts';

const ARN = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';
const STREAM = 'AWS::KinesisFirehose::DeliveryStream';

/** Of a stream's files. */
function encryptionOf(template: Template, stream: string): unknown {
  const { ExtendedS3DestinationConfiguration: destination } = resourceOf(template, STREAM, stream).Properties as {
    readonly ExtendedS3DestinationConfiguration: { readonly EncryptionConfiguration?: unknown };
  };
  return destination.EncryptionConfiguration;
}

const keyPermissions = (template: Template) =>
  permissions(template).filter(({ actions }) => actions.some((action) => action.startsWith('kms:')));

describe('a key for contents', () => {
  it('is none of ours unless it is asked for', () => {
    const template = synthesize();
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(encryptionOf(template, 'Contents')).toBeUndefined();
    expect(keyPermissions(template)).toEqual([]);
  });

  it.each([
    ['create', { 'Fn::GetAtt': [expect.stringMatching(/^Encryption/), 'Arn'] }, '<Encryption.Arn>'],
    [ARN, ARN, ARN],
  ])('encrypts contents and nothing else, by %s', (contentKey, reference, resource) => {
    const { app, stack } = createStack({ contentKey });
    expect(findViolations(app)).toEqual([]);
    const template = Template.fromStack(stack);
    expect(encryptionOf(template, 'Contents')).toEqual({ KMSEncryptionConfig: { AWSKMSKeyARN: reference } });
    for (const stream of ['Requests', 'Feedback']) expect(encryptionOf(template, stream)).toBeUndefined();

    // Those who read contents are people, with permissions of their own.
    expect(keyPermissions(template)).toEqual([
      { role: '<ContentsRole>', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [resource] },
    ]);
    template.hasOutput('ContentKey', { Value: reference === ARN ? ARN : Match.anyValue() });
  });

  it('is used by Firehose through S3 only, and for the files of contents only', () => {
    const role = resourceOf(synthesize({ contentKey: 'create' }), 'AWS::IAM::Role', 'ContentsRole');
    const [{ PolicyDocument: document }] = role.Properties.Policies as readonly [
      { readonly PolicyDocument: { readonly Statement: readonly { readonly Condition?: object }[] } },
    ];
    const conditions = document.Statement.flatMap(({ Condition }) => Condition ?? []);
    const files = (prefix: string) => ({
      'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^LakeBucket/), 'Arn'] }, `/${prefix}/*`]],
    });
    expect(conditions).toEqual([
      {
        StringEquals: {
          'kms:ViaService': { 'Fn::Join': ['', ['s3.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] },
        },
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': [files('contents'), files('errors-contents')] },
      },
    ]);
  });

  it.each([
    [{}, 'Retain'],
    [{ data: 'delete' }, 'Delete'],
  ])('that is created is changed once a year, and stays as long as what it encrypted: %j', (more, policy) => {
    const [key, ...others] = resources(synthesize({ contentKey: 'create', ...more }), 'AWS::KMS::Key');
    expect(others).toEqual([]);
    expect(key?.[1]).toMatchObject({ Properties: { EnableKeyRotation: true }, DeletionPolicy: policy });
  });
});
