import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  CfnTable,
  Database,
  DataFormat,
  DateIntervalUnit,
  PartitionProjectionConfiguration,
  S3Table,
  S3TableStorage,
  Schema,
} from 'aws-cdk-lib/aws-glue';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CONTENTS, FEEDBACK, LAKE_TABLES, type LakeTable, REQUESTS } from '../functions/records/lake-tables.ts';
import { PARTITION_COLUMN } from '../functions/records/row.ts';
import { CONTENT_ERRORS_PREFIX } from './names.ts';

/** No row is older than this: projection makes one partition for every day since. */
const FIRST_DAY = '2026-01-01';

export interface RequestLakeProps {
  readonly database: string;
  /**
   * Whether the rows outlive the stack.
   * @default true
   */
  readonly keep?: boolean;
  /**
   * After how long rows are deleted.
   * @default - never
   */
  readonly rowRetention?: Duration;
  /** After how long contents are deleted, which hold what people wrote. */
  readonly contentRetention: Duration;
}

/** One of the log's tables: what lies where, and how Athena and Firehose see it. */
export interface GlueTable {
  readonly log: LakeTable;
  readonly glue: S3Table;
  /** For Firehose, which reads the columns from it. */
  readonly cfn: CfnTable;
}

/** The log at rest: Parquet files by day in a bucket, and the tables that Athena and Firehose see them as. */
export class RequestLake extends Construct {
  readonly bucket: IBucket;
  readonly database: Database;
  readonly requests: GlueTable;
  readonly feedback: GlueTable;
  readonly contents: GlueTable;

  constructor(scope: Construct, id: string, props: RequestLakeProps) {
    super(scope, id);
    const { keep = true, rowRetention, contentRetention } = props;

    const bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Kept, except when a first deployment fails: nothing is in it then.
      removalPolicy: keep ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(7) },
        ...(rowRetention === undefined
          ? []
          : LAKE_TABLES.filter((table) => table !== CONTENTS).map(({ prefix }) => ({
              prefix: `${prefix}/`,
              expiration: rowRetention,
            }))),
        { prefix: `${CONTENTS.prefix}/`, expiration: contentRetention },
        { prefix: `${CONTENT_ERRORS_PREFIX}/`, expiration: contentRetention },
      ],
    });
    // Asserted because the CDK's types are made without exactOptionalPropertyTypes.
    this.bucket = bucket as IBucket;
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Access logs would need a second bucket that is never looked at; CloudTrail data events serve an audit.',
    });

    this.database = new Database(this, 'Database', {
      databaseName: props.database,
      description: 'Tollgate: what was asked of which model, by whom, and what it cost.',
      // Only a description of the files: made again by the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });

    this.requests = this.#table('Requests', REQUESTS, 'One row a request');
    this.feedback = this.#table('Feedback', FEEDBACK, 'What callers say about answers');
    this.contents = this.#table('Contents', CONTENTS, 'What was asked and answered, redacted, in parts');
  }

  #table(id: string, log: LakeTable, description: string): GlueTable {
    const glue = new S3Table(this, id, {
      database: this.database,
      tableName: log.name,
      description: `${description}, delivered at least once: deduplicate by ${log.columns[0]?.[0]}.`,
      storage: S3TableStorage.fromBucket(this.bucket),
      s3Prefix: `${log.prefix}/`,
      dataFormat: DataFormat.PARQUET,
      columns: log.columns.map(([name, type, comment]) => ({ name, type: Schema.custom(type), comment })),
      partitionKeys: [{ name: PARTITION_COLUMN, type: Schema.STRING, comment: 'Day of arrival, UTC: yyyy-MM-dd.' }],
      // Encryption is S3's own; this flag is for data that clients encrypted.
      hasEncryptedData: false,
      // Partitions are computed from the day, so that no crawler and no ADD PARTITION ever has to run.
      partitionProjection: {
        [PARTITION_COLUMN]: PartitionProjectionConfiguration.date({
          min: FIRST_DAY,
          max: 'NOW',
          format: 'yyyy-MM-dd',
          step: { interval: 1, intervalUnit: DateIntervalUnit.DAYS },
        }),
      },
      parameters: {
        'storage.location.template': this.bucket.s3UrlForObject(
          `${log.prefix}/${PARTITION_COLUMN}=\${${PARTITION_COLUMN}}/`,
        ),
      },
    });
    const cfn = glue.node.findChild('Table');
    if (!CfnTable.isCfnTable(cfn)) throw new Error('The Glue table has no resource named Table any more.');
    return { log, glue, cfn };
  }

  /** Rules name the bucket by it. */
  get bucketLogicalId(): string {
    const bucket = this.bucket.node.defaultChild;
    if (!CfnBucket.isCfnBucket(bucket)) throw new Error('The bucket has no resource of its own any more.');
    return Stack.of(this).getLogicalId(bucket);
  }
}
