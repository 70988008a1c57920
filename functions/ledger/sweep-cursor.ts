/** How far the sweep has come: every minute of expiry before it is done. */
import type { Item } from './attributes.ts';
import { readCounter, readStringSet } from './attributes.ts';
import { checkVersion } from './item-version.ts';

export const CURSOR_KEY = { pk: 'upkeep', sk: 'sweep' } as const;
const MINUTE_MS = 60_000;
/** Records older than this have been deleted by their time to live. */
const OLDEST_MINUTES = 31 * 24 * 60;
/** Where nobody has swept yet: upkeep comes with the first gateway, and no request takes longer than this. */
const FIRST_MINUTES = 30;
/** A minute is looked at again for so long: a record may be written late, by a process that was paused. */
const LOOK_BACK_MINUTES = 3;

export interface SweepRange {
  /** The first minute to look at. */
  readonly from: number;
  /** The last one: at its end all its reservations have expired. */
  readonly to: number;
}

export interface SweepProgress {
  readonly cursor: number | undefined;
  /** Minutes that it has passed although a record of theirs could not be ended. */
  readonly left: readonly number[];
}

export function readProgress(item: Item | undefined): SweepProgress {
  if (item === undefined) return { cursor: undefined, left: [] };
  const where = `${CURSOR_KEY.pk} / ${CURSOR_KEY.sk}`;
  checkVersion(item, where);
  const left = readStringSet(item, 'left', where).map(Number).filter(Number.isSafeInteger);
  return { cursor: readCounter(item, 'minute', where), left };
}

/** Those that were left are looked at again once an hour: mostly somebody has to repair an item first. */
export function revisited({ left }: SweepProgress, nowMs: number): readonly number[] {
  return Math.floor(nowMs / MINUTE_MS) % 60 === 0 ? left : [];
}

/** At the start of minute `m` the reservations in bucket `m` have expired. `most` bounds the work of one run. */
export function sweepRange(cursor: number | undefined, nowMs: number, most: number): SweepRange {
  const now = Math.floor(nowMs / MINUTE_MS);
  const next = cursor === undefined ? now - FIRST_MINUTES : cursor - LOOK_BACK_MINUTES;
  const from = Math.max(Math.min(next, now - LOOK_BACK_MINUTES), now - OLDEST_MINUTES);
  return { from, to: Math.min(now, from + most - 1) };
}

/** A record that cannot be settled holds the cursor for an hour, no longer: it must not hold up all that come after. */
export const PATIENCE_MINUTES = 60;

/** The minutes that the cursor passes although they are unfinished. */
export function givenUp(unfinished: readonly number[], nowMs: number): readonly number[] {
  return unfinished.filter((minute) => minute <= Math.floor(nowMs / MINUTE_MS) - PATIENCE_MINUTES);
}

/**
 * Where the cursor goes: the minute after those that are done. `unfinished` are minutes in which a record was left.
 */
export function nextCursor({ to }: SweepRange, unfinished: readonly number[], nowMs: number): number {
  const passed = givenUp(unfinished, nowMs);
  const held = unfinished.filter((minute) => !passed.includes(minute));
  return Math.min(to + 1, ...held);
}
