/** What prices cost a cold start, and each look-up after it. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { createPriceBook, deployedCatalogue } from '../functions/adapters/price-catalogue.ts';
import { digestOf } from '../functions/adapters/price-store.ts';
import type { BenchContext, BenchReport } from './support/bench.ts';
import { ROOT, startChild } from './support/child.ts';
import { median } from './support/statistics.ts';

export const about = 'what the price catalogue adds to a cold start, and what a look-up takes';

const STARTS = 9;
const LOOK_UPS = 2_000;

/** As the gateway does it before its first request, as far as it needs no table. */
const COMPILED = `
  const { createPriceBook, deployedCatalogue } = await import(process.argv[2]);
  createPriceBook(await deployedCatalogue(), []).find({ provider: 'openai', model: 'gpt-5.6-sol', atMs: 1.79e12 });`;
/** As it would be with the package itself. */
const PACKAGE = `
  const { calcPrice } = await import(process.argv[2]);
  calcPrice({}, 'gpt-5.6-sol', { providerId: 'openai', timestamp: new Date(1.79e12) });`;

export async function run(context: BenchContext): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-prices-'));
  context.defer(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = (entry: string, name: string): string => {
    const outdir = join(folder, name);
    buildSync({
      absWorkingDir: ROOT,
      entryPoints: { index: entry },
      outdir,
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      loader: { '.data.json': 'copy' },
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunk-[name]',
    });
    return join(outdir, 'index.mjs');
  };
  const compiled = bundle('functions/adapters/price-catalogue.ts', 'compiled');
  const whole = bundle('node_modules/@pydantic/genai-prices/dist/index.js', 'package');

  const starts: string[][] = [];
  for (const [name, script, file] of [
    ['compiled, as it is deployed', COMPILED, compiled],
    ['the package itself', PACKAGE, whole],
  ] as const) {
    const times: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      context.progress(`${name}, start ${start + 1} of ${STARTS}`);
      times.push(await timeStart(folder, script, file));
    }
    starts.push([
      name,
      milliseconds(median(times)),
      milliseconds(Math.min(...times)),
      milliseconds(Math.max(...times)),
    ]);
  }

  const catalogue = await deployedCatalogue();
  const stored = gzipSync(JSON.stringify(catalogue));
  const unpacked = await timeEach(20, async () => {
    digestOf(JSON.parse((await promisify(gunzip)(stored)).toString()));
  });
  const book = createPriceBook(catalogue, []);
  const lookUps = [
    ['openai', 'gpt-5.6-sol'],
    ['anthropic', 'claude-sonnet-5'],
    ['bedrock', 'us.anthropic.claude-sonnet-5-v1:0'],
    ['openrouter', 'a/model-that-nobody-has'],
  ] as const;
  const rows: string[][] = [];
  for (const [provider, model] of lookUps) {
    const time = await timeEach(LOOK_UPS, async () => void book.find({ provider, model, atMs: 1.79e12 }));
    rows.push([`${provider}/${model}`, `${(time * 1_000).toFixed(1)} µs`]);
  }
  const bytes = statSync(join(ROOT, 'functions/ledger/catalogue.data.json')).size;
  return {
    groups: [],
    tables: [
      { title: 'A new process: import, and the first price', columns: ['', 'median', 'least', 'most'], rows: starts },
      { title: 'One look-up', columns: ['model', 'mean'], rows },
    ],
    notes: [
      `The compiled catalogue is ${Math.round(bytes / 1_000)} kB, ${Math.round(stored.length / 1_000)} kB compressed.`,
      `Refreshed prices out of the table are unpacked and checked in ${milliseconds(unpacked)}.`,
      'A function of 512 MB has a third of a core: multiply by three for its cold start, which may grow by 30 ms.',
    ],
  };
}

async function timeStart(folder: string, script: string, file: string): Promise<number> {
  const path = join(folder, 'start.mjs');
  writeFileSync(path, `const before = performance.now();${script}\nconsole.log('took', performance.now() - before);`);
  const child = startChild([path, file]);
  try {
    return Number(await child.until(/took (\S+)\n/, 20_000));
  } finally {
    await child.stop();
  }
}

async function timeEach(times: number, work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  for (let step = 0; step < times; step += 1) await work();
  return (performance.now() - before) / times;
}

const milliseconds = (time: number): string => `${time.toFixed(1)} ms`;
