import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface ProviderSecretsProps {
  /** Secrets are named `PREFIX/NAME`. */
  readonly prefix: string;
  /** The names that the configuration's providers use; each becomes one secret, however many share it. */
  readonly names: Iterable<string>;
}

/**
 * One empty secret a name. The value is set after the deployment and never passes through a template.
 *
 * `CfnSecret` because the L2 `Secret` always generates a value: a password that a provider would refuse as a wrong
 * key, and a new version, in place of the real key, whenever the generator's settings change. With neither text nor
 * generator CloudFormation leaves the secret without a value, which the gateway reports as "not set".
 */
export class ProviderSecrets extends Construct {
  readonly #arns: readonly string[];

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.#arns = [...new Set(props.names)].sort().map((name) => {
      const secret = new CfnSecret(this, name, {
        name: `${props.prefix}/${name}`,
        description: `Tollgate: the API key or keys of the provider secret "${name}".`,
      });
      // Kept secrets would block their names when the provider comes back, and keys can be copied from the provider.
      secret.applyRemovalPolicy(RemovalPolicy.DESTROY);
      Validations.of(secret).acknowledge({
        id: 'AwsSolutions-SMG4',
        reason: 'Providers issue their keys by hand: no function of ours could rotate them.',
      });
      return secret.ref;
    });
  }

  grantRead(grantee: IGrantable): void {
    if (this.#arns.length === 0) return;
    Grant.addToPrincipal({ grantee, actions: ['secretsmanager:GetSecretValue'], resourceArns: [...this.#arns] });
  }
}
