/**
 * `npm run test:long [-- NAME…]`: the tests that `npm test` plays in a short form, at full length, one after the other.
 * Without names, all of them: half an hour on two cores.
 */
import { spawn } from 'node:child_process';

interface LongForm {
  readonly about: string;
  readonly env: { readonly [name: string]: string };
  readonly files: readonly string[];
}

const FORMS: { readonly [name: string]: LongForm } = {
  fuzz: {
    about: '10,000 broken requests and answers in each dialect',
    env: { TOLLGATE_FUZZ_RUNS: '10000' },
    files: ['test/golden/mutations', 'fuzz'],
  },
  race: {
    about: '8 processes against one budget, with 50 seeds',
    env: { TOLLGATE_RACE_SEEDS: '50' },
    files: ['test/e2e/ledger/race'],
  },
  crash: {
    about: '200 processes killed, each at another await',
    env: { TOLLGATE_CRASHES: '200' },
    files: ['test/e2e/ledger/crash'],
  },
  model: {
    about: '1,000 histories of the ledger beside a simple one in memory',
    env: { TOLLGATE_MODEL_RUNS: '1000' },
    files: ['test/e2e/ledger/model'],
  },
  memory: {
    about: '100 streams of 20 MB at once',
    env: { TOLLGATE_MEMORY: 'full' },
    files: ['test/e2e/memory'],
  },
  bill: {
    about: '10,000 requests with faults, and three books that must agree',
    env: { TOLLGATE_BILL_REQUESTS: '10000' },
    files: ['test/e2e/bill'],
  },
  lake: {
    about: 'every query on 1,000,000 rows of 60 days',
    env: { TOLLGATE_LAKE_ROWS: '1000000' },
    files: ['test/unit/queries/answers'],
  },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => FORMS[name] === undefined);
if (unknown.length > 0) {
  console.error(`There is no long form "${unknown.join('", "')}". There are: ${Object.keys(FORMS).join(', ')}.`);
  process.exitCode = 2;
} else {
  const failed: string[] = [];
  const chosen = Object.entries(FORMS).filter(([name]) => asked.length === 0 || asked.includes(name));
  for (const [index, [name, form]] of chosen.entries()) {
    console.log(`\n${index + 1} of ${chosen.length}  ${name}: ${form.about}`);
    if ((await play(form)) !== 0) failed.push(name);
  }
  console.log(failed.length === 0 ? '\nAll went well.' : `\nWent wrong: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function play({ env, files }: LongForm): Promise<number> {
  const tests = spawn('npx', ['vitest', 'run', ...files], { stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    tests.once('error', reject);
    tests.once('exit', (code) => resolve(code ?? 1));
  });
}
