/**
 * Reconciliation with a log that lags, and of meters that never rest: of the days of this month that are over. What is
 * charged today is charged to the day and to the month, so that their difference, what was spent before today, stands
 * still however busy the meter is; and the rows of those days have arrived.
 */
import { number, text } from './attributes.ts';
import { createExpression, type Update } from './expression.ts';
import type { Meter } from './meter.ts';
import type { OpenRecord } from './open-record.ts';
import { dropOrphans, orphansOf } from './plan-reconcile.ts';
import { requireSeen } from './require-seen.ts';
import { type SpendIds, spentIn } from './spend-window.ts';

/** What each item has of the days that are over. */
export const spentBefore = (shards: readonly Meter[], { day, month }: SpendIds): readonly number[] =>
  shards.map((meter) => spentIn(meter.month, month) - spentIn(meter.day, day));

export interface PastRepair {
  readonly month: string;
  readonly changeNano: number;
  /** Told on the item, so that a write whose answer was lost is not made again. */
  readonly run: string;
}

/** Undefined where there is nothing to put right. Counters may move meanwhile; another reconciliation may not. */
export function planPastRepair(
  meter: Meter,
  { month, changeNano, run }: PastRepair,
  records: readonly OpenRecord[],
  nowMs: number,
): Update | undefined {
  const orphans = orphansOf(meter, records, nowMs);
  if (changeNano === 0 && orphans.length === 0) return undefined;
  const expression = createExpression();
  const last = meter.reconciled;
  requireSeen(expression, 'reconciled', 'reconciled', last === undefined ? undefined : text(last));
  expression.set(expression.name('reconciled'), expression.value('run', text(run)));
  dropOrphans(expression, meter, orphans);
  if (changeNano === 0) return expression.build();
  const { id, nano } = meter.month;
  const path = expression.name('month_nano');
  const change = expression.value('change', number(changeNano));
  requireSeen(expression, 'month', 'month', id === undefined ? undefined : text(id));
  if (id === month && nano !== undefined) {
    expression.set(path, `${path} + ${change}`);
  } else {
    requireSeen(expression, 'month_nano', 'month_nano', nano === undefined ? undefined : number(nano));
    expression.set(expression.name('month'), expression.value('month', text(month)));
    expression.set(path, change);
  }
  return expression.build();
}
