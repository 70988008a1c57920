import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = resolve(import.meta.dirname, '../..');

export interface Assembly {
  readonly template: {
    readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>;
  };
  readonly templateText: string;
  /** The folder of the gateway's code, as it would be zipped. */
  readonly asset: string;
  /** The same of upkeep. */
  readonly upkeepAsset: string;
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
  const assetOf = (name: string): string => {
    const [asset, ...others] = Object.values(files).filter(
      ({ displayName }) => displayName === `${name}/Function/Code`,
    );
    if (asset === undefined || others.length > 0) throw new Error(`There is not exactly one asset of ${name}.`);
    return join(output, asset.source.path);
  };
  return {
    template: JSON.parse(templateText) as Assembly['template'],
    templateText,
    asset: assetOf('Gateway'),
    upkeepAsset: assetOf('Upkeep'),
  };
}
