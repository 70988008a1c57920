/**
 * Amazon's own Node.js runtime client, the code that runs around a handler on Lambda. It is no dependency: installing it
 * compiles curl, which most machines cannot. Its JavaScript is all that the tests need (see rapid-client.ts), so it is
 * fetched without its install scripts when a test asks for it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PACKAGE = 'aws-lambda-ric';
const VERSION = '4.0.2';
const CACHE = resolve(import.meta.dirname, '../../../node_modules/.cache/tollgate');

export type RuntimeClient =
  | { readonly ok: true /** What Lambda starts. */; readonly entry: string }
  | { readonly ok: false; readonly reason: string };

export async function installRuntimeClient(): Promise<RuntimeClient> {
  const folder = join(CACHE, `${PACKAGE}-${VERSION}`);
  const entry = join(folder, 'node_modules', PACKAGE, 'index.mjs');
  if (existsSync(entry)) return { ok: true, entry };
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  const args = ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--no-package-lock'];
  try {
    await run('npm', [...args, '--prefix', unfinished, `${PACKAGE}@${VERSION}`], { cwd: unfinished, timeout: 60_000 });
    // Two test runs at once may both get here: the first one's will do.
    if (!existsSync(entry)) await rename(unfinished, folder);
    if (!existsSync(entry)) throw new Error(`It has no ${entry}.`);
    return { ok: true, entry };
  } catch (error) {
    if (existsSync(entry)) return { ok: true, entry };
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: `${PACKAGE}@${VERSION} cannot be installed here: ${reason.slice(0, 500)}` };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
