/**
 * Writes functions/ledger/catalogue.data.json, the prices that the gateway is deployed with, from the installed package:
 * `npm run prices`. It lies in the repository so that a new version of the package shows in a review what changes in
 * price, and by how much: a model a line. As JSON that Node reads itself, because that takes 1.4 ms when the first
 * request needs it, where JSON.parse of a text within a module takes 2.3 ms, and an object literal, which is what a
 * bundler makes of a JSON file unless told otherwise, 4.6 ms (Node 24).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitForUpdate } from '@pydantic/genai-prices';
import { compileCatalogue } from '../functions/ledger/compile-catalogue.ts';

export const CATALOGUE_FILE = fileURLToPath(new URL('../functions/ledger/catalogue.data.json', import.meta.url));

const MANIFEST = new URL('../node_modules/@pydantic/genai-prices/package.json', import.meta.url);

/** JSON has no comments, and this one is to be deployed with the prices. */
const NOTICE =
  'Written by `npm run prices`. The prices are compiled from genai-prices, https://github.com/pydantic/genai-prices, ' +
  'Copyright (c) Pydantic Services Inc. 2025 to present, under the MIT License.';

/** `waitForUpdate` gives what is loaded, and nothing was updated: it is the package's own data. */
export async function compileInstalled(): Promise<string> {
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { readonly version: string };
  const catalogue = compileCatalogue(await waitForUpdate(), `genai-prices@${version}`);
  const providers = catalogue.providers.map(({ models, ...provider }) => {
    const lines = models.map((model) => JSON.stringify(model)).join(',\n');
    return `${JSON.stringify(provider).slice(0, -1)},"models":[\n${lines}\n]}`;
  });
  const head = JSON.stringify({ notice: NOTICE, version: catalogue.version }).slice(0, -1);
  return `${head},"providers":[\n${providers.join(',\n')}\n]}\n`;
}

if (import.meta.main) writeFileSync(CATALOGUE_FILE, await compileInstalled());
