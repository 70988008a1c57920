import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface WebAclProps {
  readonly name: string;
}

/** In five minutes; a whole office may share one address. */
const REQUESTS_PER_ADDRESS = 10_000;

/**
 * Keeps floods and known bad addresses off the domain, before they cost an invocation. The common rule set of AWS is
 * left out on purpose: it refuses bodies over 8 kB and texts that look like attacks, which prompts do every day.
 */
export class WebAcl extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { name }: WebAclProps) {
    super(scope, id);
    const visibility = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: false,
      metricName: `${name}-${metricName}`,
    });
    const managed = (priority: number, rules: string) => ({
      name: rules,
      priority,
      overrideAction: { none: {} },
      statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: rules } },
      visibilityConfig: visibility(rules),
    });
    const acl = new CfnWebACL(this, 'Acl', {
      name,
      description: 'Tollgate: floods and known bad addresses.',
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('all'),
      rules: [
        managed(0, 'AWSManagedRulesAmazonIpReputationList'),
        {
          name: 'rate-by-address',
          priority: 1,
          action: { block: { customResponse: { responseCode: 429 } } },
          statement: { rateBasedStatement: { limit: REQUESTS_PER_ADDRESS, aggregateKeyType: 'IP' } },
          visibilityConfig: visibility('rate-by-address'),
        },
      ],
    });
    this.arn = acl.attrArn;
  }
}
