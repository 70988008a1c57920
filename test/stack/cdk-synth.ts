import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = resolve(import.meta.dirname, '../..');

export interface SynthesizedFunction {
  /** The folder of its code, as it would be zipped. */
  readonly asset: string;
  /** `index.handler` */
  readonly handler: string;
  /** As the template has them: what only a deployment knows is no text. */
  readonly variables: { readonly [name: string]: unknown };
}

export interface Assembly {
  readonly templateText: string;
  readonly gateway: SynthesizedFunction;
  readonly upkeep: SynthesizedFunction;
}

interface Template {
  readonly Resources: { readonly [id: string]: { readonly Type: string; readonly Properties: unknown } };
}

interface FunctionProperties {
  readonly Handler: string;
  readonly Environment: { readonly Variables: { readonly [name: string]: unknown } };
}

/** `npx cdk synth` as a stranger runs it: the command line itself, with no AWS credentials and an empty home. */
export async function cdkSynth(folder: string, configFile: string): Promise<Assembly> {
  const home = join(folder, 'home');
  const output = join(folder, 'cdk.out');
  await mkdir(home, { recursive: true });
  const { PATH } = process.env;
  const env = { PATH, HOME: home, CI: 'true', AWS_EC2_METADATA_DISABLED: 'true' };
  const args = ['cdk', 'synth', '-q', '--no-notices', '-o', output, '-c', `tollgate:configFile=${configFile}`];
  await run('npx', args, { cwd: PROJECT, env });
  const templateText = await readFile(join(output, 'Tollgate.template.json'), 'utf8');
  const { files } = JSON.parse(await readFile(join(output, 'Tollgate.assets.json'), 'utf8')) as {
    readonly files: Readonly<
      Record<string, { readonly displayName: string; readonly source: { readonly path: string } }>
    >;
  };
  const { Resources } = JSON.parse(templateText) as Template;
  const find = (name: 'Gateway' | 'Upkeep'): SynthesizedFunction => {
    const [asset, ...others] = Object.values(files).filter(
      ({ displayName }) => displayName === `${name}/Function/Code`,
    );
    if (asset === undefined || others.length > 0) throw new Error(`There is not exactly one asset of ${name}.`);
    const resource = Object.entries(Resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(`${name}Function`),
    );
    if (resource === undefined) throw new Error(`There is no function of ${name}.`);
    const { Handler, Environment } = resource[1].Properties as FunctionProperties;
    return { asset: join(output, asset.source.path), handler: Handler, variables: Environment.Variables };
  };
  return { templateText, gateway: find('Gateway'), upkeep: find('Upkeep') };
}
