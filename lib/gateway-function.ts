import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IGrantable, type IPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  FunctionUrlAuthType,
  type IFunction,
  InvokeMode,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Config } from '../functions/core/config.ts';
import { ENV, type GatewayEnvironment } from '../functions/env.ts';
import { bundleFunction } from './bundle-function.ts';
import { BUNDLED_CONFIG } from './bundled-config.ts';
import { type PrivateNetwork, placeInNetwork } from './private-network.ts';

export interface GatewayFunctionProps {
  /** Travels inside the function's code. */
  readonly config: Config;
  /** What the function is told of its surroundings. Where the configuration lies, it is told here. */
  readonly environment: Omit<GatewayEnvironment, 'configFile'>;
  readonly logRetention: RetentionDays;
  /**
   * In MB. Waiting is nearly all that a gateway does, and is billed by memory.
   * @default 512
   */
  readonly memorySize?: number;
  /**
   * Requests at once, each being one environment that streams. Reserving takes them from the account's limit.
   * @default - the account's limit
   */
  readonly reservedConcurrency?: number;
  /**
   * `keys`: open to the internet, callers have Tollgate's own keys. `iam`: callers sign for AWS besides.
   * @default keys
   */
  readonly urlAuth?: 'keys' | 'iam';
  /**
   * Where model servers stand that the internet does not reach.
   * @default - outside of any VPC
   */
  readonly network?: PrivateNetwork;
}

/** The gateway: one streaming function behind one URL. It can do nothing until other constructs grant it their parts. */
export class GatewayFunction extends Construct implements IGrantable {
  /** With a slash at its end. */
  readonly url: string;
  /** For what watches it. */
  readonly handler: IFunction;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: GatewayFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of our own: the one that Lambda comes with may write into every log group of the account.
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'What the Tollgate gateway may do.',
    });
    logGroup.grantWrite(role);
    this.grantPrincipal = role;

    const environment: GatewayEnvironment = {
      ...props.environment,
      configFile: BUNDLED_CONFIG,
    };
    const variables = Object.entries(environment).flatMap(([key, value]) =>
      value === undefined ? [] : [[ENV[key as keyof GatewayEnvironment], value] as const],
    );
    const handler = new LambdaFunction(this, 'Function', {
      description: 'Tollgate: the inference gateway.',
      code: bundleFunction('gateway', props.config),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      // The longest that Lambda allows: it bounds the longest answer.
      timeout: Duration.minutes(15),
      // Readable stack traces; reading the map costs a cold start 16 of 80 ms (measured on two cores).
      environment: { ...Object.fromEntries(variables), NODE_OPTIONS: '--enable-source-maps' },
      logGroup,
      role,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });

    Validations.of(handler).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'It is invoked through its URL only, and who called gets the error; nothing is queued.',
    });
    if (props.network !== undefined) placeInNetwork(handler, role, props.network);

    // Open to the internet by default: callers are told apart by Tollgate's own keys, which every SDK can send. With
    // IAM authorization only clients that sign requests for AWS can call.
    const url = handler.addFunctionUrl({
      authType: props.urlAuth === 'iam' ? FunctionUrlAuthType.AWS_IAM : FunctionUrlAuthType.NONE,
      invokeMode: InvokeMode.RESPONSE_STREAM,
    });
    this.url = url.url;
    this.handler = handler;
  }
}
