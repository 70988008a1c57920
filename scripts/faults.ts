/**
 * Plays the fault wall and prints what clients saw: `npm run faults -- [--only cut,stall] [--dialect gemini] [--real]
 * [--short] [--json]`. Times are a twentieth of what they are called, unless they are `--real`.
 */
import { parseArgs } from 'node:util';
import { renderRun, renderSummary } from '../test/support/fault-wall/render.ts';
import { runWall } from '../test/support/fault-wall/run-wall.ts';
import { CLIENT_DIALECTS, selectRuns } from '../test/support/fault-wall/runs.ts';
import { FLAPPING, SCENARIOS } from '../test/support/fault-wall/scenarios.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    dialect: { type: 'string', default: '' },
    parallel: { type: 'string', default: '8' },
    real: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const only = listOf(values.only, [...SCENARIOS.map(({ id }) => id), FLAPPING.id], 'scenario');
const dialects = listOf(values.dialect, CLIENT_DIALECTS, 'dialect');
const selection = { only, short: values.short, real: values.real, ...(dialects.length === 0 ? {} : { dialects }) };

// The gateway logs every failure that is asked for here; this table is for people, and they see it grow.
const { log } = console;
console.log = () => {};
const print = values.json ? console.error : log;
const total = selectRuns(selection).length;
const startedAt = performance.now();
let played = 0;
const results = await runWall({
  ...selection,
  parallel: Number(values.parallel),
  onPlayed(run, seen) {
    played += 1;
    print(`${String(played).padStart(4)}/${total}  ${renderRun(run, seen)}`);
  },
});
const seconds = (performance.now() - startedAt) / 1_000;
if (values.json) log(JSON.stringify({ seconds, results }, null, 2));
else log(renderSummary(results, seconds));
process.exitCode = results.every(({ problems }) => problems.length === 0) ? 0 : 1;

function listOf<T extends string>(text: string, known: readonly T[], what: string): readonly T[] {
  return text
    .split(',')
    .filter((word) => word !== '')
    .map((word) => {
      const found = known.find((name) => name === word);
      if (found === undefined) throw new Error(`There is no ${what} "${word}". There are: ${known.join(', ')}.`);
      return found;
    });
}
