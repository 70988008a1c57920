/**
 * One reservation on one meter: the conditional update that makes it, or why there is no room.
 *
 * DynamoDB conditions compare but do not add, so the room is computed here, from the item as it was seen last, and the
 * condition asserts that what it was computed from still stands: the limits as typed, the windows, and a bound for each
 * counter. Between two that race the counters may move, as long as they stay under the bound. Whatever else changed
 * fails the condition, and the plan is made anew from the item as it is.
 */
import type { Denial, ReservedScope } from '../core/ports.ts';
import { number, stringSet, text } from './attributes.ts';
import { chargeMinute } from './charge-minute.ts';
import { createExpression, type Expression, type Update } from './expression.ts';
import { type Ask, findDenials, parallelOf, worstDenial } from './find-denials.ts';
import { VERSION } from './item-version.ts';
import { toNano } from './limits.ts';
import { isAbandoned, raisesOf } from './markers.ts';
import { isLimited, type Meter, TYPED_NAMES } from './meter.ts';
import { advance } from './minute-window.ts';
import { requireSeen } from './require-seen.ts';
import { chargeSpend, spendIdsAt } from './spend-window.ts';

export interface ReserveAsk extends Ask {
  readonly marker: string;
}

export type ReservePlan =
  /** No limits: counted at settlement, not reserved. */
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'denied'; readonly denial: Denial }
  /** The marker is there: an earlier try got through. */
  | { readonly kind: 'done'; readonly reserved: ReservedScope }
  | { readonly kind: 'update'; readonly update: Update; readonly reserved: ReservedScope };

export function planReserve(meter: Meter, ask: ReserveAsk): ReservePlan {
  const { limits, scope, shard } = meter;
  const ids = spendIdsAt(meter, ask.nowMs);
  const hasRate = limits.limit_rpm !== undefined || limits.limit_tpm !== undefined;
  const step = advance(meter.minute, ask.nowMs);
  const reserved: ReservedScope = { scope, shard, slot: hasRate ? step.slot : undefined, ...ids };
  if (meter.open.includes(ask.marker)) return { kind: 'done', reserved };
  if (!isLimited(meter)) return { kind: 'unlimited' };
  const denial = worstDenial(findDenials(meter, ask));
  if (denial !== undefined) return { kind: 'denied', denial };

  const expression = createExpression();
  requireSettings(expression, meter);
  // Only where a rate is limited: the ring moves every three seconds, and each move is a chance to collide.
  if (hasRate) chargeMinute(expression, meter.minute, step, { requests: 1, tokens: ask.tokens }, limits);
  chargeSpend(expression, 'day', meter.day, ids.day, ask.costNano, nanoOf(limits.budget_day_usd));
  chargeSpend(expression, 'month', meter.month, ids.month, ask.costNano, nanoOf(limits.budget_month_usd));
  expression.add(expression.name('reserved_nano'), expression.value('cost', number(ask.costNano)));
  addMarker(expression, meter, ask);
  label(expression, meter);
  return { kind: 'update', update: expression.build(), reserved };
}

const nanoOf = (usd: number | undefined): number | undefined => (usd === undefined ? undefined : toNano(usd));

/**
 * An edit by anyone, a limit that appears or goes included, is in force for the very next reservation. What a shard
 * takes of its limits stands on the first one: by the others only how many there are is told.
 */
export function requireSettings(expression: Expression, meter: Meter): void {
  const names = meter.shard === 0 ? TYPED_NAMES : (['split', 'held'] as const);
  for (const name of names) requireSeen(expression, name, name, meter.typed[name]);
}

/** The marker makes the update repeatable after a time-out: applied twice, the second one fails its condition. */
function addMarker(expression: Expression, meter: Meter, { marker, nowMs }: ReserveAsk): void {
  const open = expression.name('open');
  expression.require(`NOT contains(${open}, ${expression.value('marker', text(marker))})`);
  const parallel = parallelOf(meter, nowMs);
  if (parallel !== undefined && meter.open.length >= parallel) {
    // There is room once those whose process died are taken out. A set cannot lose and gain members in one update.
    const live = meter.open.filter((other) => !isAbandoned(other, nowMs));
    const dead = meter.open.filter((other) => isAbandoned(other, nowMs));
    dropRaises(expression, meter, dead);
    requireSeen(expression, 'open', 'open', stringSet(meter.open));
    expression.set(open, expression.value('live', stringSet([...live, marker])));
    return;
  }
  if (parallel !== undefined) {
    const bound = expression.value('parallel', number(parallel));
    expression.require(`(attribute_not_exists(${open}) OR size(${open}) < ${bound})`);
  }
  expression.add(open, expression.value('markers', stringSet([marker])));
}

/** Of requests whose markers go. */
export function dropRaises(expression: Expression, { raised }: Meter, markers: readonly string[]): void {
  const theirs = raisesOf(raised, markers);
  if (theirs.length === 0) return;
  expression.delete(expression.name('raised'), expression.value('raises', stringSet(theirs)));
}

/** `kind` puts the item into the index that lists all meters: the first shard for all of them. */
export function label(expression: Expression, meter: Meter): void {
  if (meter.labelled) return;
  if (meter.shard === 0) expression.set(expression.name('kind'), expression.value('kind', text('meter')));
  expression.set(expression.name('v'), expression.value('v', VERSION.v));
}
