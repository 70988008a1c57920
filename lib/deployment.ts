import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';
import { readSettings } from '../functions/ledger/meter-settings.ts';

const CONTEXT_PREFIX = 'tollgate:';

/** `-c` gives text, cdk.json gives what JSON has: both are taken. */
const whole = (atLeast: number, atMost: number) =>
  z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(atLeast).max(atMost));

const retentionDays = whole(1, 3_653).refine(
  (days) => RetentionDays[days] !== undefined,
  'one of the periods that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, …',
);

const tags = z.union([
  z.record(z.string(), z.string()),
  z
    .string()
    .regex(/^[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*$/)
    .transform((text): Record<string, string> => {
      const pairs = text.split(',').map((pair) => pair.split('='));
      return Object.fromEntries(pairs.map(([name = '', value = '']) => [name.trim(), value.trim()]));
    }),
]);

/** What is wrong with the limits of a scope is said in the words of the command line: it is the same check. */
const limitsByScope = z
  .record(z.string(), z.record(z.string(), z.union([z.number(), z.string(), z.null()])))
  .superRefine((limits, context) => {
    for (const [scope, settings] of Object.entries(limits)) {
      try {
        readSettings(scope, settings);
      } catch (error) {
        context.addIssue({ code: 'custom', path: [scope], message: error instanceof Error ? error.message : '' });
      }
    }
  });

const limits = z.preprocess((value, context): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON, such as {"org": {"budget_month_usd": 500}}' });
    return {};
  }
}, limitsByScope);

const ids = (kind: string) =>
  z
    .union([z.array(z.string()), z.string().transform((text) => text.split(',').map((id) => id.trim()))])
    .pipe(
      z.array(z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `ids such as ${kind}-0123456789abcdef0`)).min(1),
    );

