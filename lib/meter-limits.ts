import { CustomResource, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { UpkeepFunction } from './upkeep-function.ts';

export interface MeterLimitsProps {
  /** By scope, in the names of the table; checked by lib/deployment.ts. */
  readonly limits: { readonly [scope: string]: { readonly [name: string]: number | string | null } };
  /** Sets them: it knows how a meter is written, and may. */
  readonly upkeep: UpkeepFunction;
}

/**
 * Limits that stand in the deployment. One resource a scope: a deployment touches only the scopes whose entries have
 * changed, and what was edited since by command or in the console stays on all others.
 */
export class MeterLimits extends Construct {
  constructor(scope: Construct, id: string, { limits, upkeep }: MeterLimitsProps) {
    super(scope, id);
    for (const [name, settings] of Object.entries(limits)) {
      const resource = new CustomResource(this, name, {
        resourceType: 'Custom::TollgateLimits',
        serviceToken: upkeep.handler.functionArn,
        // CloudFormation would wait for an hour if the function never answered.
        serviceTimeout: Duration.minutes(3),
        properties: { Scope: name, Settings: JSON.stringify(settings) },
      });
      // With what it may do.
      resource.node.addDependency(upkeep);
    }
  }
}
