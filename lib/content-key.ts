import { RemovalPolicy } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

export interface ContentKeyOptions {
  /** `create`, or the ARN of a key of this region. Its policy has to leave permissions to IAM, as that of a new key does. */
  readonly choice: string;
  /** Whether it outlives the stack, as what it encrypts does. */
  readonly keep: boolean;
}

/** What contents are encrypted with: who may read the bucket reads none of them without this key as well. */
export function contentKey(scope: Construct, id: string, { choice, keep }: ContentKeyOptions): IKey {
  if (choice !== 'create') return Key.fromKeyArn(scope, id, choice);
  return new Key(scope, id, {
    description: 'Tollgate: what was asked and answered, in the content log.',
    enableKeyRotation: true,
    // Without it nothing that it encrypted can be read again.
    removalPolicy: keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}
