/**
 * A scope without limits is counted once, after the request: only its spend, since nothing looks at its last minute.
 * There is no marker to make this repeatable (it would have to be written before); `last_counted` tells the repeat of a
 * write whose answer was lost from a new one as long as nobody else counted in between. After that it counts twice
 * rather than not at all, and reconciliation with the request log puts it right.
 */
import { text } from './attributes.ts';
import { createExpression, type Update } from './expression.ts';
import type { Meter } from './meter.ts';
import { label } from './plan-reserve.ts';
import { chargeSpend, spendIdsAt } from './spend-window.ts';

export interface Count {
  readonly marker: string;
  readonly costNano: number;
  readonly nowMs: number;
}

export function planCount(meter: Meter, { marker, costNano, nowMs }: Count): Update | 'done' {
  if (meter.lastCounted === marker) return 'done';
  const expression = createExpression();
  const ids = spendIdsAt(meter, nowMs);
  chargeSpend(expression, 'day', meter.day, ids.day, costNano, undefined);
  chargeSpend(expression, 'month', meter.month, ids.month, costNano, undefined);
  const last = expression.name('last_counted');
  const value = expression.value('marker', text(marker));
  expression.require(`(attribute_not_exists(${last}) OR ${last} <> ${value})`);
  expression.set(last, value);
  label(expression, meter);
  return expression.build();
}
