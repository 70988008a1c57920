import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../functions/core/config.ts';
import {
  ENV,
  LOG_ENV,
  type LogEnvironment,
  READ_LOADS_EVENT,
  RECONCILE_EVENT,
  REFRESH_PRICES_EVENT,
  type UpkeepEnvironment,
} from '../functions/env.ts';
import { bundleFunction } from './bundle-function.ts';
import { BUNDLED_CONFIG } from './bundled-config.ts';
import { type PrivateNetwork, placeInNetwork } from './private-network.ts';

export interface UpkeepFunctionProps {
  /** Travels inside the function's code, where servers say how busy they are. */
  readonly config: Config;
  readonly environment: Omit<UpkeepEnvironment, 'configFile'> & LogEnvironment;
  readonly logRetention: RetentionDays;
  /**
   * Where model servers stand that the internet does not reach. Only who asks them goes there.
   * @default - outside of any VPC
   */
  readonly network?: PrivateNetwork;
}

/**
 * What ends the reservations of requests whose process died, once a minute, and holds the meters to the request log,
 * twice a day: where a scope's midnight is too near for one run it is not for the other. Others grant it their parts.
 */
export class UpkeepFunction extends Construct implements IGrantable {
  readonly grantPrincipal: IPrincipal;
  /** For what watches it. */
  readonly handler: IFunction;

  constructor(scope: Construct, id: string, props: UpkeepFunctionProps) {
    super(scope, id);
    const { priceCatalogue, metricsNamespace } = props.environment;
    const asksServers = Object.values(props.config.providers).some(({ metricsPath }) => metricsPath !== undefined);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'What the upkeep of Tollgate may do.',
    });
    logGroup.grantWrite(role);
    this.grantPrincipal = role;

    const handler = new LambdaFunction(this, 'Function', {
      description: 'Tollgate: ends lost requests, and holds the meters to the request log.',
      code: bundleFunction('upkeep', asksServers ? props.config : undefined),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // A run that finds nothing makes 34 calls to DynamoDB, most of them at once.
      memorySize: 256,
      // For Athena, twice a day. A sweep ends itself before the next one starts; two at once would do no harm.
      timeout: Duration.minutes(10),
      environment: {
        [ENV.table]: props.environment.table,
        [ENV.requestStream]: props.environment.requestStream,
        [LOG_ENV.workgroup]: props.environment.workgroup,
        [LOG_ENV.database]: props.environment.database,
        ...(metricsNamespace === undefined ? {} : { [ENV.metricsNamespace]: metricsNamespace }),
        ...(priceCatalogue === undefined ? {} : { [ENV.priceCatalogue]: priceCatalogue }),
        ...(asksServers ? { [ENV.configFile]: BUNDLED_CONFIG } : {}),
        NODE_OPTIONS: '--enable-source-maps',
      },
      logGroup,
      role,
      // The next minute tries again anyway.
      retryAttempts: 0,
    });
    this.handler = handler;
    if (asksServers && props.network !== undefined) placeInNetwork(handler, role, props.network);
    const repeated = 'The next run does what a failed one left; an alarm tells of runs that fail.';
    Validations.of(this).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason: repeated },
      { id: 'Serverless-LambdaAsyncFailureDestination', reason: repeated },
      { id: 'Serverless-EventBusDLQ', reason: repeated },
    );
    new Rule(this, 'EveryMinute', {
      description: 'Tollgate: ends lost requests.',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaTarget(handler, { retryAttempts: 0 })],
    });
    new Rule(this, 'TwiceADay', {
      description: 'Tollgate: holds the meters to the request log.',
      schedule: Schedule.cron({ minute: '20', hour: '5,17' }),
      targets: [new LambdaTarget(handler, { event: RuleTargetInput.fromObject(RECONCILE_EVENT), retryAttempts: 0 })],
    });
    if (asksServers) {
      new Rule(this, 'Servers', {
        description: 'Tollgate: asks model servers how busy they are.',
        schedule: Schedule.rate(Duration.minutes(1)),
        targets: [new LambdaTarget(handler, { event: RuleTargetInput.fromObject(READ_LOADS_EVENT), retryAttempts: 0 })],
      });
    }
    if (priceCatalogue === 'off') return;
    new Rule(this, 'EveryDay', {
      description: 'Tollgate: refreshes the prices.',
      schedule: Schedule.rate(Duration.days(1)),
      targets: [
        new LambdaTarget(handler, { retryAttempts: 2, event: RuleTargetInput.fromObject(REFRESH_PRICES_EVENT) }),
      ],
    });
  }
}
