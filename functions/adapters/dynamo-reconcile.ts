/** What reconciliation reads of the table and writes into it. */
import { toGatewayError } from '../core/errors.ts';
import type { Scope } from '../core/ports.ts';
import { formatMarker, parseMarker } from '../ledger/markers.ts';
import type { Meter } from '../ledger/meter.ts';
import { type OpenRecord, parseOpenRecord } from '../ledger/open-record.ts';
import { planRepair, type Repair } from '../ledger/plan-reconcile.ts';
import { type PastRepair, planPastRepair } from '../ledger/plan-reconcile-past.ts';
import { policyOf, templateOf } from '../ledger/policy.ts';
import { realWaiting, type Waiting } from './dynamo-calls.ts';
import { createMeterStore } from './dynamo-meters.ts';
import { createUpkeepStore } from './dynamo-upkeep.ts';
import { listScopes } from './meter-admin.ts';
import type { TableAccess } from './read-meter-items.ts';
import { readEveryShard } from './scope-views.ts';

export interface Account {
  readonly scope: Scope;
  readonly timeZone: string;
  /** All items that the meter is, or was. */
  readonly shards: readonly Meter[];
  /** Of the requests in flight on them. */
  readonly records: readonly OpenRecord[];
}

export interface ReconcileStore {
  scopes(): Promise<readonly Scope[]>;
  /** A string where the meter cannot be read: what is wrong with it. */
  read(scope: Scope): Promise<Account | string>;
  /** Both: false where somebody was faster, and nothing was written. */
  repairPast(meter: Meter, repair: PastRepair, records: readonly OpenRecord[], nowMs: number): Promise<boolean>;
  repair(meter: Meter, repairs: readonly Repair[], records: readonly OpenRecord[], nowMs: number): Promise<boolean>;
}

const MINUTE_MS = 60_000;

export function createReconcileStore(access: TableAccess, waiting: Waiting = realWaiting): ReconcileStore {
  const meters = createMeterStore(access, waiting);
  const upkeep = createUpkeepStore({ ...access, waiting });

  const recordsOf = async (shards: readonly Meter[]): Promise<readonly OpenRecord[]> => {
    const markers = new Set(shards.flatMap(({ open }) => open));
    const ends = [...markers].map((marker) => parseMarker(marker).expiresAtMs / MINUTE_MS);
    const minutes = new Set(ends.filter(Number.isInteger));
    const items = await Promise.all([...minutes].map((minute) => upkeep.due(minute)));
    return items
      .flat()
      .map(parseOpenRecord)
      .filter(({ requestId, expiresAtMs }) => markers.has(formatMarker(requestId, expiresAtMs)));
  };

  return {
    scopes: () => listScopes(access),

    async read(scope) {
      try {
        const template = templateOf(scope);
        const items = await readEveryShard(meters, template === undefined ? [scope] : [scope, template]);
        const shards = items.filter((item) => item.scope === scope);
        const [main] = shards;
        const model = items.find((item) => item.scope === template);
        const timeZone = main === undefined ? 'UTC' : policyOf(main, model).timeZone;
        return { scope, timeZone, shards, records: await recordsOf(shards) };
      } catch (thrown) {
        return toGatewayError(thrown).message;
      }
    },

    async repair(meter, repairs, records, nowMs) {
      const update = planRepair(meter, repairs, records, nowMs);
      return update === undefined || (await meters.write(meter, update)).written;
    },

    async repairPast(meter, repair, records, nowMs) {
      const update = planPastRepair(meter, repair, records, nowMs);
      if (update === undefined) return true;
      const result = await meters.write(meter, update);
      // Where it was not, it may have been by a try whose answer was lost.
      return result.written || result.meter.reconciled === repair.run;
    },
  };
}
