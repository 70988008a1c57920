import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod/mini';

const CONTEXT_PREFIX = 'tollgate:';

/** `-c` gives text, cdk.json gives what JSON has: both are taken. */
const whole = (atLeast: number, atMost: number) =>
  z.pipe(
    z.union([z.number(), z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number))]),
    z.int().check(z.gte(atLeast), z.lte(atMost)),
  );

const tags = z.union([
  z.record(z.string(), z.string()),
  z.pipe(
    z.string().check(z.regex(/^[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*$/, 'name=value,name=value')),
    z.transform(
      (text): Record<string, string> =>
        Object.fromEntries(
          text.split(',').map((pair): [string, string] => {
            const [name = '', value = ''] = pair.split('=');
            return [name.trim(), value.trim()];
          }),
        ),
    ),
  ),
]);

const deploymentSchema = z.strictObject({
  /** Sets a second installation apart in one account and region, by name: `dev` gives the stack `Tollgate-dev`. */
  stage: z.optional(
    z.string().check(z.regex(/^[a-z][a-z0-9-]{0,19}$/, 'lower-case letters, digits and "-", at most 20')),
  ),
  /** The region. By default the one that the AWS credentials in use name. */
  region: z.optional(z.string().check(z.regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'a region such as eu-west-1'))),
  /** The configuration to check and deploy, relative to the project. */
  configFile: z._default(z.string(), 'gateway.yaml'),
  /** `keep`: the table and the request log outlive the stack. `delete`: they go with it, for trying things out. */
  data: z._default(z.enum(['keep', 'delete']), 'keep'),
  /** Memory of the gateway function in MB; CPU comes with it (1,769 MB is one core). */
  memorySize: z._default(whole(128, 10_240), 512),
  /** Requests that the gateway serves at once; the brake on what it can cost. By default the account's limit. */
  reservedConcurrency: z.optional(whole(0, 100_000)),
  /** Days that the functions' own log lines are kept; one of the periods CloudWatch knows. */
  logRetentionDays: z._default(
    whole(1, 3_653).check(
      z.refine(
        (days) => RetentionDays[days] !== undefined,
        'one of the periods that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, …',
      ),
    ),
    30,
  ),
  /** Days that rows of the request log are kept. By default for ever: a million rows are about 200 MB. */
  rowRetentionDays: z.optional(whole(1, 36_500)),
  /** The most that one query may scan, in GB; Athena bills by it. */
  queryScanLimitGb: z._default(whole(1, 10_000), 10),
  /** Tags on every resource, as an object or as `name=value,name=value`. */
  tags: z._default(tags, {}),
});

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
  const lines = result.error.issues.map((issue) => `  ${CONTEXT_PREFIX}${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The deployment's options are not valid:\n${lines.join('\n')}`);
}
