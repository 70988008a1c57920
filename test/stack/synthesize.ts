import { mkdtempSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { inject } from 'vitest';
import { addChecks } from '../../lib/checks.ts';
import { readDeployment } from '../../lib/deployment.ts';
import { TollgateStack } from '../../lib/tollgate-stack.ts';

export const PROJECT = resolve(import.meta.dirname, '../..');
export const CONFIG_FILE = join(import.meta.dirname, 'gateway.yaml');

/** The stack as `cdk synth` makes it, with the flags and options of cdk.json, but for the bundling of the code. */
export function createStack(
  options: Readonly<Record<string, unknown>> = {},
  configFile = CONFIG_FILE,
): {
  readonly app: App;
  readonly stack: TollgateStack;
} {
  const context = {
    ...readContext(),
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [`tollgate:${name}`, value])),
    'aws:cdk:bundling-stacks': [],
  };
  const app = new App({ context, outdir: mkdtempSync(join(inject('assemblies'), 'cdk.out-')) });
  addChecks(app);
  const { region, ...deployment } = readDeployment(app.node.getAllContext());
  const env = region === undefined ? {} : { env: { region } };
  return { app, stack: new TollgateStack(app, { ...deployment, configFile, ...env }) };
}

/** What the checks found: their report, because warnings do not stop a synth. */
export function findViolations(app: App): readonly unknown[] {
  const { directory } = app.synth();
  const report: unknown = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  const { pluginReports } = report as {
    readonly pluginReports: readonly { readonly violations: readonly unknown[] }[];
  };
  if (pluginReports.length === 0) throw new Error('Nothing was checked.');
  return pluginReports.flatMap(({ violations }) => violations);
}

export function synthesize(options: Readonly<Record<string, unknown>> = {}): Template {
  return Template.fromStack(createStack(options).stack);
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** All resources of a type by their logical ids. */
export function resources(template: Template, type: string): readonly (readonly [string, Resource])[] {
  const found: Readonly<Record<string, unknown>> = template.findResources(type);
  return Object.entries(found).map(([id, resource]) => [id, resource as Resource]);
}

/** The one resource of a type, for what is easier said in TypeScript than with matchers. */
export function onlyResource(template: Template, type: string): Resource {
  const [found, ...others] = resources(template, type);
  if (found === undefined || others.length > 0) throw new Error(`There is not exactly one ${type}.`);
  return found[1];
}

/** The only resource of a type within a construct. */
export function resourceOf(template: Template, type: string, construct: string): Resource {
  const [found, ...others] = resources(template, type).filter(([id]) => id.startsWith(construct));
  if (found === undefined || others.length > 0) throw new Error(`There is not exactly one ${type} of ${construct}.`);
  return found[1];
}

/** A function by the construct it is in. */
export function functionOf(template: Template, construct: 'Gateway' | 'Upkeep'): Resource {
  const found = resources(template, 'AWS::Lambda::Function').find(([id]) => id.startsWith(`${construct}Function`));
  if (found === undefined) throw new Error(`There is no function of ${construct}.`);
  return found[1];
}

function readContext(): Readonly<Record<string, unknown>> {
  const file: unknown = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'));
  return (file as { readonly context: Readonly<Record<string, unknown>> }).context;
}
