import type { Template } from 'aws-cdk-lib/assertions';
import { resources } from './synthesize.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export interface Permission {
  /** The logical id of the role, without its hash. */
  readonly role: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** An ARN with what is only known at deployment in angle brackets: `<LakeBucketB1D32E10.Arn>/requests/*`. */
function render(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[kind, argument] = []] = Object.entries(value as Readonly<Record<string, unknown>>);
  if (kind === 'Ref') return `<${argument}>`;
  if (kind === 'Fn::GetAtt') return `<${(argument as readonly string[]).join('.')}>`;
  if (kind === 'Fn::Join') return ((argument as readonly unknown[])[1] as readonly unknown[]).map(render).join('');
  throw new Error(`Cannot read ${JSON.stringify(value)}`);
}

/** Without the hash that the CDK puts behind logical ids. */
const short = (text: string) => text.replaceAll(/<(\w+?)[0-9A-F]{8}([.>])/g, '<$1$2');

/** What every role of the template may do. */
export function permissions(template: Template): readonly Permission[] {
  const roles = resources(template, 'AWS::IAM::Role');
  const policies = resources(template, 'AWS::IAM::Policy');
  const documents = [
    ...roles.flatMap(([id, role]) =>
      ((role.Properties.Policies ?? []) as readonly { readonly PolicyDocument: unknown }[]).map((policy) => ({
        role: `<${id}>`,
        document: policy.PolicyDocument,
      })),
    ),
    ...policies.flatMap(([, { Properties }]) =>
      (Properties.Roles as readonly unknown[]).map((role) => ({
        role: render(role),
        document: Properties.PolicyDocument,
      })),
    ),
  ];
  return documents.flatMap(({ role, document }) =>
    (document as { readonly Statement: readonly Statement[] }).Statement.map((statement) => {
      if (statement.Effect !== 'Allow') throw new Error(`A statement is not to allow: ${statement.Effect}`);
      return {
        role: short(role),
        actions: [...list(statement.Action)].sort(),
        resources: list(statement.Resource).map(render).map(short).sort(),
      };
    }),
  );
}
