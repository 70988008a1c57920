/**
 * A process of its own that runs a bundled asset as Lambda would: from its folder, with the configuration file that the
 * template names, under the function URL emulator. Prints one line of JSON when it serves.
 *
 * Usage: serve-asset.ts ASSET_FOLDER CONFIG_FILE_VARIABLE DATA_FOLDER GATEWAY_YAML
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ENV } from '../../functions/env.ts';
import { startLocal } from '../../local/start.ts';

const [asset = '', configFile = '', data = '', config = ''] = process.argv.slice(2);

// The emulator has a configuration of its own to name: what Lambda would set is set after it, before the bundle is read.
const entry = join(data, 'entry.mjs');
const variables = { [ENV.configFile]: configFile, LAMBDA_TASK_ROOT: asset };
await writeFile(
  entry,
  `Object.assign(process.env, ${JSON.stringify(variables)});
export const { handler } = await import(${JSON.stringify(pathToFileURL(join(asset, 'index.mjs')).href)});
`,
);
const stack = await startLocal({ port: 0, config, data, handlerModule: entry, env: { OPENAI_API_KEY: 'sk-upstream' } });
process.once('SIGTERM', () => {
  void stack.close().then(() => process.exit(0));
});
console.log(JSON.stringify({ url: stack.url, firehose: stack.endpoints.firehose, key: stack.firstKey?.key }));
