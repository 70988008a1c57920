/**
 * The version of the layout that an item was written in. It comes with the item and goes with the writes that are made
 * anyway. An item without one is of the first version: people make items in the console, and need not type it.
 *
 * What a newer version means by an attribute nobody here can know. So its items are not read, and not written either:
 * not even by an update that was planned from what was remembered of the item before.
 */
import { GatewayError } from '../core/errors.ts';
import { SCHEMA_VERSION } from '../table.ts';
import { type Item, number, readCounter, type Value } from './attributes.ts';

const ATTRIBUTE = 'v';

/** On every item that is written whole. */
export const VERSION: { readonly v: Value } = { [ATTRIBUTE]: number(SCHEMA_VERSION) };

/** The parts of an update: what it sets, and the condition under which it may. */
export const VERSIONED = {
  set: '#v = :v',
  unlessNewer: '(attribute_not_exists(#v) OR #v <= :v)',
  names: { '#v': ATTRIBUTE },
  values: { ':v': number(SCHEMA_VERSION) },
} as const;

/** Throws `ledger-unavailable` where the item is of a version that came after this one. Undefined where it has none. */
export function checkVersion(item: Item, where: string): number | undefined {
  const version = readCounter(item, ATTRIBUTE, where);
  if (version !== undefined && version > SCHEMA_VERSION) throw newerItem(where, version);
  return version;
}

export function newerItem(where: string, version?: number): GatewayError {
  const found = version === undefined ? '' : ` (v ${version}, this one knows ${SCHEMA_VERSION})`;
  return new GatewayError(
    'ledger-unavailable',
    `The item ${where} was written by a newer Tollgate${found}: update this one.`,
  );
}
