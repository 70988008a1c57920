/**
 * More for a reservation that stands, on one meter: of its money alone, in the windows that it was charged to. A second
 * marker beside the request's own says that this meter has it, so that a repeat changes nothing, and whoever settles
 * takes off each meter what was put on it.
 */
import type { ReservedScope } from '../core/ports.ts';
import { number, stringSet, text } from './attributes.ts';
import { createExpression, type Update } from './expression.ts';
import { toNano } from './limits.ts';
import { formatRaise } from './markers.ts';
import type { Meter } from './meter.ts';
import { requireSettings } from './plan-reserve.ts';
import { chargeSpend } from './spend-window.ts';

export interface Raise {
  readonly marker: string;
  /** Which one of the reservation it is, from 0. */
  readonly index: number;
  readonly nano: number;
}

/**
 * `no-room` also where the day or the month that was charged is over, or the reservation is: what belongs to a window
 * that nobody counts any more can be checked against no budget.
 */
export function planRaise(meter: Meter, { day, month }: ReservedScope, raise: Raise): Update | 'done' | 'no-room' {
  const mark = formatRaise(raise.marker, raise.index);
  if (meter.raised.includes(mark)) return 'done';
  const windows = [
    { name: 'day', id: day, seen: meter.day, budget: meter.limits.budget_day_usd },
    { name: 'month', id: month, seen: meter.month, budget: meter.limits.budget_month_usd },
  ] as const;
  if (!meter.open.includes(raise.marker)) return 'no-room';
  const expression = createExpression();
  requireSettings(expression, meter);
  for (const { name, id, seen, budget } of windows) {
    const most = budget === undefined ? undefined : toNano(budget);
    if (seen.id !== id || seen.nano === undefined) return 'no-room';
    if (most !== undefined && seen.nano + raise.nano > most) return 'no-room';
    chargeSpend(expression, name, seen, id, raise.nano, most);
  }
  const [open, raised] = [expression.name('open'), expression.name('raised')];
  expression.require(`contains(${open}, ${expression.value('marker', text(raise.marker))})`);
  expression.require(`NOT contains(${raised}, ${expression.value('mark', text(mark))})`);
  expression.add(expression.name('reserved_nano'), expression.value('cost', number(raise.nano)));
  expression.add(raised, expression.value('marks', stringSet([mark])));
  return expression.build();
}

/** What of a reservation's raises a meter has. */
export function raisedOn(meter: Meter, marker: string, raises: readonly number[]): number {
  return raises.reduce((sum, nano, index) => sum + (meter.raised.includes(formatRaise(marker, index)) ? nano : 0), 0);
}
