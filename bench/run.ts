/** `npm run bench [-- NAME…] [--json] [--list]`: runs the benchmarks of this folder, all of them unless some are named. */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { describeMachine, formatReport } from './support/format-report.ts';

const NAMES: readonly string[] = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !NAMES.includes(name));

if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are: ${NAMES.join(', ')}.\n`);
  process.exitCode = 2;
} else if (values.list) {
  for (const name of NAMES) process.stdout.write(`${name}: ${(await load(name)).about}\n`);
} else {
  await runAll(positionals.length > 0 ? positionals : NAMES, values.json);
}

async function load(name: string): Promise<Bench> {
  return (await import(`./${name}.ts`)) as Bench;
}

async function runAll(names: readonly string[], json: boolean): Promise<void> {
  const machine = describeMachine();
  const reports: { readonly name: string; readonly about: string; readonly report: BenchReport }[] = [];
  for (const name of names) {
    const bench = await load(name);
    const report = await runOne(name, bench);
    reports.push({ name, about: bench.about, report });
    if (!json) process.stdout.write(`${formatReport(name, bench.about, report)}\n`);
  }
  if (json) {
    const benchmarks = reports.map(({ report, ...rest }) => ({ ...rest, ...report }));
    process.stdout.write(`${JSON.stringify({ machine, benchmarks }, null, 2)}\n`);
  } else {
    process.stdout.write(`${machine}\n`);
  }
}

/** What a benchmark started is stopped, also where it fails or somebody presses Ctrl-C. */
async function runOne(name: string, bench: Bench): Promise<BenchReport> {
  const undo: (() => Promise<void> | void)[] = [];
  // Once only, and everybody waits for the same: a process that ends in the middle of it leaves its folder behind.
  let cleaned: Promise<void> | undefined;
  const cleanUp = (): Promise<void> => {
    cleaned ??= (async () => {
      showProgress('');
      for (const step of undo.splice(0).reverse()) await step();
    })();
    return cleaned;
  };
  const interrupted = (): void => {
    const exit = (): void => process.exit(130);
    cleanUp().then(exit, exit);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const context: BenchContext = {
    progress: (text) => showProgress(`${name}: ${text} …`),
    defer: (step) => undo.push(step),
  };
  try {
    return await bench.run(context);
  } finally {
    // After an interruption its `exit` comes first: the failure that it caused is nobody's news.
    await cleanUp();
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}

/** One line that overwrites itself on a terminal; lines of their own elsewhere. Never among the results. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}
