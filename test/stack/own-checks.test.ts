import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IPolicyValidationContext } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { OWN_RULES, OwnChecks } from '../../lib/own-checks.ts';
import { createStack, synthesize } from './synthesize.ts';

interface Resource {
  readonly Type: string;
  Properties: Record<string, unknown>;
}
type Resources = Record<string, Resource>;

const folder = mkdtempSync(join(tmpdir(), 'tollgate-checks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(resources: Resources): readonly string[] {
  const file = join(folder, 'template.json');
  writeFileSync(file, JSON.stringify({ Resources: resources }));
  const { success, violations } = new OwnChecks().validate({
    templatePaths: [file],
  } as unknown as IPolicyValidationContext);
  expect(success).toBe(violations.length === 0);
  return violations.map(({ ruleName }) => ruleName);
}

/** What is broken below, of whatever resource it is. */
interface Shape {
  readonly ExtendedS3DestinationConfiguration: {
    readonly BufferingHints: { SizeInMBs: number };
    ErrorOutputPrefix: string;
  };
  readonly Environment: { readonly Variables: Record<string, string> };
  SecretString: string;
  LoggingConfig?: unknown;
  Timeout?: number;
}

const { Resources: sound } = synthesize().toJSON() as { readonly Resources: Resources };

/** The stack's own template, with something broken in the first resource of a type. */
function broken(type: string, change: (properties: Shape, resources: Resources) => void): Resources {
  const resources = structuredClone(sound);
  const found = Object.values(resources).find((resource) => resource.Type === type);
  if (found === undefined) throw new Error(`There is no ${type}.`);
  change(found.Properties as unknown as Shape, resources);
  return resources;
}

const FIREHOSE = 'AWS::KinesisFirehose::DeliveryStream';
const FUNCTION = 'AWS::Lambda::Function';

const BROKEN: readonly (readonly [rule: string, resources: Resources])[] = [
  [
    'Tollgate-FirehoseConversionBuffer',
    broken(FIREHOSE, (each) => {
      each.ExtendedS3DestinationConfiguration.BufferingHints.SizeInMBs = 5;
    }),
  ],
  [
    'Tollgate-FirehoseErrorPrefix',
    broken(FIREHOSE, (each) => {
      each.ExtendedS3DestinationConfiguration.ErrorOutputPrefix = 'errors/';
    }),
  ],
  [
    'Tollgate-UrlPermissions',
    broken('AWS::Lambda::Url', (_each, resources) => {
      for (const [id, { Type, Properties }] of Object.entries(resources)) {
        if (Type === 'AWS::Lambda::Permission' && Properties.InvokedViaFunctionUrl === true) delete resources[id];
      }
    }),
  ],
  [
    'Tollgate-PlainSecret',
    broken(FUNCTION, (each) => {
      each.Environment.Variables.OPENAI_API_KEY = `sk-proj-${'a1B2'.repeat(10)}`;
    }),
  ],
  [
    'Tollgate-PlainSecret',
    broken('AWS::SecretsManager::Secret', (each) => {
      each.SecretString = 'hunter2';
    }),
  ],
  [
    'Tollgate-FunctionLogs',
    broken(FUNCTION, (each) => {
      delete each.LoggingConfig;
    }),
  ],
  [
    'Tollgate-FunctionTimeout',
    broken(FUNCTION, (each) => {
      delete each.Timeout;
    }),
  ],
];

describe("the stack's own rules", () => {
  it('find nothing in the stack as it is', () => {
    expect(check(sound)).toEqual([]);
  });

  it.each(BROKEN)('find what is wrong: %s', (rule, resources) => {
    expect(check(resources)).toEqual([rule]);
  });

  it('each have a test', () => {
    const broken = new Set(BROKEN.map(([rule]) => rule));
    expect(OWN_RULES.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([]);
  });

  it('stop a synth', () => {
    const { app, stack } = createStack();
    stack.templateOptions.metadata = {};
    const gateway = stack.node.findChild('Gateway').node.findChild('Function').node.defaultChild;
    Object.assign(gateway ?? {}, { timeout: undefined });
    expect(() => app.synth()).toThrow(/Tollgate-FunctionTimeout/);
  });
});
