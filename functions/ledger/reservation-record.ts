/**
 * The record of a request in flight. It is written with the reservation and says what upkeep needs to finish it if its
 * process dies; the first step of a settlement writes into it what was used, so that whoever finishes it, and however
 * often, applies the same figures.
 */
import type { Reservation, ReservedScope, ReserveRequest, Settlement } from '../core/ports.ts';
import { RESERVATION_BUCKETS } from '../table.ts';
import {
  type Item,
  itemKey,
  number,
  numbers,
  readCounter,
  readNumbers,
  text,
  texts,
  type Value,
} from './attributes.ts';
import { createExpression, type Update } from './expression.ts';
import { checkVersion, VERSION } from './item-version.ts';
import { expiryMinute } from './markers.ts';

/** Long after upkeep should have had it: only a table whose upkeep is off ever gets there. */
const KEPT_SECONDS = 30 * 24 * 3_600;

export interface RecordKey {
  readonly pk: string;
  readonly sk: string;
}

/** Buckets by expiry let upkeep read just what is due; several of them, because one partition takes 1,000 writes a second. */
export const openPartition = (minute: number, bucket: number): string => `open#${minute}#${bucket}`;

export function recordKey(requestId: string, expiresAtMs: number): RecordKey {
  return { pk: openPartition(expiryMinute(expiresAtMs), bucketOf(requestId)), sk: requestId };
}

/** Spreads ids evenly (FNV-1a), also those that differ at their ends only. */
function bucketOf(requestId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < requestId.length; index += 1) {
    hash = Math.imul(hash ^ requestId.charCodeAt(index), 0x01000193);
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % RESERVATION_BUCKETS;
}

export function openRecord(request: ReserveRequest): Record<string, Value> {
  const about = Object.entries(request.about).map(([name, value]) => [name, text(value)] as const);
  return {
    ...itemKey(recordKey(request.requestId, request.expiresAtMs)),
    ...VERSION,
    started_ms: number(request.nowMs),
    expires_ms: number(request.expiresAtMs),
    tokens: number(request.tokens),
    nano: number(request.costNano),
    scopes: texts(request.scopes),
    about: { M: Object.fromEntries(about) },
    ttl: number(Math.ceil(request.expiresAtMs / 1_000) + KEPT_SECONDS),
  };
}

/** What a settlement writes into the record before it touches a meter. */
export interface Decision extends Settlement {
  /** The scopes that were charged, or may have been. */
  readonly reserved: readonly ReservedScope[];
  /** The request was never sent: it counts nowhere, not even as one. */
  readonly cancelled: boolean;
}

/** The record of a request that was not sent, whether or not it had one: what may have been charged is to be undone. */
export function cancelledRecord(request: ReserveRequest, charged: readonly ReservedScope[]): Record<string, Value> {
  return {
    ...openRecord(request),
    settled_nano: number(0),
    settled_tokens: number(0),
    reserved: chargedList(charged),
    cancelled: { BOOL: true },
  };
}

/** Conditional on the record being open: a settlement is decided once. */
export function planDecide({ tokens, costNano, reserved, cancelled }: Decision): Update {
  const expression = createExpression();
  expression.require(`attribute_exists(${expression.name('pk')})`);
  expression.require(`attribute_not_exists(${expression.name('settled_nano')})`);
  expression.set(expression.name('settled_nano'), expression.value('nano', number(costNano)));
  expression.set(expression.name('settled_tokens'), expression.value('tokens', number(tokens)));
  expression.set(expression.name('reserved'), expression.value('reserved', chargedList(reserved)));
  if (cancelled) expression.set(expression.name('cancelled'), expression.value('cancelled', { BOOL: true }));
  return expression.build();
}

export const chargedList = (charged: readonly ReservedScope[]): Value => ({
  L: charged.map((scope) => ({ M: chargedWindows(scope) })),
});

function chargedWindows({ scope, shard, slot, day, month }: ReservedScope): Record<string, Value> {
  return {
    scope: text(scope),
    shard: number(shard),
    day: text(day),
    month: text(month),
    ...(slot === undefined ? {} : { slot: number(slot) }),
  };
}

/**
 * Before any meter is charged with more: conditional on nobody having decided the settlement, and on the raises before
 * this one alone, so that a write that comes late undoes no later one. `reserved` tells upkeep the windows, where it has
 * to take back what only some meters have.
 */
export function planRaiseRecord({ raises, reserved }: Reservation): Update {
  const expression = createExpression();
  const path = expression.name('raises');
  expression.require(`attribute_exists(${expression.name('pk')})`);
  for (const name of ['settled_nano', 'claimed_ms']) {
    expression.require(`attribute_not_exists(${expression.name(name)})`);
  }
  expression.require(
    raises.length === 1
      ? `attribute_not_exists(${path})`
      : `size(${path}) = ${expression.value('before', number(raises.length - 1))}`,
  );
  expression.set(path, expression.value('raises', numbers(raises)));
  expression.set(expression.name('reserved'), expression.value('reserved', chargedList(reserved)));
  return expression.build();
}

export const readRaises = (record: Item | undefined, { pk, sk }: RecordKey): readonly number[] =>
  readNumbers(record ?? {}, 'raises', `${pk} / ${sk}`) ?? [];

/** What a settlement counts, and what had been reserved on top of the first estimate when it was decided. */
export interface Decided extends Settlement {
  readonly raises: readonly number[];
}

/** What an earlier settlement decided, or undefined where the record is gone: then all is done. */
export function readDecision(record: Item | undefined, key: RecordKey): Decided | undefined {
  if (record === undefined) return undefined;
  const where = `${key.pk} / ${key.sk}`;
  checkVersion(record, where);
  const costNano = readCounter(record, 'settled_nano', where);
  const tokens = readCounter(record, 'settled_tokens', where);
  return costNano === undefined || tokens === undefined
    ? undefined
    : { costNano, tokens, raises: readRaises(record, key) };
}
