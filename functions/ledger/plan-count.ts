/**
 * A scope without limits is counted once, after the request: only its spend, since nothing looks at its last minute.
 * There is no marker to make this repeatable (it would have to be written before); `last_counted` tells the repeat of a
 * write whose answer was lost from a new one as long as nobody else counted in between. After that it counts twice
 * rather than not at all, and reconciliation with the request log puts it right.
 */
import { text } from './attributes.ts';
import { dayAt, monthAt } from './calendar.ts';
import { createExpression, type Update } from './expression.ts';
import type { Meter } from './meter.ts';
import { label } from './plan-reserve.ts';
import { requireSeen } from './require-seen.ts';
import { chargeSpend } from './spend-window.ts';

export interface Count {
  readonly marker: string;
  readonly costNano: number;
  /** When the request began: its spend belongs to that day and month, as its row does. */
  readonly atMs: number;
}

export function planCount(meter: Meter, { marker, costNano, atMs }: Count): Update | 'done' {
  if (meter.lastCounted === marker) return 'done';
  const expression = createExpression();
  const windows = [
    ['day', meter.day, dayAt(atMs, meter.timeZone)],
    ['month', meter.month, monthAt(atMs, meter.timeZone)],
  ] as const;
  for (const [name, window, id] of windows) {
    // A window that is over by now is nobody's any more.
    if (window.id === undefined || window.id <= id) chargeSpend(expression, name, window, id, costNano, undefined);
    else requireSeen(expression, name, name, text(window.id));
  }
  const last = expression.name('last_counted');
  const value = expression.value('marker', text(marker));
  expression.require(`(attribute_not_exists(${last}) OR ${last} <> ${value})`);
  expression.set(last, value);
  label(expression, meter);
  return expression.build();
}
