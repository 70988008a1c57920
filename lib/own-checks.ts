import { readFileSync } from 'node:fs';
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';

type Properties = { readonly [name: string]: unknown };

interface TemplateResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Properties;
}

interface Rule {
  readonly id: string;
  readonly description: string;
  readonly fix: string;
  /** Logical ids of the resources that break the rule. */
  readonly violations: (resources: readonly TemplateResource[]) => readonly string[];
}

const ofType = (resources: readonly TemplateResource[], type: string) =>
  resources.filter((resource) => resource.type === type);

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Properties | undefined)?.[name], value);

const idsWhere = (resources: readonly TemplateResource[], breaks: (properties: Properties) => boolean) =>
  resources.filter(({ properties }) => breaks(properties)).map(({ id }) => id);

const FIREHOSE = 'AWS::KinesisFirehose::DeliveryStream';
const FUNCTION = 'AWS::Lambda::Function';
const PERMISSION = 'AWS::Lambda::Permission';

/** Shapes of keys that providers and AWS issue, and of private keys: none has a place in a template. */
const SECRETS =
  /\b(sk-[A-Za-z0-9_-]{20,}|AIza[\w-]{30,}|AKIA[A-Z0-9]{16}|ghp_\w{30,}|xox[bp]-[\w-]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY/;

/** What neither CloudFormation's validation nor cdk-nag look for, and what only a deployment would tell. */
export const OWN_RULES: readonly Rule[] = [
  {
    id: 'Tollgate-FirehoseConversionBuffer',
    description: 'Firehose refuses to convert to Parquet from a buffer under 64 MB.',
    fix: 'Set BufferingHints.SizeInMBs to 64 or more.',
    violations: (resources) =>
      idsWhere(ofType(resources, FIREHOSE), (properties) => {
        const destination = at(properties, 'ExtendedS3DestinationConfiguration');
        if (at(destination, 'DataFormatConversionConfiguration') === undefined) return false;
        // Without a size Firehose takes 128 MB where it converts.
        return Number(at(destination, 'BufferingHints', 'SizeInMBs') ?? 128) < 64;
      }),
  },
  {
    id: 'Tollgate-FirehoseErrorPrefix',
    description: 'A prefix with an expression needs an error prefix that tells the kinds of errors apart.',
    fix: 'Set ErrorOutputPrefix with !{firehose:error-output-type}.',
    violations: (resources) =>
      idsWhere(ofType(resources, FIREHOSE), (properties) => {
        const destination = at(properties, 'ExtendedS3DestinationConfiguration');
        if (!String(at(destination, 'Prefix') ?? '').includes('!{')) return false;
        return !String(at(destination, 'ErrorOutputPrefix') ?? '').includes('!{firehose:error-output-type}');
      }),
  },
  {
    id: 'Tollgate-UrlPermissions',
    description: 'A public function URL answers 403 unless both permissions to invoke it are given.',
    fix: 'Give lambda:InvokeFunctionUrl, and lambda:InvokeFunction with InvokedViaFunctionUrl.',
    violations: (resources) =>
      idsWhere(ofType(resources, 'AWS::Lambda::Url'), ({ AuthType, TargetFunctionArn }) => {
        if (AuthType !== 'NONE') return false;
        const target = JSON.stringify(TargetFunctionArn);
        const given = ofType(resources, PERMISSION).filter(
          ({ properties }) => JSON.stringify(properties.FunctionName) === target && properties.Principal === '*',
        );
        const has = (fits: (properties: Properties) => boolean) => given.some(({ properties }) => fits(properties));
        return !(
          has((each) => each.Action === 'lambda:InvokeFunctionUrl' && each.FunctionUrlAuthType === 'NONE') &&
          has((each) => each.Action === 'lambda:InvokeFunction' && each.InvokedViaFunctionUrl === true)
        );
      }),
  },
  {
    id: 'Tollgate-PlainSecret',
    description: 'A value has the shape of a secret, and whoever may read the template can read it.',
    fix: 'Keep it in Secrets Manager: npx tollgate secrets set NAME -',
    violations: (resources) =>
      resources
        .filter(
          ({ type, properties }) =>
            SECRETS.test(JSON.stringify(properties)) ||
            (type === 'AWS::SecretsManager::Secret' && typeof properties.SecretString === 'string'),
        )
        .map(({ id }) => id),
  },
  {
    id: 'Tollgate-FunctionLogs',
    description: 'A function without a log group of its own keeps its lines for ever.',
    fix: 'Set LoggingConfig.LogGroup to a group with a retention.',
    violations: (resources) => {
      const kept = new Set(
        idsWhere(ofType(resources, 'AWS::Logs::LogGroup'), (each) => each.RetentionInDays !== undefined),
      );
      return idsWhere(
        ofType(resources, FUNCTION),
        (properties) => !kept.has(String(at(properties, 'LoggingConfig', 'LogGroup', 'Ref'))),
      );
    },
  },
  {
    id: 'Tollgate-FunctionTimeout',
    description: 'A function without a time-out ends after three seconds, in the middle of whatever it does.',
    fix: 'Set Timeout.',
    violations: (resources) => idsWhere(ofType(resources, FUNCTION), ({ Timeout }) => Timeout === undefined),
  },
];

export class OwnChecks implements IPolicyValidationPlugin {
  readonly name = 'Tollgate';
  readonly ruleIds = OWN_RULES.map(({ id }) => id);

  validate({ templatePaths }: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = templatePaths.flatMap((templatePath) => {
      const template = JSON.parse(readFileSync(templatePath, 'utf8')) as {
        readonly Resources?: { readonly [id: string]: { readonly Type: string; readonly Properties?: Properties } };
      };
      const resources = Object.entries(template.Resources ?? {}).map(([id, { Type, Properties = {} }]) => ({
        id,
        type: Type,
        properties: Properties,
      }));
      return OWN_RULES.flatMap((rule) => {
        const violatingResources = rule
          .violations(resources)
          .map((resourceLogicalId) => ({ resourceLogicalId, templatePath, locations: [] }));
        const { id: ruleName, description, fix } = rule;
        return violatingResources.length === 0 ? [] : [{ ruleName, description, fix, violatingResources }];
      });
    });
    return { success: violations.length === 0, violations };
  }
}
