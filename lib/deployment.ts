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

const deploymentSchema = z.strictObject({
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
  /** Days that the functions' own log lines are kept. */
  logRetentionDays: retentionDays.default(30),
  /** Days that rows of the request log are kept. By default for ever: a million rows are a few hundred MB. */
  rowRetentionDays: whole(1, 36_500).optional(),
  /** The most that one query may scan, in GB; Athena bills by it. */
  queryScanLimitGb: whole(1, 10_000).default(10),
  /**
   * Limits by scope, named as in the table: `{"org": {"budget_month_usd": 500}, "team:*": {"limit_rpm": 60}}`. A scope's
   * are set when they are deployed first and when they are deployed changed; `null` takes a limit away.
   */
  limits: limits.default({}),
  /** Tags on every resource, as an object or as `name=value,name=value`. */
  tags: tags.default({}),
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
  const lines = result.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
    return `  ${CONTEXT_PREFIX}${unknown ?? issue.path.join('.')}: ${unknown === undefined ? issue.message : 'no such option'}`;
  });
  throw new Error(`The deployment's options are not valid:\n${lines.join('\n')}`);
}
