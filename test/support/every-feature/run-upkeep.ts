/** Everything that makes upkeep call AWS, event by event. Gives what each failed with; '' where it did not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createDynamoLedger } from '../../../functions/adapters/dynamo-ledger.ts';
import { createPriceStore } from '../../../functions/adapters/price-store.ts';
import type { TableAccess } from '../../../functions/adapters/read-meter-items.ts';
import { ENV, RECONCILE_EVENT, REFRESH_PRICES_EVENT } from '../../../functions/env.ts';
import { compileCatalogue } from '../../../functions/ledger/compile-catalogue.ts';
import { closeServer, listen } from '../../../local/listen.ts';

const SCRIPT = fileURLToPath(new URL('../upkeep-process.ts', import.meta.url));
const MINUTE = 60_000;

type Variables = { readonly [name: string]: string };

/** As the public catalogue is written. */
const catalogue = (price: number): readonly object[] => [
  {
    id: 'one',
    name: 'One',
    models: Array.from({ length: 30 }, (_, index) => ({
      id: `model-${index}`,
      match: { equals: `model-${index}` },
      prices: { input_mtok: price, output_mtok: 6 },
    })),
  },
];

export async function runUpkeep(
  environment: Variables,
  access: TableAccess,
): Promise<{ readonly [event: string]: string }> {
  await leaveLostRequest(access);
  await leavePrices(access);
  const web = createServer((request, response) => {
    request.resume();
    response.end(request.url === '/prices' ? JSON.stringify(catalogue(1.2)) : '');
  });
  const url = await listen(web, { port: 0 });
  const upkeep = start({ ...environment, [ENV.priceCatalogue]: `${url}/prices` });
  const limits = {
    RequestType: 'Create',
    ResponseURL: `${url}/answer`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Limits',
    ResourceProperties: { Scope: 'team:deployed', Settings: '{"limit_rpm":60,"shards":2}' },
  };
  const events = { sweep: {}, reconcile: RECONCILE_EVENT, prices: REFRESH_PRICES_EVENT, limits };
  const failures: { [event: string]: string } = {};
  try {
    for (const [name, event] of Object.entries(events)) failures[name] = await upkeep.invoke(event);
  } finally {
    await upkeep.close();
    await closeServer(web);
  }
  return failures;
}

/** Its process died: its time is up, and nobody has settled it. */
async function leaveLostRequest(access: TableAccess): Promise<void> {
  const nowMs = Date.now() - 20 * MINUTE;
  const result = await createDynamoLedger(access).reserve({
    requestId: 'req_lost_by_a_process_that_died',
    scopes: ['team:run', 'org'],
    nowMs,
    expiresAtMs: nowMs + 10 * MINUTE,
    tokens: 10,
    costNano: 1_000,
    about: { api: 'chat.completions' },
  });
  if (result.outcome !== 'admitted') throw new Error('There was no room for the request that is to be lost.');
}

/** Two versions: the next one takes the place of the first. */
async function leavePrices(access: TableAccess): Promise<void> {
  const store = createPriceStore(access);
  for (const price of [1, 1.1]) {
    await store.publish(compileCatalogue(catalogue(price), `at ${price}`), await store.pointer(), Date.now());
  }
}

function start(environment: Variables) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [SCRIPT], {
    env: { PATH, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const answers: ((answer: string) => void)[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const { answer } = JSON.parse(line) as { readonly answer?: string };
    if (answer !== undefined) answers.shift()?.(answer);
  });
  return {
    invoke: (event: object): Promise<string> => {
      child.stdin.write(`${JSON.stringify(event)}\n`);
      const died = exited.then(() => Promise.reject(new Error('Upkeep has ended.')));
      return Promise.race([new Promise<string>((resolve) => answers.push(resolve)), died]);
    },
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}
