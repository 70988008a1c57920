/** A deployed stack, found through its outputs: nobody has to copy a name from the console. */
import type { CliIo } from './context.ts';
import { CliError } from './errors.ts';

export interface DeployedStack {
  readonly kind: 'deployed';
  readonly table: string;
  readonly requestStream: string;
  readonly feedbackStream: string;
  readonly database: string;
  readonly workgroup: string;
  readonly secretPrefix: string;
  /** Of the configuration that travelled with the deployment. */
  readonly configVersion: string;
}

/** Keys of the stack's outputs: lib/outputs.ts, which a test compares with these. */
export const STACK_OUTPUTS = {
  table: 'Table',
  requestStream: 'RequestStream',
  feedbackStream: 'FeedbackStream',
  database: 'Database',
  workgroup: 'Workgroup',
  secretPrefix: 'SecretPrefix',
  configVersion: 'ConfigVersion',
} as const satisfies { readonly [name in keyof Omit<DeployedStack, 'kind'>]: string };

export async function findDeployedStack(name: string, io: CliIo): Promise<DeployedStack> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient({});
  let outputs: ReadonlyMap<string, string>;
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    outputs = new Map((stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? '', OutputValue ?? '']));
  } catch (cause) {
    throw new CliError(explain(name, cause, io), { cause });
  } finally {
    client.destroy();
  }
  const read = (key: string): string => {
    const value = outputs.get(key);
    if (value === undefined || value === '') {
      throw new CliError(
        `The stack ${name} has no output ${key}: it is not a deployment of Tollgate, or not finished, or of an older version.`,
      );
    }
    return value;
  };
  return {
    kind: 'deployed',
    table: read(STACK_OUTPUTS.table),
    requestStream: read(STACK_OUTPUTS.requestStream),
    feedbackStream: read(STACK_OUTPUTS.feedbackStream),
    database: read(STACK_OUTPUTS.database),
    workgroup: read(STACK_OUTPUTS.workgroup),
    secretPrefix: read(STACK_OUTPUTS.secretPrefix),
    configVersion: read(STACK_OUTPUTS.configVersion),
  };
}

function explain(name: string, cause: unknown, { env }: CliIo): string {
  const { name: kind, message } = cause instanceof Error ? cause : { name: 'Error', message: String(cause) };
  const where = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (/does not exist/.test(message)) {
    return `There is no stack ${name} ${where === undefined ? 'in the region of your AWS profile' : `in ${where}`}. Is it another region (AWS_REGION), account (AWS_PROFILE) or name?`;
  }
  if (kind === 'CredentialsProviderError')
    return 'There are no AWS credentials. Set AWS_PROFILE, or log in: aws sso login';
  if (/Region is missing/.test(message)) return 'No AWS region is set. Say which: AWS_REGION=eu-west-1';
  return `The stack ${name} cannot be looked up: ${kind}: ${message}`;
}
