import { Duration, RemovalPolicy, Size, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  DeliveryStream,
  EnableLogging,
  InputFormat,
  OutputFormat,
  S3Bucket,
  SchemaConfiguration,
  StreamEncryption,
} from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { PARTITION_COLUMN } from '../functions/records/row.ts';
import { ERRORS_PREFIX } from './names.ts';
import type { GlueTable, RequestLake } from './request-lake.ts';

export interface RequestStreamProps {
  readonly lake: RequestLake;
  /** Where the rows end. */
  readonly table: GlueTable;
  /**
   * Where records go that are no row, by kind of failure and day.
   * @default ERRORS_PREFIX
   */
  readonly errorsPrefix?: string;
  readonly logRetention: RetentionDays;
  /**
   * What the files are encrypted with.
   * @default - a key of S3's own
   */
  readonly encryptionKey?: IKey;
  /**
   * How long rows are collected into one file: the longest that a row takes to be seen by a query. Below the size of
   * a full buffer this alone decides how many files there are, and each costs a query time and money.
   * @default Duration.minutes(5)
   */
  readonly bufferingInterval?: Duration;
}

/** Takes rows as JSON lines and writes them to the lake as Parquet files by day. */
export class RequestStream extends Construct {
  readonly stream: DeliveryStream;

  constructor(scope: Construct, id: string, props: RequestStreamProps) {
    super(scope, id);
    const { lake, table, errorsPrefix = ERRORS_PREFIX } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = this.#createRole(props, errorsPrefix, logGroup);

    this.stream = new DeliveryStream(this, 'Stream', {
      encryption: StreamEncryption.awsOwnedKey(),
      destination: new S3Bucket(lake.bucket, {
        // The L2 would add rights to delete and to read every object; the role below has what Firehose documents.
        role: role.withoutPolicyUpdates(),
        ...(props.encryptionKey === undefined ? {} : { encryptionKey: props.encryptionKey }),
        loggingConfig: new EnableLogging(logGroup),
        // By the time of arrival, in UTC.
        dataOutputPrefix: `${table.log.prefix}/${PARTITION_COLUMN}=!{timestamp:yyyy-MM-dd}/`,
        errorOutputPrefix: `${errorsPrefix}/!{firehose:error-output-type}/${PARTITION_COLUMN}=!{timestamp:yyyy-MM-dd}/`,
        bufferingInterval: props.bufferingInterval ?? Duration.minutes(5),
        // Conversion wants 64 MB at least. The most makes the best Parquet; the interval is met first at most sites.
        bufferingSize: Size.mebibytes(128),
        dataFormatConversion: {
          inputFormat: InputFormat.OPENX_JSON,
          outputFormat: OutputFormat.PARQUET,
          schemaConfiguration: SchemaConfiguration.fromCfnTable(table.cfn),
        },
      }),
    });
  }

  grantWrite(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['firehose:PutRecordBatch'],
      resourceArns: [this.stream.deliveryStreamArn],
    });
  }

  /**
   * The policy is inline because Firehose tries out its rights when the stream is created: a policy of its own could
   * come later.
   */
  #createRole({ lake, table, encryptionKey }: RequestStreamProps, errorsPrefix: string, logGroup: LogGroup): Role {
    const prefixes = [table.log.prefix, errorsPrefix];
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com'),
      description: 'Lets Firehose write the request log.',
      inlinePolicies: {
        deliver: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
              resources: [lake.bucket.bucketArn],
            }),
            new PolicyStatement({
              actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
              resources: prefixes.map((prefix) => lake.bucket.arnForObjects(`${prefix}/*`)),
            }),
            new PolicyStatement({
              actions: ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
              resources: [lake.database.catalog.catalogArn, lake.database.databaseArn, table.glue.tableArn],
            }),
            new PolicyStatement({ actions: ['logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
            ...(encryptionKey === undefined ? [] : [this.#useKey(encryptionKey, lake, prefixes)]),
          ],
        }),
      },
    });
    Validations.of(role).acknowledge(
      ...prefixes.map((prefix) => ({
        id: `AwsSolutions-IAM5[Resource::<${lake.bucketLogicalId}.Arn>/${prefix}/*]`,
        reason: 'The names of the files are made by Firehose; the prefix bounds them.',
      })),
    );
    return role;
  }

  /** Only by way of S3, and only for files of this stream's: S3 names them to KMS. */
  #useKey(key: IKey, { bucket }: RequestLake, prefixes: readonly string[]): PolicyStatement {
    const { region, urlSuffix } = Stack.of(this);
    return new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [key.keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` },
        StringLike: {
          'kms:EncryptionContext:aws:s3:arn': prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/*`)),
        },
      },
    });
  }
}
