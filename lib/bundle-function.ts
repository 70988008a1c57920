import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync, type OutputFile } from 'esbuild';
import type { Config } from '../functions/core/config.ts';
import { BUNDLED_CONFIG, bundledText } from './bundled-config.ts';

const PROJECT = resolve(import.meta.dirname, '..');

/** CommonJS packages inside call `require` for Node's own modules, and an ES module has none. */
const BANNER =
  "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);";

export type FunctionName = 'gateway' | 'upkeep';

/**
 * A function's code as an asset: ES modules with the AWS SDK inside, at the versions that were tested, and the
 * configuration beside them, where the function is to have it.
 *
 * esbuild is called here, not through `NodejsFunction`, for two reasons. That construct asks for one output file, so
 * modules that are imported late (the price catalogue, codecs of dialects that are not in use) would be read at every
 * cold start; with splitting they are files of their own. And it adds files by shell commands, which differ between
 * systems, where the checked configuration is just one more file.
 */
export function bundleFunction(name: FunctionName, config: Config | undefined): AssetCode {
  const text = config === undefined ? undefined : bundledText(config);
  return Code.fromAsset(join(PROJECT, 'functions'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: what the local bundling cannot do is an error.
      image: DockerImage.fromRegistry('none'),
      // The CDK keeps assets of one process by these settings: what makes two of them differ has to be among them.
      environment: { TOLLGATE_FUNCTION: name, TOLLGATE_CONFIG: text ?? '' },
      local: {
        tryBundle(folder) {
          for (const file of build(name)) writeInto(folder, outputOf(name), file);
          if (text !== undefined) writeFileSync(join(folder, BUNDLED_CONFIG), text);
          return true;
        },
      },
    },
  });
}

/**
 * As if written to this folder, wherever the output goes: source maps hold relative paths, and with them the asset's
 * hash would differ between two places.
 */
const outputOf = (name: FunctionName): string => join(PROJECT, 'cdk.out', name);

function build(name: FunctionName): readonly OutputFile[] {
  const { outputFiles } = buildSync({
    absWorkingDir: PROJECT,
    entryPoints: { index: `functions/${name}/handler.ts` },
    outdir: outputOf(name),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Packages that have both come in as ES modules, of which unused parts are left out.
    mainFields: ['module', 'main'],
    alias: { undici: join(import.meta.dirname, 'lean-undici.mjs') },
    // undici's own switch for bundles: without it an experimental second parser comes along (150 kB).
    define: { esbuildDetection: '1' },
    // A file beside the code, which Node itself reads when it is imported: esbuild would make JavaScript of it.
    loader: { '.data.json': 'copy' },
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    minify: true,
    // Names and lines in stack traces; the sources themselves stay at home.
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    banner: { js: BANNER },
    logLevel: 'warning',
  });
  return outputFiles;
}

function writeInto(folder: string, output: string, file: OutputFile): void {
  const path = join(folder, relative(output, file.path));
  mkdirSync(resolve(path, '..'), { recursive: true });
  writeFileSync(path, file.contents);
}
