/** What upkeep is made of. Built once by its composition root. */

import type { ReconcileStore } from '../adapters/dynamo-reconcile.ts';
import type { UpkeepStore } from '../adapters/dynamo-upkeep.ts';
import type { PriceStore } from '../adapters/price-store.ts';
import type { Clock, RequestLog, SpendLog } from '../core/ports.ts';
import type { Row } from '../records/row.ts';
import type { SetLimits } from './deployed-limits.ts';
import type { LoadReading } from './read-loads.ts';

export interface Upkeep {
  readonly clock: Clock;
  readonly store: UpkeepStore;
  readonly log: RequestLog<Row>;
  readonly accounts: ReconcileStore;
  readonly prices: PriceStore;
  /** Undefined where prices are not refreshed. */
  readonly downloadPrices: (() => Promise<unknown>) | undefined;
  readonly spendLog: SpendLog;
  readonly setLimits: SetLimits;
  /** Undefined where no configuration came with it. */
  readonly loadReading: LoadReading | undefined;
  wait(milliseconds: number): Promise<void>;
  /** A line for the operator: one JSON object. */
  report(level: 'info' | 'warn' | 'error', message: string, fields: { readonly [name: string]: unknown }): void;
}
