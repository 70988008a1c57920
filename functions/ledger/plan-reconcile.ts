/**
 * The ledger against the request log. The ledger counts more than there is where it was in doubt (a crash, an answer
 * that was lost), and less where requests were let through without it; the log has what was really used. What is
 * reserved for requests in flight is in the one and not yet in the other.
 */
import type { Scope } from '../core/ports.ts';
import { number, stringSet, text } from './attributes.ts';
import { createExpression, type Expression, type Update } from './expression.ts';
import { formatMarker, isAbandoned } from './markers.ts';
import { isLimited, type Meter } from './meter.ts';
import type { OpenRecord } from './open-record.ts';
import { raisedOn } from './plan-raise.ts';
import { dropRaises } from './plan-reserve.ts';
import { requireSeen } from './require-seen.ts';
import { shareOf } from './shards.ts';
import { spentIn } from './spend-window.ts';

export type WindowName = 'day' | 'month';

export interface Drift {
  readonly window: WindowName;
  readonly id: string;
  /** What the meter has, and what of it is reserved for requests in flight. */
  readonly countedNano: number;
  readonly openNano: number;
  readonly loggedNano: number;
  /** How much the meter has too much; less than 0 where it has too little. */
  readonly driftNano: number;
}

/** What each item of a scope has in a window. */
export const spentOf = (shards: readonly Meter[], window: WindowName, id: string): readonly number[] =>
  shards.map((meter) => spentIn(meter[window], id));

/**
 * A provider's meter counts while it has a limit. Without one it has what was sent along with finding that out, or after
 * another target had failed, and no log will ever agree.
 */
export const isCounted = (scope: Scope, shards: readonly Meter[]): boolean =>
  !scope.startsWith('provider:') || shards.some(isLimited);

/** `shards` are all items of a scope with what of each is compared, `records` those of the requests in flight in it. */
export function findDrift(
  { window, id }: Pick<Drift, 'window' | 'id'>,
  shards: readonly Meter[],
  spentNano: readonly number[],
  records: readonly OpenRecord[],
  loggedNano: number,
): Drift {
  const countedNano = spentNano.reduce((sum, nano) => sum + nano, 0);
  const openNano = shards.reduce((sum, meter) => sum + reservedIn(meter, records), 0);
  return { window, id, countedNano, openNano, loggedNano, driftNano: countedNano - openNano - loggedNano };
}

/** What the open records that a meter holds the markers of have reserved on it. */
function reservedIn(meter: Meter, records: readonly OpenRecord[]): number {
  return records
    .map((record) => ({ ...record, marker: formatMarker(record.requestId, record.expiresAtMs) }))
    .filter(({ marker }) => meter.open.includes(marker))
    .reduce((sum, { costNano, marker, raises }) => sum + costNano + raisedOn(meter, marker, raises), 0);
}

/** What every item changes by: taken off where there is something to take, added to all of them alike. */
export function spreadDrift(driftNano: number, spentNano: readonly number[]): readonly number[] {
  if (driftNano <= 0) return spentNano.map((_, index) => shareOf(-driftNano, spentNano.length, index));
  let left = driftNano;
  return spentNano.map((spent) => {
    const taken = Math.min(left, Math.max(0, spent));
    left -= taken;
    return -taken;
  });
}

export interface Repair {
  readonly window: WindowName;
  readonly id: string;
  readonly changeNano: number;
}

/** Undefined where there is nothing to put right. Conditional on the item being as it was seen. */
export function planRepair(
  meter: Meter,
  repairs: readonly Repair[],
  records: readonly OpenRecord[],
  nowMs: number,
): Update | undefined {
  const changes = repairs.filter(({ changeNano }) => changeNano !== 0);
  const orphans = orphansOf(meter, records, nowMs);
  const reserved = reservedIn(meter, records);
  const keepsReserved = orphans.length === 0 && (meter.reservedNano ?? 0) === reserved;
  if (changes.length === 0 && keepsReserved) return undefined;
  const expression = createExpression();
  for (const name of ['open', 'raised'] as const) {
    requireSeen(expression, name, name, meter[name].length === 0 ? undefined : stringSet(meter[name]));
  }
  for (const { window, id, changeNano } of changes) {
    const seen = meter[window];
    requireSeen(expression, window, window, seen.id === undefined ? undefined : text(seen.id));
    requireSeen(
      expression,
      `${window}_nano`,
      `${window}_nano`,
      seen.nano === undefined ? undefined : number(seen.nano),
    );
    expression.set(expression.name(window), expression.value(window, text(id)));
    const nano = spentIn(seen, id) + changeNano;
    expression.set(expression.name(`${window}_nano`), expression.value(`${window}_nano`, number(nano)));
  }
  if (!keepsReserved) expression.set(expression.name('reserved_nano'), expression.value('reserved', number(reserved)));
  dropOrphans(expression, meter, orphans);
  return expression.build();
}

/** Markers that no record belongs to. */
export function orphansOf({ open }: Meter, records: readonly OpenRecord[], nowMs: number): readonly string[] {
  const known = new Set(records.map(({ requestId, expiresAtMs }) => formatMarker(requestId, expiresAtMs)));
  return open.filter((marker) => isAbandoned(marker, nowMs) && !known.has(marker));
}

export function dropOrphans(expression: Expression, meter: Meter, orphans: readonly string[]): void {
  if (orphans.length === 0) return;
  expression.delete(expression.name('open'), expression.value('orphans', stringSet(orphans)));
  dropRaises(expression, meter, orphans);
}
