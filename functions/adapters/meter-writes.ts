/**
 * The loops around the plans: write, and where the item has changed since it was looked at, plan again from what it is.
 * Each ends after a bounded number of tries; what was written can be told from the item in every case.
 */
import { GatewayError } from '../core/errors.ts';
import type { Denial, ReservedScope, Scope } from '../core/ports.ts';
import type { Update } from '../ledger/expression.ts';
import type { Meter, MeterRef } from '../ledger/meter.ts';
import { type Count, planCount } from '../ledger/plan-count.ts';
import { planRaise, type Raise } from '../ledger/plan-raise.ts';
import { planReserve, type ReserveAsk } from '../ledger/plan-reserve.ts';
import { type Correction, planSettle } from '../ledger/plan-settle.ts';
import { backOff, type Waiting, wasNeverSent } from './dynamo-calls.ts';
import type { MeterStore } from './dynamo-meters.ts';

export type ScopeOutcome =
  | { readonly kind: 'reserved'; readonly reserved: ReservedScope }
  /** The scope has no limits: to be counted at settlement. */
  | { readonly kind: 'counted'; readonly scope: Scope }
  | { readonly kind: 'denied'; readonly denial: Denial }
  /** The shards of the scope are not those that were thought: nothing was charged. */
  | { readonly kind: 'moved' }
  /** `charged` has been charged all the same, `attempted` may have been: a write whose answer did not come. */
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      readonly charged?: ReservedScope;
      readonly attempted?: ReservedScope;
    };

/** Turns an item as it lies in the table into what may be charged; undefined where that is no shard of the scope. */
export type Apply = (item: Meter) => Meter | undefined;

export interface MeterWrites {
  /** Never throws. `meter` may be out of date where it has room, but not where it has none: a denial is final. */
  reserveOn(meter: Meter, ask: ReserveAsk, apply: Apply): Promise<ScopeOutcome>;
  /** Whether it is there. `meter` may be out of date where it has room. */
  raiseOn(meter: Meter, charged: ReservedScope, raise: Raise, apply: Apply): Promise<boolean>;
  settleOn(charged: ReservedScope, correction: Correction): Promise<void>;
  /** `meter` may be out of date. */
  countOn(meter: Meter, count: Count): Promise<void>;
}

/** How often an item may change between looking and writing. Only a window that begins makes two writers collide. */
const TRIES = 10;

export function createMeterWrites(meters: MeterStore, waiting: Waiting): MeterWrites {
  /** `plan` gives the next update, from the item that the last one failed on, and what comes of it. */
  const untilWritten = async <T extends object>(
    ref: MeterRef,
    plan: (item: Meter | undefined) => { readonly update?: Update; readonly outcome: T },
  ): Promise<T> => {
    let item: Meter | undefined;
    for (let step = 0; step < TRIES; step += 1) {
      const next = plan(item);
      if (next.update === undefined) return next.outcome;
      const written = await meters.write(ref, next.update);
      if (written.written) return next.outcome;
      item = written.meter;
      // At once the first time: whoever came first is through by then.
      if (step > 0) await backOff(waiting, step);
    }
    const message = `The meter ${ref.scope} is written too often to be charged: it needs more shards, or fewer requests.`;
    throw new GatewayError('ledger-unavailable', message, { retryAfterMs: 1_000 });
  };

  return {
    reserveOn(first, ask, apply) {
      const { scope } = first;
      let attempted: ReservedScope | undefined;
      return untilWritten<ScopeOutcome>(first, (item) => {
        // Done by a try whose answer was lost, and which charged the windows that it was planned for; also on what is a
        // shard of the scope no more.
        if (attempted !== undefined && item?.open.includes(ask.marker)) {
          return { outcome: { kind: 'reserved', reserved: attempted } };
        }
        const meter = item === undefined ? first : apply(item);
        if (meter === undefined) return { outcome: { kind: 'moved' } };
        const plan = planReserve(meter, ask);
        if (plan.kind === 'unlimited') return { outcome: { kind: 'counted', scope } };
        if (plan.kind === 'denied') return { outcome: plan };
        if (plan.kind === 'done') return { outcome: { kind: 'reserved', reserved: plan.reserved } };
        attempted = plan.reserved;
        return { update: plan.update, outcome: { kind: 'reserved', reserved: plan.reserved } };
      }).catch((error: unknown) => ({
        kind: 'failed',
        error,
        // Every try before the last was refused by its condition, or the loop would have ended with it.
        ...(attempted === undefined || wasNeverSent(error) ? {} : { attempted }),
      }));
    },

    async raiseOn(first, charged, raise, apply) {
      const { isThere } = await untilWritten(first, (item) => {
        const meter = item === undefined ? first : apply(item);
        const plan = meter === undefined ? 'no-room' : planRaise(meter, charged, raise);
        if (typeof plan === 'string') return { outcome: { isThere: plan === 'done' } };
        return { update: plan, outcome: { isThere: true } };
      });
      return isThere;
    },

    async settleOn(charged, correction) {
      await untilWritten(charged, (item) => {
        const update = planSettle(charged, correction, item);
        return update === 'done' ? { outcome: {} } : { update, outcome: {} };
      });
    },

    async countOn(first, count) {
      await untilWritten(first, (item) => {
        const update = planCount(item === undefined ? first : { ...item, timeZone: first.timeZone }, count);
        return update === 'done' ? { outcome: {} } : { update, outcome: {} };
      });
    },
  };
}
