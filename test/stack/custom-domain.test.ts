import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { permissions } from './permissions.ts';
import { createStack, functionOf, onlyResource, resources, synthesize } from './synthesize.ts';

const CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
const DOMAIN = { domainName: 'ai.example.com', certificateArn: CERTIFICATE };

describe('a domain of its own', () => {
  const template = synthesize(DOMAIN);

  it('stands before the URL, keeps long streams open and asks once', () => {
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: {
        Aliases: ['ai.example.com'],
        ViewerCertificate: { AcmCertificateArn: CERTIFICATE, MinimumProtocolVersion: 'TLSv1.2_2021' },
        DefaultCacheBehavior: {
          AllowedMethods: Match.arrayWith(['POST']),
          // The managed policies "CachingDisabled" and "AllViewerExceptHostHeader".
          CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
          OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          Compress: false,
          ViewerProtocolPolicy: 'https-only',
        },
        Origins: [
          Match.objectLike({
            ConnectionAttempts: 1,
            CustomOriginConfig: Match.objectLike({ OriginReadTimeout: 60, OriginProtocolPolicy: 'https-only' }),
          }),
        ],
      },
    });
  });

  it('shows the gateway a secret whose value is in no template', () => {
    const { DistributionConfig } = onlyResource(template, 'AWS::CloudFront::Distribution').Properties;
    const [origin] = (DistributionConfig as { readonly Origins: readonly { OriginCustomHeaders: readonly object[] }[] })
      .Origins;
    expect(JSON.stringify(origin?.OriginCustomHeaders)).toMatch(
      /"HeaderName":"x-tollgate-origin","HeaderValue":.*\{\{resolve:secretsmanager:.*:SecretString:::\}\}/,
    );
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      Name: 'tollgate/cloudfront-origin',
      GenerateSecretString: { ExcludePunctuation: true, PasswordLength: 48 },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOLLGATE_ORIGIN_SECRET: 'cloudfront-origin' }) },
    });
  });

  it('passes every check', () => {
    expect(() => createStack(DOMAIN).app.synth()).not.toThrow();
  });

  it('is not there unless it is asked for', () => {
    const plain = synthesize();
    expect(resources(plain, 'AWS::CloudFront::Distribution')).toEqual([]);
    expect(JSON.stringify(plain.toJSON())).not.toContain('TOLLGATE_ORIGIN_SECRET');
  });
});

describe('a web ACL', () => {
  it('is made beside a stack in us-east-1, without the rules that refuse long bodies', () => {
    const template = synthesize({ ...DOMAIN, webAcl: 'create', region: 'us-east-1' });
    const acl = onlyResource(template, 'AWS::WAFv2::WebACL').Properties;
    expect(acl).toMatchObject({
      Scope: 'CLOUDFRONT',
      DefaultAction: { Allow: {} },
      Rules: [
        {
          OverrideAction: { None: {} },
          Statement: {
            ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesAmazonIpReputationList' },
          },
        },
        {
          Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
          Statement: { RateBasedStatement: { Limit: 10_000, AggregateKeyType: 'IP' } },
        },
      ],
    });
    // Nothing looks into bodies: prompts look like attacks every day.
    expect(acl.Rules).toHaveLength(2);
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({ WebACLId: Match.anyValue() }),
    });
  });

  it('can be one that is there', () => {
    const webAcl = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/ours/11111111-2222';
    const template = synthesize({ ...DOMAIN, webAcl });
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({ WebACLId: webAcl }),
    });
  });
});

describe('a private network', () => {
  const NETWORK = {
    subnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
    securityGroupIds: 'sg-0123456789abcdef0',
  };

  it('is where the gateway runs, with what Lambda needs for it', () => {
    const { app, stack } = createStack(NETWORK);
    expect(() => app.synth()).not.toThrow();
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: NETWORK.subnetIds.split(','), SecurityGroupIds: ['sg-0123456789abcdef0'] },
    });
    const network = permissions(template).filter(({ actions }) => actions.some((action) => action.startsWith('ec2:')));
    for (const { actions, resources: on } of network) {
      expect(on).toEqual(['*']);
      // Of network interfaces, and nothing else of EC2.
      expect(actions).toHaveLength(6);
      for (const action of actions) expect(action).toMatch(/^ec2:\w+(NetworkInterfaces?|Subnets|PrivateIpAddresses)$/);
    }
    // Lambda tries the rights out when the function is created: the policy has to be there before.
    const { DependsOn } = functionOf(template, 'Gateway');
    expect(network.map(({ role }) => role)).toContain('<GatewayRole>');
    expect(DependsOn).toContainEqual(expect.stringMatching(/^GatewayRoleDefaultPolicy/));
  });
});

describe('IAM before the URL', () => {
  it('is an option', () => {
    synthesize({ urlAuth: 'iam' }).hasResourceProperties('AWS::Lambda::Url', { AuthType: 'AWS_IAM' });
    synthesize().hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE' });
  });
});
