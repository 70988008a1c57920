/** Spend of a day or a month: what it is now, and how a charge changes it. */
import { number, text } from './attributes.ts';
import { dayAt, monthAt } from './calendar.ts';
import type { Expression } from './expression.ts';
import type { Meter, SpendWindow } from './meter.ts';
import { requireSeen } from './require-seen.ts';

export interface SpendIds {
  readonly day: string;
  readonly month: string;
}

/** The windows that a charge made now belongs to: a clock that lags behind the item's takes the item's. */
export function spendIdsAt(meter: Meter, nowMs: number): SpendIds {
  return {
    day: later(meter.day, dayAt(nowMs, meter.timeZone)),
    month: later(meter.month, monthAt(nowMs, meter.timeZone)),
  };
}

const later = (window: SpendWindow, id: string): string => (window.id !== undefined && window.id > id ? window.id : id);

/** What was spent in a window, open reservations included. */
export const spentIn = (window: SpendWindow, id: string): number => (window.id === id ? (window.nano ?? 0) : 0);

/** `budgetNano` is what the window may hold in all. The caller has seen that the charge fits what it knows. */
export function chargeSpend(
  expression: Expression,
  name: 'day' | 'month',
  window: SpendWindow,
  id: string,
  costNano: number,
  budgetNano: number | undefined,
): void {
  const path = expression.name(name);
  const nanoPath = expression.name(`${name}_nano`);
  const cost = expression.value('cost', number(costNano));
  requireSeen(expression, name, name, window.id === undefined ? undefined : text(window.id));
  if (window.id === id && window.nano !== undefined) {
    expression.set(nanoPath, `${nanoPath} + ${cost}`);
    if (budgetNano !== undefined) {
      expression.require(`${nanoPath} <= ${expression.value(`${name}_bound`, number(budgetNano - costNano))}`);
    }
    return;
  }
  if (window.id === id) requireSeen(expression, `${name}_nano`, `${name}_nano`, undefined);
  expression.set(path, expression.value(`new_${name}`, text(id)));
  expression.set(nanoPath, cost);
}
