/**
 * A cold start: from the start of the process until the runtime client asks for the first invocation, of the gateway as
 * it is deployed and of a function that does nothing but make one client of the AWS SDK.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { cdkSynth, type SynthesizedFunction } from '../test/stack/cdk-synth.ts';
import { installRuntimeClient } from '../test/support/runtime-client/install.ts';
import { startInstance } from '../test/support/runtime-client/instance.ts';
import { staticImports } from '../test/support/static-imports.ts';
import type { BenchContext, BenchReport } from './support/bench.ts';
import { median, spread } from './support/statistics.ts';

export const about =
  'a cold start of the bundle under the runtime client, beside an empty function with one AWS client';

const ROUNDS = 11;
const PROJECT = resolve(import.meta.dirname, '..');

/** The same wrapper as the gateway's, so that the difference is what the gateway itself brings. */
const EMPTY = `
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
const client = new DynamoDBClient({});
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.never) await client.send(new GetItemCommand({ TableName: 't', Key: {} }));
  stream.end();
});`;

export async function run(context: BenchContext): Promise<BenchReport> {
  context.progress('getting the runtime client');
  const client = await installRuntimeClient();
  if (!client.ok) return { groups: [], tables: [], notes: [client.reason] };
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-cold-'));
  context.defer(() => rmSync(folder, { recursive: true, force: true }));
  context.progress('synthesising the stack');
  const { gateway } = await cdkSynth(join(folder, 'synth'), join(PROJECT, 'gateway.yaml'));
  const { asset, handler } = gateway;
  const environment = environmentOf(gateway);
  const empty = await bundleEmpty(join(folder, 'empty'));

  const initMs = async (code: string): Promise<number> => {
    const started = performance.now();
    const instance = await startInstance({
      entry: client.entry,
      asset: code,
      handler,
      environment,
    });
    const took = performance.now() - started;
    await instance.terminate();
    return took;
  };
  const rounds: { readonly empty: number; readonly gateway: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    context.progress(`cold start ${round} of ${ROUNDS}`);
    const first = round % 2 === 0 ? await initMs(empty) : await initMs(asset);
    const second = round % 2 === 0 ? await initMs(asset) : await initMs(empty);
    // The first round reads from the disk what all others have in memory.
    if (round > 0) rounds.push(round % 2 === 0 ? { empty: first, gateway: second } : { empty: second, gateway: first });
  }
  return {
    groups: [
      {
        title: 'From the start of the process to the first request for work',
        better: 'lower',
        sides: { measured: 'the gateway', base: 'an empty function' },
        ratios: [
          {
            label: 'init',
            ...spread(rounds.map(({ empty, gateway }) => gateway / empty)),
            direct: median(rounds.map(({ empty }) => empty)),
            gateway: median(rounds.map(({ gateway }) => gateway)),
            unit: 'ms',
          },
        ],
      },
    ],
    tables: [sizes(asset)],
    notes: [
      'Both sides include the start of Node.js and the runtime client, and one AWS client. The ratio should stay under 3.',
      'This machine is not Lambda: the ratio travels, the milliseconds do not.',
    ],
  };
}

/** As the template has them; what only a deployment knows is any name, since nothing is called. */
function environmentOf(gateway: SynthesizedFunction): { readonly [name: string]: string } {
  const variables = Object.entries(gateway.variables).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : 'known-at-deployment',
  ]);
  return {
    ...Object.fromEntries(variables),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}

async function bundleEmpty(folder: string): Promise<string> {
  mkdirSync(folder);
  await build({
    stdin: { contents: EMPTY, resolveDir: PROJECT },
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return folder;
}

function sizes(asset: string): BenchReport['tables'][number] {
  const code = readdirSync(asset).filter((file) => /\.mjs$|\.data-\w+\.json$/.test(file));
  const atInit = staticImports(asset);
  const sum = (files: readonly string[]): string => {
    const bytes = files.reduce((total, file) => total + statSync(join(asset, file)).size, 0);
    return `${Math.round(bytes / 1_000)} kB`;
  };
  return {
    title: 'The bundle',
    columns: ['when it is read', 'files', 'code'],
    rows: [
      ['at init', String(atInit.length), sum(atInit)],
      ...code
        .filter((file) => !atInit.includes(file))
        .map((file) => ({ file, size: statSync(join(asset, file)).size }))
        .sort((a, b) => b.size - a.size)
        .slice(0, 5)
        .map(({ file }) => [`later: ${file.replace(/-[A-Z0-9]{8}\.(?:mjs|json)$/, '')}`, '1', sum([file])]),
      ['all together', String(code.length), sum(code)],
    ],
  };
}
