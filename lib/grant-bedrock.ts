import { Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Config } from '../functions/core/config.ts';

/** `Converse` and `ConverseStream` ask for the permissions of the older operations that they stand for. */
const ACTIONS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

/**
 * What a model can be: one of AWS, in any region, or one that belongs to the account, among them the inference profiles
 * that spread requests over regions. Such a profile asks for itself and for its model in every region that it reaches.
 */
const MODELS = ['foundation-model'];
const OWN_MODELS = ['inference-profile', 'application-inference-profile', 'provisioned-model', 'imported-model'];

/** Where a provider signs with the function's own credentials. Which model, and who may ask for it, is the gateway's to say. */
export function grantBedrock(scope: Construct & IGrantable, config: Config): void {
  const signs = Object.values(config.providers).some(
    (provider) => provider.dialect === 'bedrock-converse' && provider.secret === undefined,
  );
  if (!signs) return;
  const { partition, account } = Stack.of(scope);
  const arns = [
    ...MODELS.map((kind) => `arn:${partition}:bedrock:*::${kind}/*`),
    ...OWN_MODELS.map((kind) => `arn:${partition}:bedrock:*:${account}:${kind}/*`),
  ];
  Grant.addToPrincipal({ grantee: scope, actions: ACTIONS, resourceArns: arns });
  Validations.of(scope).acknowledge(
    ...[...MODELS.map((kind) => `:${kind}`), ...OWN_MODELS.map((kind) => `<AWS::AccountId>:${kind}`)].map((rest) => ({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*:${rest}/*]`,
      reason: 'Any model may become a target by an edit of the configuration; keys say who may ask for which.',
    })),
  );
}
