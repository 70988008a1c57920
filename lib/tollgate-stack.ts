import { join, resolve } from 'node:path';
import { CfnOutput, Duration, type Environment, Fn, Size, Stack, Validations } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { bundledConfigVersion } from './bundled-config.ts';
import { contentKey } from './content-key.ts';
import { CustomDomain } from './custom-domain.ts';
import { DataTable } from './data-table.ts';
import type { Deployment } from './deployment.ts';
import { GatewayDashboard } from './gateway-dashboard.ts';
import { GatewayFunction } from './gateway-function.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { grantBedrock } from './grant-bedrock.ts';
import { grantSpendQueries } from './grant-spend-queries.ts';
import { InvoiceTable } from './invoice-table.ts';
import { loadConfig } from './load-config.ts';
import { MeterLimits } from './meter-limits.ts';
import { CONTENT_ERRORS_PREFIX, type StageNames, stageNames } from './names.ts';
import { OUTPUTS } from './outputs.ts';
import { ProviderSecrets } from './provider-secrets.ts';
import { QueryWorkgroup } from './query-workgroup.ts';
import { RequestLake } from './request-lake.ts';
import { RequestStream } from './request-stream.ts';
import { UpkeepFunction } from './upkeep-function.ts';
import { WebAcl } from './web-acl.ts';
import { type Watched, whatRings } from './what-rings.ts';

const PROJECT = resolve(import.meta.dirname, '..');

/** Name of the secret that CloudFront shows; no provider's can be called so without a deployment that says it is taken. */
const ORIGIN_SECRET = 'cloudfront-origin';

export interface TollgateStackProps extends Omit<Deployment, 'region'> {
  /**
   * Account and region.
   * @default - where the AWS credentials in use point at deployment
   */
  readonly env?: Environment;
}

