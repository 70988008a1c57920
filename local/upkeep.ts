/**
 * EventBridge's part, on loopback: the upkeep function's own handler, again and again, one run at a time. Once a day it
 * is asked to reconcile the ledger with the request log, which here is the local lake, and once to refresh the prices.
 */
import { READ_LOADS_EVENT, RECONCILE_EVENT, REFRESH_PRICES_EVENT } from '../functions/env.ts';
import { composeUpkeep } from '../functions/upkeep/compose.ts';
import { createHandler } from '../functions/upkeep/create-handler.ts';
import { createContext } from './lambda-runtime.ts';
import { report } from './response-front.ts';
import { createLakeSpendLog } from './spend-log.ts';

export interface UpkeepOptions {
  readonly everyMs: number;
  readonly reconcileEveryMs?: number;
  readonly lakeDir: string;
  /** Delivers the rows that the request log still holds back. */
  readonly flush: () => Promise<void>;
  readonly env: { readonly [name: string]: string | undefined };
}

export interface UpkeepTimer {
  /** Waits for a run that is under way. */
  close(): Promise<void>;
}

/** As in lib/upkeep-function.ts. */
const TIMEOUT_MS = 55_000;
/** As upkeep does by itself in the cloud, in one run: here nobody is to wait for it when the stack stops. */
const LOADS_MS = 20_000;
const DAY_MS = 24 * 3_600_000;

export function startUpkeep(options: UpkeepOptions): UpkeepTimer {
  const { everyMs, reconcileEveryMs = DAY_MS, env } = options;
  const handler = createHandler(composeUpkeep(env, lakeOf(options)));
  const timers = new Set<NodeJS.Timeout>();
  let running: Promise<void> = Promise.resolve();
  const invoke = async (event: object): Promise<void> => {
    const requestId = crypto.randomUUID();
    const deadlineMs = Date.now() + TIMEOUT_MS;
    const context = createContext({ requestId, functionName: 'tollgate-upkeep', deadlineMs });
    await handler(event, context).catch((error: unknown) => report(requestId, 'Upkeep failed', error));
  };
  const repeat = (event: object, ms: number): void => {
    const timer = setInterval(() => {
      running = running.then(() => invoke(event));
    }, ms);
    timers.add(timer);
  };
  repeat({}, everyMs);
  repeat(RECONCILE_EVENT, reconcileEveryMs);
  repeat(REFRESH_PRICES_EVENT, DAY_MS);
  repeat({ ...READ_LOADS_EVENT, rounds: 1 }, LOADS_MS);
  return {
    async close() {
      for (const timer of timers) clearInterval(timer);
      await running;
    },
  };
}

/** Opened for each run: DuckDB is a library of 60 MB, of which a gateway that is never reconciled needs nothing. */
function lakeOf({ lakeDir, flush }: UpkeepOptions) {
  return {
    lateMs: 0,
    async spend(fromMs: number, toMs: number) {
      await flush();
      const { openLake } = await import('./lake.ts');
      const lake = await openLake(lakeDir);
      try {
        return await createLakeSpendLog(lake).spend(fromMs, toMs);
      } finally {
        lake.close();
      }
    },
  };
}