const deploymentSchema = z
  .strictObject({
    /** Sets a second installation apart in one account and region, by name: `dev` gives the stack `Tollgate-dev`. */
    stage: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, 'lower-case letters, digits and "-", at most 20')
      .optional(),
    /** The region. By default the one that the AWS credentials in use name. */
    region: z
      .string()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'a region such as eu-west-1')
      .optional(),
    /** The configuration to check and deploy, relative to the project. */
    configFile: z.string().default('gateway.yaml'),
    /** `keep`: the table and the request log outlive the stack. `delete`: they go with it, for trying things out. */
    data: z.enum(['keep', 'delete']).default('keep'),
    /** Memory of the gateway function in MB; CPU comes with it (1,769 MB is one core). */
    memorySize: whole(128, 10_240).default(512),
    /** Requests that the gateway serves at once; the brake on what it can cost. By default the account's limit. */
    reservedConcurrency: whole(0, 100_000).optional(),
    /** `iam`: callers sign for AWS besides showing a key; only SDKs that can be taught to sign can call. */
    urlAuth: z.enum(['keys', 'iam']).default('keys'),
    /** A domain of your own, by CloudFront; needs `certificateArn`. */
    domainName: z
      .string()
      .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/, 'a domain such as ai.example.com')
      .optional(),
    /** The certificate for `domainName`, in us-east-1. */
    certificateArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/, 'the ARN of a certificate in us-east-1')
      .optional(),
    /** A web ACL before `domainName`: `create` (in us-east-1 only), or the ARN of one of scope CLOUDFRONT. */
    webAcl: z
      .string()
      .regex(
        /^(create|arn:aws[a-z-]*:wafv2:us-east-1:\d{12}:global\/webacl\/.+)$/,
        '"create", or the ARN of a global web ACL',
      )
      .optional(),
    /** Subnets of a VPC with private model servers, as a list or as `a,b`; needs `securityGroupIds`. */
    subnetIds: ids('subnet').optional(),
    /** Security groups for the gateway in that VPC. */
    securityGroupIds: ids('sg').optional(),
    /** Writes a second that the table takes at the most: a brake on cost. By default the account's limit. */
    maxWriteUnits: whole(1, 1_000_000).optional(),
    /** Who gets the alarms. The address has to confirm once. */
    alarmEmail: z.email().optional(),
    /** Days that the functions' own log lines are kept. */
    logRetentionDays: retentionDays.default(30),
    /** Days that rows of the request log are kept. By default for ever: a million rows are a few hundred MB. */
    rowRetentionDays: whole(1, 36_500).optional(),
    /** Days that contents are kept, where keys and models let them be. They hold what people wrote. */
    contentRetentionDays: whole(1, 36_500).default(30),
    /** What contents are encrypted with besides: `create`, or the ARN of a KMS key of the region. By default S3's own key. */
    contentKey: z
      .string()
      .regex(/^(create|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+)$/, '"create", or the ARN of a KMS key')
      .optional(),
    /** The most that one query may scan, in GB; Athena bills by it. */
    queryScanLimitGb: whole(1, 10_000).default(10),
    /**
     * Limits by scope, named as in the table: `{"org": {"budget_month_usd": 500}, "team:*": {"limit_rpm": 60}}`. A scope's
     * are set when they are deployed first and when they are deployed changed; `null` takes a limit away.
     */
    limits: limits.default({}),
    /** Where prices are refreshed from once a day, instead of the public catalogue; `off`: never. */
    priceCatalogue: z
      .union([z.url({ protocol: /^https$/, error: 'an https URL, or off' }), z.literal('off')])
      .optional(),
    /**
     * Which models of Bedrock the function may ask for with its own credentials: those that the deployed `gateway.yaml`
     * names, or `all`, for `provider/model` requests and applied configurations with others.
     */
    bedrockModels: z.enum(['configured', 'all']).default('configured'),
    /** Tags on every resource, as an object or as `name=value,name=value`. */
    tags: tags.default({}),
  })
  .check(
    z.superRefine((chosen, context) => {
      const refuse = (name: keyof typeof chosen, message: string) =>
        context.addIssue({ code: 'custom', path: [name], message });
      if ((chosen.domainName === undefined) !== (chosen.certificateArn === undefined)) {
        refuse('domainName', 'domainName and certificateArn are needed together');
      }
      if ((chosen.subnetIds === undefined) !== (chosen.securityGroupIds === undefined)) {
        refuse('subnetIds', 'subnetIds and securityGroupIds are needed together');
      }
      if (chosen.webAcl !== undefined && chosen.domainName === undefined) {
        refuse('webAcl', 'a web ACL stands before a domain: give domainName too');
      }
      if (chosen.webAcl === 'create' && chosen.region !== 'us-east-1') {
        refuse(
          'webAcl',
          'web ACLs for CloudFront are made in us-east-1: deploy there (tollgate:region), or give the ARN of one',
        );
      }
      if (chosen.urlAuth === 'iam' && chosen.domainName !== undefined) {
        refuse('urlAuth', 'CloudFront cannot sign bodies for clients: urlAuth iam is for the function URL alone');
      }
    }),
  );

export type Deployment = z.output<typeof deploymentSchema>;

/**
 * What this deployment chose, from the context entries `tollgate:NAME` in cdk.json or on the command line
 * (`-c tollgate:stage=dev`). Strict, because a misspelt `tollgate:data` would otherwise keep or delete in silence.
 */
export function readDeployment(context: { readonly [key: string]: unknown }): Deployment {
  const own = Object.entries(context)
    .filter(([key]) => key.startsWith(CONTEXT_PREFIX))
    .map(([key, value]) => [key.slice(CONTEXT_PREFIX.length), value]);
  const result = z.safeParse(deploymentSchema, Object.fromEntries(own));
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
    return `  ${CONTEXT_PREFIX}${unknown ?? issue.path.join('.')}: ${unknown === undefined ? issue.message : 'no such option'}`;
  });
  throw new Error(`The deployment's options are not valid:\n${lines.join('\n')}`);
}
