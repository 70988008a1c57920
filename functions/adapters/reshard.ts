/**
 * Changes the number of a meter's shards while it is in use. The shards are closed, what they have counted is spread
 * over the new ones, more first and less last, and they are opened again: some ten round trips, in which nothing can be
 * reserved on the scope and everything can be settled. If it dies half-way the next one begins anew; what was written
 * twice by then counts twice, never less, until reconciliation.
 */
import { GatewayError } from '../core/errors.ts';
import type { Scope } from '../core/ports.ts';
import { number } from '../ledger/attributes.ts';
import { createExpression, type Update } from '../ledger/expression.ts';
import type { Meter, MeterRef } from '../ledger/meter.ts';
import { atLeast, gains, planShard, planTargets, type ShardSetting, type ShardTarget } from '../ledger/plan-reshard.ts';
import { policyOf, templateOf } from '../ledger/policy.ts';
import { backOff, type Waiting } from './dynamo-calls.ts';
import type { MeterStore } from './dynamo-meters.ts';

/** After which whoever was at it is taken for dead. */
const STALE_MS = 15_000;
const TRIES = 5;
/** For somebody else to be done: some two seconds. */
const WAITS = 25;

export interface ReshardOptions {
  readonly meters: MeterStore;
  readonly waiting: Waiting;
  readonly scope: Scope;
  readonly nowMs: number;
}

/** Gives the scope the shards that are typed on its first item. Returns once it has them, by whomever. */
export async function reshard(options: ReshardOptions): Promise<void> {
  const { meters, waiting, scope, nowMs } = options;
  for (let step = 0; step < WAITS; step += 1) {
    const main = await readOne(meters, { scope, shard: 0 });
    if (main.own.resharding === undefined && (main.own.shards ?? 1) === (main.own.split ?? 1)) return;
    const taken = await meters.write(main, planTake(nowMs));
    if (taken.written) {
      await change(options, taken.meter);
      return;
    }
    await backOff(waiting, step + 3);
  }
  throw busy(scope);
}

async function change({ meters, scope, nowMs }: ReshardOptions, main: Meter): Promise<void> {
  const shards = main.own.shards ?? 1;
  const made = Math.max(shards, main.own.split ?? 1, main.own.made ?? 1);
  const refs = Array.from({ length: made }, (_, shard): MeterRef => ({ scope, shard }));
  await Promise.all(refs.slice(1).map((ref) => meters.write(ref, planClose())));
  const template = templateOf(scope);
  const [model] = await meters.read(template === undefined ? [] : [{ scope: template, shard: 0 }]);
  const items = await meters.read(refs);
  const parallel = policyOf(main, model).limits.limit_parallel;
  const targets = planTargets(items, shards, parallel, nowMs);

  // More first: at no time is less counted than there is, whoever dies now.
  const raising = items.flatMap((item) => {
    const target = targets[item.shard];
    return target !== undefined && gains(item, target) ? [{ item, target: atLeast(item, target) }] : [];
  });
  await Promise.all(raising.map(({ item, target }) => writeShard(meters, item, target, [])));
  const raised = await meters.read(refs);
  const goals = raised.flatMap((item, shard) => {
    const [before, target] = [items[shard], targets[shard]];
    if (before === undefined || target === undefined) return [];
    const was = raising.find((each) => each.item.shard === shard)?.target;
    return [{ item, goal: shift(target, was ?? before, item) }];
  });
  // The first one last: it opens all of them.
  for (const part of [goals.slice(1), goals.slice(0, 1)]) {
    await Promise.all(part.map(({ item, goal }) => writeShard(meters, item, goal, settingsOf(item, shards, made))));
  }
}

function settingsOf({ shard }: Meter, shards: number, made: number): readonly ShardSetting[] {
  if (shard > 0) return [['split', shard < shards ? shards : undefined]];
  return [
    ['split', shards === 1 ? undefined : shards],
    ['made', made],
    ['resharding', undefined],
  ];
}

/** Where something was settled in between, what it changed is kept. */
async function writeShard(
  meters: MeterStore,
  seen: Meter,
  target: ShardTarget,
  settings: readonly ShardSetting[],
): Promise<void> {
  let [item, goal] = [seen, target];
  for (let step = 0; step < TRIES; step += 1) {
    const result = await meters.write(item, planShard(item, goal, settings));
    if (result.written) return;
    goal = shift(goal, item, result.meter);
    item = result.meter;
  }
  throw busy(seen.scope);
}

/** What counts of an item, as read or as it was just written. */
type Counted = Pick<ShardTarget, 'day' | 'month' | 'slotRequests' | 'slotTokens'> | Meter;

/** By what settlements have changed between two looks. */
function shift(target: ShardTarget, before: Counted, now: Meter): ShardTarget {
  const moved = (name: 'day' | 'month') => {
    const change = (now[name].nano ?? 0) - (before[name].nano ?? 0);
    const stands = now[name].id === target[name].id && before[name].id === target[name].id;
    return { id: target[name].id, nano: (target[name].nano ?? 0) + (stands ? change : 0) };
  };
  const ring = (name: 'slotRequests' | 'slotTokens'): readonly number[] => {
    const old = 'scope' in before ? before.minute?.[name] : before[name];
    return target[name].map((count, index) => count + (now.minute?.[name][index] ?? 0) - (old?.[index] ?? 0));
  };
  const rings = now.minute === undefined ? {} : { slotRequests: ring('slotRequests'), slotTokens: ring('slotTokens') };
  return { ...target, day: moved('day'), month: moved('month'), ...rings };
}

/** Closes the first shard: every reservation on it asserts that nobody is at this. */
function planTake(nowMs: number): Update {
  const expression = createExpression();
  const path = expression.name('resharding');
  const stale = expression.value('stale', number(nowMs - STALE_MS));
  expression.require(`(attribute_not_exists(${path}) OR ${path} < ${stale})`);
  expression.set(path, expression.value('now', number(nowMs)));
  return expression.build();
}

/** Closes another: every reservation on it asserts how many there are. */
function planClose(): Update {
  const expression = createExpression();
  expression.remove(expression.name('split'));
  return expression.build();
}

async function readOne(meters: MeterStore, ref: MeterRef): Promise<Meter> {
  const [meter] = await meters.read([ref]);
  if (meter === undefined) throw busy(ref.scope);
  return meter;
}

const busy = (scope: Scope): GatewayError =>
  new GatewayError('ledger-unavailable', `The shards of ${scope} are being changed.`, { retryAfterMs: 1_000 });
