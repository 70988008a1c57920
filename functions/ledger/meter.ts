/** A meter as it lies in the table. docs/data-model.md has every attribute. */
import { GatewayError } from '../core/errors.ts';
import type { LimitName, Scope } from '../core/ports.ts';
import { meterKey, SCHEMA_VERSION } from '../table.ts';
import {
  brokenItem,
  type Item,
  number,
  readCounter,
  readNumber,
  readStringSet,
  readText,
  text,
  type Value,
} from './attributes.ts';
import { LIMIT_NAMES, type Limits, limitProblem } from './limits.ts';
import { type MinuteWindow, readMinute } from './minute-window.ts';
import { isDay, isMonth } from './windows.ts';

/** Spend of a day or a month. Either may be missing: new items, and hand edits. */
export interface SpendWindow {
  readonly id: string | undefined;
  readonly nano: number | undefined;
}

export interface Meter {
  readonly scope: Scope;
  /** Whether it carries `kind` and `v`; an operator who makes an item in the console need not type them. */
  readonly labelled: boolean;
  readonly limits: Limits;
  /** The limits exactly as they were typed: what a condition compares with. */
  readonly typed: { readonly [L in LimitName]?: Value };
  readonly minute: MinuteWindow | undefined;
  readonly day: SpendWindow;
  readonly month: SpendWindow;
  /** The part of the spend that is still a worst case. */
  readonly reservedNano: number | undefined;
  /** Markers of the requests in flight. */
  readonly open: readonly string[];
  /** Marker of the request that was counted last without having been reserved. */
  readonly lastCounted: string | undefined;
}

export const isLimited = (meter: Meter): boolean => LIMIT_NAMES.some((name) => meter.limits[name] !== undefined);

/** Throws `ledger-unavailable` that names the item and the attribute where it holds what it must not. */
export function parseMeter(scope: Scope, item: Item | undefined): Meter {
  const where = meterKey(scope).pk;
  const { limits, typed } = readLimits(item ?? {}, where);
  if (item === undefined) {
    const none: SpendWindow = { id: undefined, nano: undefined };
    const empty = {
      minute: undefined,
      day: none,
      month: none,
      reservedNano: undefined,
      open: [],
      lastCounted: undefined,
    };
    return { scope, labelled: false, limits, typed, ...empty };
  }
  const version = readNumber(item, 'v', where);
  if (version !== undefined && version > SCHEMA_VERSION) {
    throw new GatewayError(
      'ledger-unavailable',
      `The item ${where} was written by a newer Tollgate (v ${version}): update this one.`,
    );
  }
  return {
    scope,
    labelled: item.kind?.S === 'meter' && version === SCHEMA_VERSION,
    limits,
    typed,
    minute: readMinute(item, where),
    day: readSpend(item, 'day', isDay, where),
    month: readSpend(item, 'month', isMonth, where),
    reservedNano: readCounter(item, 'reserved_nano', where),
    open: readStringSet(item, 'open', where),
    lastCounted: readText(item, 'last_counted', where),
  };
}

function readLimits(item: Item, where: string): Pick<Meter, 'limits' | 'typed'> {
  const limits: { [L in LimitName]?: number } = {};
  const typed: { [L in LimitName]?: Value } = {};
  for (const name of LIMIT_NAMES) {
    const value = readNumber(item, name, where);
    if (value === undefined) continue;
    const problem = limitProblem(name, value);
    if (problem !== undefined) throw brokenItem(where, name, problem);
    limits[name] = value;
    const { N, S } = item[name] ?? {};
    typed[name] = N !== undefined ? { N } : S !== undefined ? text(S) : number(value);
  }
  return { limits, typed };
}

function readSpend(item: Item, name: 'day' | 'month', isId: (id: string) => boolean, where: string): SpendWindow {
  const id = readText(item, name, where);
  if (id !== undefined && !isId(id)) throw brokenItem(where, name, `must be a UTC date, not "${id.slice(0, 40)}"`);
  return { id, nano: readCounter(item, `${name}_nano`, where) };
}
