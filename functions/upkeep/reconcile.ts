/**
 * Compares what each meter has for this day and this month with the request log, says where they differ, and puts the
 * meter right if it is to. A meter that is written while this looks at it is looked at again, a few times; if it never
 * rests, or the log lags, it is held to the days that are over.
 */
import type { Account, ReconcileStore } from '../adapters/dynamo-reconcile.ts';
import { inParallel } from '../adapters/in-parallel.ts';
import type { Scope, SpendLog } from '../core/ports.ts';
import { dayAt, dayEndsAtMs, dayStartsAtMs, monthAt, monthEndsAtMs, monthStartsAtMs } from '../ledger/calendar.ts';
import { type Drift, findDrift, isCounted, spentOf, spreadDrift } from '../ledger/plan-reconcile.ts';
import { reconcilePast, remembering } from './reconcile-past.ts';

export interface ReconcileOptions {
  readonly store: ReconcileStore;
  readonly log: SpendLog;
  readonly nowMs: number;
  /** Otherwise it only tells. */
  readonly apply: boolean;
}

export interface ScopeResult {
  readonly scope: Scope;
  readonly drifts: readonly Drift[];
  /**
   * `busy`: requests were settled all the while. `unreadable`: the reason is in `problem`. `repaired`: it differed, and is
   * as the log now.
   */
  readonly state: 'same' | 'differs' | 'repaired' | 'busy' | 'unreadable';
  readonly problem?: string;
}

const TRIES = 4;
/** Scopes at once: each end user may be one, and a run has ten minutes. */
const PARALLEL = 8;

export async function reconcile(options: ReconcileOptions): Promise<readonly ScopeResult[]> {
  const past = { ...options, log: remembering(options.log) };
  return inParallel(await options.store.scopes(), PARALLEL, async (scope) => {
    const now = options.log.lateMs > 0 ? undefined : await reconcileNow(options, scope);
    return now !== undefined && now.state !== 'busy' ? now : reconcilePast(past, scope, now !== undefined);
  });
}

async function reconcileNow({ store, log, nowMs, apply }: ReconcileOptions, scope: Scope): Promise<ScopeResult> {
  for (let step = 0; step < TRIES; step += 1) {
    const before = await store.read(scope);
    if (typeof before === 'string') return { scope, drifts: [], state: 'unreadable', problem: before };
    const windows = isCounted(scope, before.shards) ? windowsAt(nowMs, before.timeZone) : [];
    const logged = await Promise.all(windows.map(async ({ fromMs, toMs }) => log.spend(fromMs, toMs)));
    const now = await store.read(scope);
    // A settlement that is decided has, or may have, its row, and is not on the meter yet.
    if (typeof now === 'string' || !isQuiet(before, now)) continue;
    const { shards, records } = now;
    const drifts = windows.map(({ name, id, fromMs, toMs }, index) => {
      const within = records.filter(({ startedAtMs }) => startedAtMs >= fromMs && startedAtMs < toMs);
      return findDrift({ window: name, id }, shards, spentOf(shards, name, id), within, logged[index]?.get(scope) ?? 0);
    });
    const differs = drifts.some(({ driftNano }) => driftNano !== 0);
    if (!apply) return { scope, drifts, state: differs ? 'differs' : 'same' };
    const changes = drifts.map(({ driftNano, window, id }) => spreadDrift(driftNano, spentOf(shards, window, id)));
    const written = await Promise.all(
      shards.map((meter, shard) => {
        const repairs = drifts.map(({ window, id }, index) => ({
          window,
          id,
          changeNano: changes[index]?.[shard] ?? 0,
        }));
        return store.repair(meter, repairs, records, nowMs);
      }),
    );
    if (written.every(Boolean)) return { scope, drifts, state: differs ? 'repaired' : 'same' };
  }
  return { scope, drifts: [], state: 'busy' };
}

function windowsAt(nowMs: number, zone: string) {
  const [day, month] = [dayAt(nowMs, zone), monthAt(nowMs, zone)];
  return [
    { name: 'day', id: day, fromMs: dayStartsAtMs(day, zone), toMs: dayEndsAtMs(day, zone) },
    { name: 'month', id: month, fromMs: monthStartsAtMs(month, zone), toMs: monthEndsAtMs(month, zone) },
  ] as const;
}

/** Nothing was settled between two looks, and nothing is being settled. */
function isQuiet(before: Account, now: Account): boolean {
  const state = ({ shards }: Account): string =>
    JSON.stringify(shards.map(({ day, month, open }) => [day, month, [...open].sort()]));
  return now.records.every(({ decision }) => decision === undefined) && state(before) === state(now);
}