/** Everything that one installation of Tollgate is. Composes; the details are each construct's own. */
export class TollgateStack extends Stack {
  constructor(scope: Construct, props: TollgateStackProps) {
    const names = stageNames(props.stage);
    super(scope, names.stack, {
      description: 'Tollgate: a serverless inference gateway.',
      tags: { application: 'tollgate', ...props.tags },
      ...(props.env === undefined ? {} : { env: props.env }),
    });
    Validations.of(this).acknowledge(
      {
        id: 'CloudFormation-Validate::W7001',
        reason: 'The CDK adds a mapping of address ranges to every stack with a delivery stream, used or not.',
      },
      {
        id: 'Serverless-LambdaTracing',
        reason: 'Every request has its times in its row of the log; X-Ray would charge for a sample of the same.',
      },
    );
    const config = loadConfig(props.configFile);
    const keep = props.data === 'keep';
    const logRetention: RetentionDays = props.logRetentionDays;

    const data = new DataTable(this, 'Data', {
      keep,
      ...(props.maxWriteUnits === undefined ? {} : { maxWriteRequestUnits: props.maxWriteUnits }),
    });
    const secrets = new ProviderSecrets(this, 'Secrets', {
      prefix: names.prefix,
      names: Object.values(config.providers).flatMap((provider) => provider.secret ?? []),
    });
    const lake = new RequestLake(this, 'Lake', {
      database: names.database,
      keep,
      contentRetention: Duration.days(props.contentRetentionDays),
      ...(props.rowRetentionDays === undefined ? {} : { rowRetention: Duration.days(props.rowRetentionDays) }),
    });
    const requests = new RequestStream(this, 'Requests', { lake, table: lake.requests, logRetention });
    const feedback = new RequestStream(this, 'Feedback', { lake, table: lake.feedback, logRetention });
    new InvoiceTable(this, 'Invoices', { bucket: lake.bucket, database: lake.database });
    const key =
      props.contentKey === undefined ? undefined : contentKey(this, 'Encryption', { choice: props.contentKey, keep });
    const contents = new RequestStream(this, 'Contents', {
      ...(key === undefined ? {} : { encryptionKey: key }),
      lake,
      table: lake.contents,
      errorsPrefix: CONTENT_ERRORS_PREFIX,
      logRetention,
    });
    const queries = new QueryWorkgroup(this, 'Queries', {
      name: names.prefix,
      database: lake.database.databaseName,
      queriesFolder: join(PROJECT, 'queries'),
      scanLimit: Size.gibibytes(props.queryScanLimitGb),
    });
    const { subnetIds, securityGroupIds } = props;
    const network =
      subnetIds === undefined || securityGroupIds === undefined ? {} : { network: { subnetIds, securityGroupIds } };
    const gateway = new GatewayFunction(this, 'Gateway', {
      config,
      environment: {
        table: data.table.tableName,
        requestStream: requests.stream.deliveryStreamName,
        feedbackStream: feedback.stream.deliveryStreamName,
        contentStream: contents.stream.deliveryStreamName,
        secretPrefix: names.prefix,
        metricsNamespace: names.stack,
        ...(props.domainName === undefined ? {} : { originSecret: ORIGIN_SECRET }),
      },
      logRetention,
      urlAuth: props.urlAuth,
      memorySize: props.memorySize,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrency: props.reservedConcurrency }),
      ...network,
    });

    const upkeep = new UpkeepFunction(this, 'Upkeep', {
      config,
      environment: {
        table: data.table.tableName,
        requestStream: requests.stream.deliveryStreamName,
        workgroup: queries.name,
        database: lake.database.databaseName,
        metricsNamespace: names.stack,
        ...(props.priceCatalogue === undefined ? {} : { priceCatalogue: props.priceCatalogue }),
      },
      logRetention,
      ...network,
    });

    data.grantRequests(gateway);
    secrets.grantRead(gateway);
    grantBedrock(gateway, { config, models: props.bedrockModels });
    requests.grantWrite(gateway);
    feedback.grantWrite(gateway);
    contents.grantWrite(gateway);
    data.grantUpkeep(upkeep);
    requests.grantWrite(upkeep);
    this.#addDomain(props, names, gateway);
    grantSpendQueries(upkeep, lake, queries);
    this.#addWatch(props, names, {
      metrics: gatewayMetrics(this),
      gateway: gateway.handler,
      upkeep: upkeep.handler,
      table: data.table.tableName,
      streams: {
        requests: requests.stream.deliveryStreamName,
        feedback: feedback.stream.deliveryStreamName,
        contents: contents.stream.deliveryStreamName,
      },
      reservedConcurrency: props.reservedConcurrency,
    });
    new MeterLimits(this, 'Limits', { limits: props.limits, upkeep });

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output(OUTPUTS.url, gateway.url, 'The gateway: the base URL of OpenAI clients is this with v1 behind it.');
    output(OUTPUTS.table, data.table.tableName, 'Keys, meters and open reservations.');
    output(OUTPUTS.requestStream, requests.stream.deliveryStreamName, 'Takes the rows of the request log.');
    output(OUTPUTS.feedbackStream, feedback.stream.deliveryStreamName, 'Takes what callers say about answers.');
    output(OUTPUTS.logBucket, lake.bucket.bucketName, 'The request log as Parquet files.');
    output(OUTPUTS.database, lake.database.databaseName, 'The Glue database of the request log.');
    output(OUTPUTS.workgroup, queries.name, 'The Athena workgroup with the saved queries.');
    output(OUTPUTS.configVersion, bundledConfigVersion(config), 'Of the gateway.yaml that was deployed.');
    if (key !== undefined) output('ContentKey', key.keyArn, 'Who reads contents needs kms:Decrypt on it.');
    output(OUTPUTS.secretPrefix, names.prefix, 'Provider secrets are named by this, a slash and their name.');
  }

  #addWatch(props: TollgateStackProps, names: StageNames, watched: Watched): void {
    const { alarms, topic } = new Alarms(this, 'Alarms', {
      prefix: names.prefix,
      cases: whatRings(watched),
      ...(props.alarmEmail === undefined ? {} : { email: props.alarmEmail }),
    });
    new GatewayDashboard(this, 'Watch', { name: names.prefix, ...watched, alarms });
    new CfnOutput(this, OUTPUTS.alarmTopic, {
      value: topic.topicArn,
      description: 'Alarms go here: subscribe whoever should know.',
    });
  }

  #addDomain(props: TollgateStackProps, names: StageNames, gateway: GatewayFunction): void {
    const { domainName, certificateArn, webAcl } = props;
    if (domainName === undefined || certificateArn === undefined) return;
    const webAclArn = webAcl === 'create' ? new WebAcl(this, 'WebAcl', { name: names.prefix }).arn : webAcl;
    const domain = new CustomDomain(this, 'Domain', {
      domainName,
      certificateArn,
      originHost: Fn.select(2, Fn.split('/', gateway.url)),
      secretName: `${names.prefix}/${ORIGIN_SECRET}`,
      ...(webAclArn === undefined ? {} : { webAclArn }),
    });
    domain.grantRead(gateway);
    new CfnOutput(this, 'DomainTarget', {
      value: domain.target,
      description: `Point ${domainName} to this: a CNAME, or an alias record in Route 53.`,
    });
  }
}
