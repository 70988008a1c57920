import { Annotations, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Config } from '../functions/core/config.ts';
import { bedrockArns, type Surroundings, signsItself } from './bedrock-models.ts';

/** `Converse` and `ConverseStream` ask for the permissions of the older operations that they stand for. */
const ACTIONS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

/** What a model can be: one of AWS, in any region, or one that belongs to the account. */
const ALL = ['foundation-model'];
const ALL_OWN = ['inference-profile', 'application-inference-profile', 'provisioned-model', 'imported-model'];

export interface GrantBedrockOptions {
  readonly config: Config;
  /**
   * `configured`: the models that the configuration names. `all`: any, for those who ask for `provider/model`, or apply
   * configurations with other models without a deployment.
   * @default configured
   */
  readonly models?: 'configured' | 'all';
}

/** Where a provider signs with the function's own credentials. Who may ask for which model is the gateway's to say. */
export function grantBedrock(
  scope: Construct & IGrantable,
  { config, models = 'configured' }: GrantBedrockOptions,
): void {
  const signing = Object.entries(config.providers).filter(([, provider]) => signsItself(provider));
  if (signing.length === 0) return;
  const stack = Stack.of(scope);
  const arns = models === 'all' ? allArns(stack) : bedrockArns(config, stack);
  if (arns.length === 0) {
    const names = signing.map(([name]) => name).join(', ');
    Annotations.of(scope).addWarningV2(
      'tollgate:bedrock-models',
      `No model of gateway.yaml has a target of ${names}, so that none may be asked. -c tollgate:bedrockModels=all allows any.`,
    );
    return;
  }
  Grant.addToPrincipal({ grantee: scope, actions: ACTIONS, resourceArns: [...arns] });
  const reason =
    models === 'all'
      ? 'Chosen by tollgate:bedrockModels: any model may be asked for; keys say who may ask for which.'
      : 'An inference profile asks for its model in every region that it spreads to, and AWS adds to them.';
  const shown = { partition: '<AWS::Partition>', account: '<AWS::AccountId>', region: '<AWS::Region>' };
  const wild = (models === 'all' ? allArns(shown) : bedrockArns(config, shown)).filter((arn) => arn.includes('*'));
  Validations.of(scope).acknowledge(...wild.map((arn) => ({ id: `AwsSolutions-IAM5[Resource::${arn}]`, reason })));
}

const allArns = ({ partition, account }: Omit<Surroundings, 'region'>): readonly string[] => [
  ...ALL.map((kind) => `arn:${partition}:bedrock:*::${kind}/*`),
  ...ALL_OWN.map((kind) => `arn:${partition}:bedrock:*:${account}:${kind}/*`),
];
