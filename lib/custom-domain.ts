import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ORIGIN_HEADER } from '../functions/env.ts';

export interface CustomDomainProps {
  /** `ai.example.com` */
  readonly domainName: string;
  /** Of a certificate in us-east-1 that covers the domain: CloudFront takes no other. */
  readonly certificateArn: string;
  /** Host of the function URL, without `https://`. */
  readonly originHost: string;
  /** Full name of the secret that CloudFront shows to the gateway. */
  readonly secretName: string;
  /**
   * ARN of a web ACL of scope CLOUDFRONT.
   * @default - none
   */
  readonly webAclArn?: string;
}

/** The longest that CloudFront waits between two bytes without a raised quota; a ping comes every 15 s. */
const ORIGIN_SILENCE = Duration.seconds(60);

/**
 * A domain of one's own: CloudFront in front of the function URL. Every request carries a header whose value only
 * CloudFront and the gateway know, so that the URL behind it is of no use to those who find it. CloudFront's own
 * signature (origin access control) cannot be used: it wants a hash of the body from the client, which no SDK sends.
 */
export class CustomDomain extends Construct {
  /** What the domain's DNS record points to, as an alias or CNAME. */
  readonly target: string;
  readonly #secretArn: string;

  constructor(scope: Construct, id: string, props: CustomDomainProps) {
    super(scope, id);
    const secret = new Secret(this, 'OriginSecret', {
      secretName: props.secretName,
      description: 'Tollgate: what CloudFront shows to the gateway, so that nobody else reaches it.',
      generateSecretString: { excludePunctuation: true, passwordLength: 48 },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'CloudFront reads it at deployment only: to rotate it alone would lock the domain out.',
    });
    this.#secretArn = secret.secretArn;

    const distribution = new Distribution(this, 'Distribution', {
      comment: `Tollgate: ${props.domainName}`,
      domainNames: [props.domainName],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      ...(props.webAclArn === undefined ? {} : { webAclId: props.webAclArn }),
      defaultBehavior: {
        origin: new HttpOrigin(props.originHost, {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          readTimeout: ORIGIN_SILENCE,
          keepaliveTimeout: ORIGIN_SILENCE,
          // A second try would be a second request to a model, and paid for.
          connectionAttempts: 1,
          // Resolved by CloudFormation: the template holds the secret's name, never its value.
          customHeaders: { [ORIGIN_HEADER]: secret.secretValue.unsafeUnwrap() },
        }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        // Compressing holds small events back until there is enough to compress.
        compress: false,
      },
    });
    Validations.of(distribution).acknowledge(
      { id: 'AwsSolutions-CFR1', reason: 'Who may call is said by keys, not by countries.' },
      {
        id: 'AwsSolutions-CFR2',
        reason: 'A web ACL is an option (tollgate:webAcl): it costs by the request, and keys are checked without it.',
      },
      {
        id: 'AwsSolutions-CFR3',
        reason: 'Every request is a row of the request log already, the refused ones included.',
      },
    );
    this.target = distribution.distributionDomainName;
  }

  grantRead(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.#secretArn],
    });
  }
}
