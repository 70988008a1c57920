import { Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { QueryWorkgroup } from './query-workgroup.ts';
import type { RequestLake } from './request-lake.ts';

/** What it takes to ask the request log by Athena, which reads the files with the rights of whoever asks. */
export function grantSpendQueries(grantee: Construct & IGrantable, lake: RequestLake, workgroup: QueryWorkgroup): void {
  const allow = (actions: string[], resourceArns: string[]) => Grant.addToPrincipal({ grantee, actions, resourceArns });
  allow(
    ['athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:StartQueryExecution'],
    [Stack.of(grantee).formatArn({ service: 'athena', resource: 'workgroup', resourceName: workgroup.name })],
  );
  const { glue, log } = lake.requests;
  allow(
    ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable'],
    [lake.database.catalog.catalogArn, lake.database.databaseArn, glue.tableArn],
  );
  // Athena looks for the database of this name whatever is asked for.
  // https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html#full-access-to-default-db-per-region
  allow(
    ['glue:GetDatabase'],
    [Stack.of(grantee).formatArn({ service: 'glue', resource: 'database', resourceName: 'default' })],
  );
  allow(['s3:GetBucketLocation', 's3:ListBucket'], [lake.bucket.bucketArn]);
  allow(['s3:GetObject'], [lake.bucket.arnForObjects(`${log.prefix}/*`)]);
  Validations.of(grantee).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${lake.bucketLogicalId}.Arn>/${log.prefix}/*]`,
    reason: 'The names of the files are made by Firehose; the prefix bounds them.',
  });
}
