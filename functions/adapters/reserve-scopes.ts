/**
 * One reservation on one scope, whatever it is made of: the shard that has room, under the limits that hold now. What is
 * remembered of them decides where to begin, and is asked again while the write is on its way.
 */
import { GatewayError } from '../core/errors.ts';
import type { Denial, ReservedScope, Scope } from '../core/ports.ts';
import { denialOf, findDenials } from '../ledger/find-denials.ts';
import { isLimited, type Meter } from '../ledger/meter.ts';
import type { Raise } from '../ledger/plan-raise.ts';
import type { ReserveAsk } from '../ledger/plan-reserve.ts';
import { type Policy, policyOf, underPolicy } from '../ledger/policy.ts';
import { backOff, type Waiting } from './dynamo-calls.ts';
import type { MeterStore } from './dynamo-meters.ts';
import type { Apply, MeterWrites, ScopeOutcome } from './meter-writes.ts';
import { reshard } from './reshard.ts';
import type { ScopeView, ScopeViews } from './scope-views.ts';

export interface ScopeReserves {
  /** As they are now, with the shards that they are to have. */
  read(scopes: readonly Scope[], nowMs: number): Promise<readonly ScopeView[]>;
  /**
   * Never throws. `refreshed` resolves once the policies have been read anew; undefined where `view` is as of now.
   * `undo` takes back what was charged under a policy that holds no more.
   */
  reserve(view: ScopeView, ask: ReserveAsk, refreshed: Promise<void> | undefined, undo: Undo): Promise<ScopeOutcome>;
  /** More, on the shard of a reservation that stands. `view` was read just now. False where there is no room. */
  raise(view: ScopeView, shard: Meter, charged: ReservedScope, raise: Raise): Promise<boolean>;
}

export type Undo = (charged: ReservedScope) => Promise<void>;

/** A denial is looked at again on so many other shards, once all of them have been read. */
const OTHER_SHARDS = 3;
const ROUNDS = 5;

export function createScopeReserves(
  meters: MeterStore,
  views: ScopeViews,
  { reserveOn, raiseOn }: MeterWrites,
  waiting: Waiting,
): ScopeReserves {
  const read = async (scopes: readonly Scope[], nowMs: number): Promise<readonly ScopeView[]> => {
    const found = await views.read(scopes);
    const unsettled = found.filter((view) => view.unsettled);
    if (unsettled.length === 0) return found;
    await Promise.all(unsettled.map(({ scope }) => reshard({ meters, waiting, scope, nowMs })));
    return views.read(scopes);
  };

  const on = (view: ScopeView, shard: Meter, ask: ReserveAsk): Promise<ScopeOutcome> =>
    reserveOn(shard, ask, applyOf(view, meters));

  const tryShards = async (view: ScopeView, ask: ReserveAsk): Promise<ScopeOutcome> => {
    const { scope, shards, policy } = view;
    const [only] = shards;
    if (shards.length === 1 && only !== undefined) return on(view, only, ask);
    if (Object.keys(policy.limits).length === 0) return { kind: 'counted', scope };
    const hasRoom = (shard: Meter): boolean => findDenials(shard, ask).length === 0;
    const holding = shards.find(({ open }) => open.includes(ask.marker));
    const order = shuffle(shards, waiting.random);
    const begin = holding ?? order.find(hasRoom) ?? order[0];
    const outcome = begin === undefined ? ({ kind: 'moved' } as const) : await on(view, begin, ask);
    if (outcome.kind !== 'denied') return outcome;
    const [now] = await views.read([scope]);
    if (now === undefined || !isSame(now.policy, policy)) return { kind: 'moved' };
    for (const shard of shuffle(now.shards.filter(hasRoom), waiting.random).slice(0, OTHER_SHARDS)) {
      const next = await on(now, shard, ask);
      if (next.kind !== 'denied') return next;
    }
    const last = views.seen(scope) ?? now;
    return { kind: 'denied', denial: denialOf(last.shards, policy.limits, ask) ?? outcome.denial };
  };

  return {
    read,
    raise: (view, shard, charged, raise) => raiseOn(shard, charged, raise, applyOf(view, meters)),

    async reserve(first, ask, refreshed, undo) {
      const { scope } = first;
      let charged: ReservedScope | undefined;
      try {
        let [view, outcome] = [first, await tryShards(first, ask)];
        // As it is, whatever becomes of the other read: it knows what may have been charged.
        if (outcome.kind === 'failed') return outcome;
        charged = outcome.kind === 'reserved' ? outcome.reserved : undefined;
        await refreshed;
        let now = refreshed === undefined ? view : (views.seen(scope) ?? view);
        for (let round = 0; round < ROUNDS; round += 1) {
          if (outcome.kind === 'failed') return outcome;
          if (outcome.kind !== 'moved' && !now.unsettled && isSame(view.policy, now.policy)) return outcome;
          if (charged !== undefined) await undo(charged);
          charged = undefined;
          if (round > 0) await backOff(waiting, round);
          [view = view] = await read([scope], ask.nowMs);
          now = view;
          outcome = await tryShards(view, ask);
          charged = outcome.kind === 'reserved' ? outcome.reserved : undefined;
        }
        throw new GatewayError('ledger-unavailable', `The limits of ${scope} change too often.`, {
          retryAfterMs: 1_000,
        });
      } catch (error) {
        return { kind: 'failed', error, ...(charged === undefined ? {} : { charged }) };
      }
    },
  };
}

/** By their text, which differs too where a limit has moved between the item and its template: that costs one more look. */
const isSame = (left: Policy, right: Policy): boolean => JSON.stringify(left) === JSON.stringify(right);

/** The items of a scope under its policy: the first one brings its own, which may have been edited just now. */
function applyOf({ policy, template }: ScopeView, meters: MeterStore): Apply {
  const model = template === undefined ? undefined : meters.seen({ scope: template, shard: 0 });
  return (item) => {
    if (item.shard > 0) return item.own.split === policy.shards ? underPolicy(item, policy) : undefined;
    const now = policyOf(item, model);
    return item.own.resharding === undefined && now.shards === policy.shards ? underPolicy(item, now) : undefined;
  };
}

/** Why none of them has room, of those that were read just now. */
export function denialOfView({ shards, policy }: ScopeView, ask: ReserveAsk): Denial | undefined {
  if (!shards.some(isLimited) || shards.some(({ open }) => open.includes(ask.marker))) return undefined;
  return denialOf(shards, policy.limits, ask);
}

function shuffle<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
