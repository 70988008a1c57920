import { deployedCatalogue } from '../adapters/price-catalogue.ts';
import { READ_LOADS_EVENT, RECONCILE_EVENT, REFRESH_PRICES_EVENT } from '../env.ts';
import { applyDeployedLimits, isDeployment } from './deployed-limits.ts';
import { readLoads } from './read-loads.ts';
import { reconcile } from './reconcile.ts';
import { refreshPrices } from './refresh-prices.ts';
import { sweep } from './sweep.ts';
import type { Upkeep } from './upkeep.ts';

interface UpkeepContext {
  getRemainingTimeInMillis(): number;
}

/** The next sweep comes after a minute; the function itself has longer, for Athena's answers. */
const SWEEP_MS = 55_000;
/** Between two looks at model servers. */
const ROUND_MS = 20_000;
/** Kept back from the invocation's time, to finish what was begun. */
const CLOSING_MS = 20_000;

/** Fails, so that the function's error metric shows it, where a lost request could not be ended. */
export function createHandler(upkeep: Upkeep) {
  return async (event: unknown, context: UpkeepContext): Promise<void> => {
    if (isDeployment(event)) {
      await applyDeployedLimits(event, upkeep.setLimits);
      return;
    }
    if (isTask(event, RECONCILE_EVENT)) {
      await reconcileAll(upkeep);
      return;
    }
    if (isTask(event, REFRESH_PRICES_EVENT)) {
      await refresh(upkeep);
      return;
    }
    if (isTask(event, READ_LOADS_EVENT)) {
      await lookAtServers(upkeep, roundsOf(event));
      return;
    }
    const untilMs = upkeep.clock.now() + Math.min(SWEEP_MS, context.getRemainingTimeInMillis()) - CLOSING_MS;
    const result = await sweep(upkeep, untilMs);
    if (result.swept > 0) upkeep.report('warn', 'Lost requests were ended.', { ...result });
    if (result.failed > 0) throw new Error(`${result.failed} lost requests could not be ended.`);
  };
}

function isTask(event: unknown, { task }: { readonly task: string }): boolean {
  return typeof event === 'object' && event !== null && 'task' in event && event.task === task;
}

function roundsOf(event: unknown): number {
  const rounds = typeof event === 'object' && event !== null && 'rounds' in event ? event.rounds : undefined;
  return typeof rounds === 'number' ? rounds : 1;
}

/** Several times a minute: EventBridge cannot be asked for more than one, and a queue is another after half a minute. */
async function lookAtServers({ loadReading, wait, report, clock }: Upkeep, rounds: number): Promise<void> {
  if (loadReading === undefined) return;
  const startedMs = clock.now();
  let silent: readonly string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await wait(Math.max(0, startedMs + round * ROUND_MS - clock.now()));
    ({ silent } = await readLoads(loadReading));
  }
  if (silent.length > 0) report('warn', 'Model servers do not say how busy they are.', { silent });
}

/** Refused is no failure of the function: the prices in use stay, and an alarm hangs on what the line counts. */
async function refresh({ prices: store, downloadPrices: download, clock, report }: Upkeep): Promise<void> {
  if (download === undefined) return;
  const result = await refreshPrices({ store, download, deployed: deployedCatalogue, nowMs: clock.now() });
  const refused = result.outcome === 'refused';
  const message = refused
    ? 'The public price catalogue was refused; the prices in use stay.'
    : 'Prices were looked at.';
  report(refused ? 'error' : 'info', message, {
    metric: refused ? 'PricesRefused' : 'PricesChecked',
    ...result,
  });
}

/** One line for each window that differed, with its figures, which is counted; and one for all. */
async function reconcileAll({ accounts, spendLog, clock, report }: Upkeep): Promise<void> {
  const results = await reconcile({ store: accounts, log: spendLog, nowMs: clock.now(), apply: true });
  let driftNano = 0;
  for (const { scope, drifts, state, problem } of results) {
    if (problem !== undefined) report('error', 'A meter cannot be reconciled.', { scope, problem });
    for (const drift of drifts.filter((each) => each.driftNano !== 0)) {
      driftNano = Math.max(driftNano, Math.abs(drift.driftNano));
      report('warn', 'A meter differed from the request log.', {
        metric: 'LedgerDrift',
        scope,
        state,
        ...drift,
      });
    }
  }
  const busy = results.filter(({ state }) => state === 'busy').length;
  report('info', 'The ledger was reconciled with the request log.', {
    largestDriftUsd: driftNano / 1e9,
    meters: results.length,
    busy,
  });
}
