/** A meter as it lies in the table. docs/data-model.md has every attribute. */
import type { LimitName, Scope } from '../core/ports.ts';
import { meterKey, SCHEMA_VERSION } from '../table.ts';
import {
  brokenItem,
  type Item,
  readCounter,
  readNumber,
  readStringSet,
  readText,
  text,
  type Value,
} from './attributes.ts';
import { isDay, isMonth, isTimeZone, UTC } from './calendar.ts';
import { checkVersion } from './item-version.ts';
import { LIMIT_NAMES, type Limits, limitProblem } from './limits.ts';
import { type MinuteWindow, readMinute } from './minute-window.ts';
import { shardsProblem } from './shards.ts';

/** Spend of a day or a month. Either may be missing: new items, and hand edits. */
export interface SpendWindow {
  readonly id: string | undefined;
  readonly nano: number | undefined;
}

/** A meter is one item, or as many as it has shards. */
export interface MeterRef {
  readonly scope: Scope;
  readonly shard: number;
}

/** What is typed on a meter beside its limits, or kept on it about its shards. */
export interface Settings {
  readonly limits: Limits;
  readonly timeZone: string | undefined;
  /** How many shards the operator wants, how many there are, and how many there ever were. */
  readonly shards: number | undefined;
  readonly split: number | undefined;
  readonly made: number | undefined;
  /** Since when the shards are being changed: nothing is reserved meanwhile. */
  readonly resharding: number | undefined;
}

export interface Meter extends MeterRef {
  /** Whether it carries `kind` and `v`; an operator who makes an item in the console need not type them. */
  readonly labelled: boolean;
  /** What this item may take: of its own limits and its template's, its share where there are shards. */
  readonly limits: Limits;
  /** The zone whose days and months count. */
  readonly timeZone: string;
  /** As it lies in the item. */
  readonly own: Settings;
  /** What the plans depend on, exactly as it was typed: what a condition compares with. */
  readonly typed: { readonly [N in TypedName]?: Value };
  /** Requests in flight on other shards that this one leaves room for, and until when they may last. */
  readonly held: number;
  readonly heldUntilMs: number;
  readonly minute: MinuteWindow | undefined;
  readonly day: SpendWindow;
  readonly month: SpendWindow;
  /** The part of the spend that is still a worst case. */
  readonly reservedNano: number | undefined;
  /** Markers of the requests in flight. */
  readonly open: readonly string[];
  /** Those of them for which more was reserved later: see `formatRaise`. */
  readonly raised: readonly string[];
  /** Marker of the request that was counted last without having been reserved. */
  readonly lastCounted: string | undefined;
  /** When its past days were put right last, ISO. */
  readonly reconciled: string | undefined;
}

export const TYPED_NAMES = [...LIMIT_NAMES, 'time_zone', 'split', 'resharding', 'held'] as const;
type TypedName = (typeof TYPED_NAMES)[number];

export const isLimited = (meter: Meter): boolean => LIMIT_NAMES.some((name) => meter.limits[name] !== undefined);

/** Throws `ledger-unavailable` that names the item and the attribute where it holds what it must not. */
export function parseMeter(scope: Scope, item: Item | undefined, shard = 0): Meter {
  const where = meterKey(scope, shard).pk;
  // First of all: in a newer item the other attributes may be something else.
  const version = checkVersion(item ?? {}, where);
  const own = readSettings(item ?? {}, where);
  const basis = {
    scope,
    shard,
    limits: own.limits,
    timeZone: own.timeZone ?? UTC,
    own,
    typed: readTyped(item ?? {}),
  };
  if (item === undefined) {
    const none: SpendWindow = { id: undefined, nano: undefined };
    const empty = {
      minute: undefined,
      day: none,
      month: none,
      reservedNano: undefined,
      open: [],
      raised: [],
      lastCounted: undefined,
      reconciled: undefined,
      held: 0,
      heldUntilMs: 0,
    };
    return { ...basis, labelled: false, ...empty };
  }
  return {
    ...basis,
    // Only the first shard is in the index: it stands for all.
    labelled: (shard > 0 || item.kind?.S === 'meter') && version === SCHEMA_VERSION,
    held: readCounter(item, 'held', where) ?? 0,
    heldUntilMs: readCounter(item, 'held_until_ms', where) ?? 0,
    minute: readMinute(item, where),
    day: readSpend(item, 'day', isDay, where),
    month: readSpend(item, 'month', isMonth, where),
    reservedNano: readCounter(item, 'reserved_nano', where),
    open: readStringSet(item, 'open', where),
    raised: readStringSet(item, 'raised', where),
    lastCounted: readText(item, 'last_counted', where),
    reconciled: readText(item, 'reconciled', where),
  };
}

function readSettings(item: Item, where: string): Settings {
  const limits: { [L in LimitName]?: number } = {};
  for (const name of LIMIT_NAMES) {
    const value = readNumber(item, name, where);
    if (value === undefined) continue;
    const problem = limitProblem(name, value);
    if (problem !== undefined) throw brokenItem(where, name, problem);
    limits[name] = value;
  }
  const timeZone = readText(item, 'time_zone', where);
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    throw brokenItem(where, 'time_zone', `must be a time zone such as Europe/Berlin, not "${timeZone.slice(0, 40)}"`);
  }
  const readShards = (name: 'shards' | 'split' | 'made'): number | undefined => {
    const shards = name === 'shards' ? readNumber(item, name, where) : readCounter(item, name, where);
    const problem = shards === undefined ? undefined : shardsProblem(shards);
    if (problem !== undefined) throw brokenItem(where, name, problem);
    return shards;
  };
  return {
    limits,
    timeZone,
    shards: readShards('shards'),
    split: readShards('split'),
    made: readShards('made'),
    resharding: readCounter(item, 'resharding', where),
  };
}

function readTyped(item: Item): Meter['typed'] {
  const typed: { [N in TypedName]?: Value } = {};
  for (const name of TYPED_NAMES) {
    const { N, S } = item[name] ?? {};
    if (N !== undefined) typed[name] = { N };
    else if (S !== undefined) typed[name] = text(S);
  }
  return typed;
}

function readSpend(item: Item, name: 'day' | 'month', isId: (id: string) => boolean, where: string): SpendWindow {
  const id = readText(item, name, where);
  if (id !== undefined && !isId(id)) throw brokenItem(where, name, `must be a date, not "${id.slice(0, 40)}"`);
  return { id, nano: readCounter(item, `${name}_nano`, where) };
}
