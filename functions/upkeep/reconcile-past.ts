/** Holds a meter to what the log says of this month up to today, while it is in use. */
import type { Account } from '../adapters/dynamo-reconcile.ts';
import type { Scope, SpendLog } from '../core/ports.ts';
import { dayAt, dayStartsAtMs, monthAt, monthStartsAtMs } from '../ledger/calendar.ts';
import { findDrift, isCounted, spreadDrift } from '../ledger/plan-reconcile.ts';
import { spentBefore } from '../ledger/plan-reconcile-past.ts';
import type { ReconcileOptions, ScopeResult } from './reconcile.ts';

/** Longer than a request can last with its settlement: until then what began yesterday is left alone. */
const LONGEST_MS = 20 * 60_000;
const TRIES = 4;

/** `isBusyToday`: where the days before agree, it is of today that nothing can be said. */
export async function reconcilePast(
  options: ReconcileOptions,
  scope: Scope,
  isBusyToday: boolean,
): Promise<ScopeResult> {
  const { store, log, nowMs, apply } = options;
  const busy: ScopeResult = { scope, drifts: [], state: 'busy' };
  for (let step = 0; step < TRIES; step += 1) {
    const account = await store.read(scope);
    if (typeof account === 'string') return { scope, drifts: [], state: 'unreadable', problem: account };
    const { shards, timeZone } = account;
    const ids = { day: dayAt(nowMs, timeZone), month: monthAt(nowMs, timeZone) };
    const [fromMs, toMs] = [monthStartsAtMs(ids.month, timeZone), dayStartsAtMs(ids.day, timeZone)];
    if (nowMs < toMs + log.lateMs + LONGEST_MS || !isSteady(account, ids)) return busy;
    const records = account.records.filter(({ startedAtMs }) => startedAtMs < toMs);
    // Its row may be there, and its meters may not have been told yet.
    if (records.some(({ decision }) => decision !== undefined)) return busy;
    const logged = fromMs === toMs ? 0 : ((await log.spend(fromMs, toMs)).get(scope) ?? 0);
    const spentNano = spentBefore(shards, ids);
    const found = findDrift({ window: 'month', id: ids.month }, shards, spentNano, records, logged);
    const drifts = isCounted(scope, shards) ? [found] : [];
    const driftNano = drifts.reduce((sum, drift) => sum + drift.driftNano, 0);
    const differs = driftNano !== 0;
    const same = isBusyToday ? 'busy' : 'same';
    if (!apply) return { scope, drifts, state: differs ? 'differs' : same };
    const run = new Date(nowMs).toISOString();
    const changes = spreadDrift(driftNano, spentNano);
    const written = await Promise.all(
      shards.map((meter, shard) => {
        const repair = { month: ids.month, changeNano: changes[shard] ?? 0, run };
        return store.repairPast(meter, repair, account.records, nowMs);
      }),
    );
    if (written.every(Boolean)) return { scope, drifts, state: differs ? 'repaired' : same };
  }
  return busy;
}

/** Nobody is moving what was counted, and nobody's clock is a day ahead. */
function isSteady({ shards }: Account, { day, month }: { readonly day: string; readonly month: string }): boolean {
  return shards.every(
    ({ own, day: { id: dayId = day }, month: { id: monthId = month } }) =>
      own.resharding === undefined && dayId <= day && monthId <= month,
  );
}

/** Asks for each span once: the days that are over do not change. */
export function remembering(log: SpendLog): SpendLog {
  const asked = new Map<string, ReturnType<SpendLog['spend']>>();
  return {
    lateMs: log.lateMs,
    spend(fromMs, toMs) {
      const name = `${fromMs}-${toMs}`;
      const answer = asked.get(name) ?? log.spend(fromMs, toMs);
      asked.set(name, answer);
      return answer;
    },
  };
}
