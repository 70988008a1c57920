import { describe, expect, it } from 'vitest';
import { permissions } from './permissions.ts';
import { resources, synthesize } from './synthesize.ts';

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
        [['firehose:PutRecordBatch'], ['<ContentsStream.Arn>', '<FeedbackStream.Arn>', '<RequestsStream.Arn>']],
        [['secretsmanager:GetSecretValue'], ['<Secretsanthropic>', '<Secretsopenai>']],
      ]),
    );
  });

  it('are, for upkeep, no secrets', () => {
    const own = all.filter(({ role }) => role === '<UpkeepRole>').map(({ actions, resources }) => [actions, resources]);
    expect(own).toHaveLength(9);
    expect(own).toEqual(
      expect.arrayContaining([
        [['logs:CreateLogStream', 'logs:PutLogEvents'], ['<UpkeepLogs.Arn>']],
        [
          ['athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:StartQueryExecution'],
          [expect.stringMatching(/:athena:.*:workgroup\/<QueriesWorkgroup>$/)],
        ],
        [
          ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable'],
          [
            expect.stringMatching(/:catalog$/),
            expect.stringMatching(/:database\/<LakeDatabase>$/),
            expect.stringMatching(/:table\/<LakeDatabase>\/<LakeRequestsTable>$/),
          ],
        ],
        [['glue:GetDatabase'], [expect.stringMatching(/:database\/default$/)]],
        [['s3:GetBucketLocation', 's3:ListBucket'], ['<LakeBucket.Arn>']],
        [['s3:GetObject'], ['<LakeBucket.Arn>/requests/*']],
        [['dynamodb:Query'], ['<DataTable.Arn>/index/kind']],
        [
          ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
          ['<DataTable.Arn>'],
        ],
        [['firehose:PutRecordBatch'], ['<RequestsStream.Arn>']],
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
    expect(wild.sort()).toEqual([
      '<LakeBucket.Arn>/contents/*',
      '<LakeBucket.Arn>/errors-contents/*',
      '<LakeBucket.Arn>/errors/*',
      '<LakeBucket.Arn>/errors/*',
      '<LakeBucket.Arn>/feedback/*',
      '<LakeBucket.Arn>/requests/*',
      '<LakeBucket.Arn>/requests/*',
    ]);
  });

  it('come from no managed policy', () => {
    for (const [, role] of resources(template, 'AWS::IAM::Role')) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    }
  });
});
