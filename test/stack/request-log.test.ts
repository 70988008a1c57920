import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import {
  CONTENTS,
  FEEDBACK,
  INVOICE_COLUMNS,
  INVOICES_PREFIX,
  INVOICES_TABLE,
  REQUESTS,
} from '../../functions/records/lake-tables.ts';
import { PARTITION_COLUMN, REQUESTS_PREFIX, REQUESTS_TABLE } from '../../functions/records/row.ts';
import { onlyResource, PROJECT, type Resource, resourceOf, resources, synthesize } from './synthesize.ts';

const template = synthesize();

/** `s3://BUCKET/suffix` as a template says it. */
const inBucket = (suffix: string) => ({
  'Fn::Join': ['', ['s3://', { Ref: Match.stringLikeRegexp('^LakeBucket') }, `/${suffix}`]],
});

describe.each([
  ['LakeRequests', REQUESTS],
  ['LakeFeedback', FEEDBACK],
  ['LakeContents', CONTENTS],
])('the Glue table %s', (construct, table) => {
  const type = 'AWS::Glue::Table';

  it("has the row's columns, and the day as the partition only", () => {
    const { TableInput: input } = resourceOf(template, type, construct).Properties as {
      readonly TableInput: {
        readonly Name: string;
        readonly PartitionKeys: unknown;
        readonly StorageDescriptor: {
          readonly Columns: readonly { readonly Name: string; readonly Type: string; readonly Comment: string }[];
        };
      };
    };
    const columns = input.StorageDescriptor.Columns.map((column) => [column.Name, column.Type, column.Comment]);
    expect(input.Name).toBe(table.name);
    expect(columns).toEqual(table.columns.map((column) => [...column]));
    expect(columns.map(([name]) => name)).not.toContain(PARTITION_COLUMN);
    expect(input.PartitionKeys).toEqual([expect.objectContaining({ Name: PARTITION_COLUMN, Type: 'string' })]);
  });

  it('computes its partitions, from where Firehose writes them', () => {
    template.hasResourceProperties(type, {
      TableInput: {
        Name: table.name,
        TableType: 'EXTERNAL_TABLE',
        Parameters: {
          classification: 'parquet',
          'projection.enabled': 'true',
          'projection.dt.type': 'date',
          'projection.dt.format': 'yyyy-MM-dd',
          'projection.dt.range': '2026-01-01,NOW',
          'storage.location.template': inBucket(`${table.prefix}/${PARTITION_COLUMN}=\${${PARTITION_COLUMN}}/`),
        },
        StorageDescriptor: {
          Location: inBucket(`${table.prefix}/`),
          InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    });
  });
});

it('has a table for the bills of providers: CSV with a head, all of it text', () => {
  template.hasResourceProperties('AWS::Glue::Table', {
    TableInput: {
      Name: INVOICES_TABLE,
      Parameters: { 'skip.header.line.count': '1' },
      StorageDescriptor: {
        Location: inBucket(`${INVOICES_PREFIX}/`),
        Columns: INVOICE_COLUMNS.map(([Name, Type, Comment]) => ({ Name, Type, Comment })),
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde' },
      },
    },
  });
});

describe.each([
  ['Requests', 'LakeRequestsTable', 'requests'],
  ['Feedback', 'LakeFeedbackTable', 'feedback'],
  ['Contents', 'LakeContentsTable', 'contents'],
])('the delivery stream %s', (construct, glueTable, prefix) => {
  const type = 'AWS::KinesisFirehose::DeliveryStream';

  it('turns JSON into Parquet by the columns of the Glue table', () => {
    template.hasResourceProperties(type, {
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: {
        CompressionFormat: Match.absent(),
        DataFormatConversionConfiguration: {
          Enabled: true,
          InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
          SchemaConfiguration: {
            DatabaseName: { Ref: Match.stringLikeRegexp('^LakeDatabase') },
            TableName: { Ref: Match.stringLikeRegexp(`^${glueTable}`) },
            VersionId: 'LATEST',
          },
        },
      },
    });
  });

  it('writes rows by day, and what is no row elsewhere', () => {
    const { ExtendedS3DestinationConfiguration: destination } = resourceOf(template, type, construct).Properties as {
      readonly ExtendedS3DestinationConfiguration: { readonly Prefix: string; readonly ErrorOutputPrefix: string };
    };
    expect(destination.Prefix).toBe(`${prefix}/dt=!{timestamp:yyyy-MM-dd}/`);
    expect(destination.ErrorOutputPrefix).toContain('!{firehose:error-output-type}');
    // Athena would read whatever lies below the rows' own prefix.
    expect(destination.ErrorOutputPrefix.startsWith(`${prefix}/`)).toBe(false);
  });

  it('collects within the bounds of a conversion: 64 to 128 MB, at most 900 s', () => {
    const { ExtendedS3DestinationConfiguration: destination } = resourceOf(template, type, construct).Properties as {
      readonly ExtendedS3DestinationConfiguration: {
        readonly BufferingHints: { readonly SizeInMBs: number; readonly IntervalInSeconds: number };
      };
    };
    const { SizeInMBs, IntervalInSeconds } = destination.BufferingHints;
    expect(SizeInMBs).toBeGreaterThanOrEqual(64);
    expect(SizeInMBs).toBeLessThanOrEqual(128);
    expect(IntervalInSeconds).toBeGreaterThanOrEqual(60);
    expect(IntervalInSeconds).toBeLessThanOrEqual(900);
  });

  it('reports what it cannot deliver', () => {
    template.hasResourceProperties(type, {
      ExtendedS3DestinationConfiguration: { CloudWatchLoggingOptions: { Enabled: true } },
    });
  });
});

describe('the bucket', () => {
  const type = 'AWS::S3::Bucket';

  it('is private, encrypted, reached by TLS only, and outlives the stack', () => {
    template.hasResource(type, {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: { ServerSideEncryptionConfiguration: Match.anyValue() },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('forgets rows only where that was asked for, contents always, and never anything else', () => {
    const expiring = (candidate: Resource) =>
      (
        candidate.Properties as {
          readonly LifecycleConfiguration: { readonly Rules: readonly { readonly ExpirationInDays?: number }[] };
        }
      ).LifecycleConfiguration.Rules.filter((rule) => rule.ExpirationInDays !== undefined);
    const contents = (days: number) => [
      { ExpirationInDays: days, Prefix: 'contents/', Status: 'Enabled' },
      { ExpirationInDays: days, Prefix: 'errors-contents/', Status: 'Enabled' },
    ];
    expect(expiring(onlyResource(template, type))).toEqual(contents(30));
    expect(expiring(onlyResource(synthesize({ contentRetentionDays: 3 }), type))).toEqual(contents(3));
    expect(expiring(onlyResource(synthesize({ rowRetentionDays: 400 }), type))).toEqual([
      { ExpirationInDays: 400, Prefix: `${REQUESTS_PREFIX}/`, Status: 'Enabled' },
      { ExpirationInDays: 400, Prefix: 'feedback/', Status: 'Enabled' },
      ...contents(30),
    ]);
  });
});

describe('the workgroup', () => {
  it('runs engine 3, stops queries that would cost too much, and keeps results itself', () => {
    synthesize({ queryScanLimitGb: 2 }).hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 'tollgate',
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 2 * 1024 ** 3,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ManagedQueryResultsConfiguration: { Enabled: true },
        ResultConfiguration: Match.absent(),
      },
    });
  });

  it('has every query of the folder saved, with what it is for', () => {
    const files = readdirSync(join(PROJECT, 'queries'));
    expect(files).toContain('spend.sql');
    const queries = resources(template, 'AWS::Athena::NamedQuery').map(([, query]) => query);
    expect(queries.map((query) => `${query.Properties.Name}.sql`)).toEqual(files.sort());
    for (const query of queries) {
      expect(query.Properties.Description, `${query.Properties.Name}: the first line is a comment`).toMatch(/\S/);
      expect(query.Properties.QueryString).toContain(REQUESTS_TABLE);
      expect(query.Properties.WorkGroup).toEqual({ Ref: expect.stringMatching(/^QueriesWorkgroup/) });
    }
  });
});
