/** The record of a request in flight, read back by upkeep once nobody is left who could settle it. */
import type { ReservedScope, Scope } from '../core/ports.ts';
import { brokenItem, type Item, number, readCounter, readFlag, readText, readTexts } from './attributes.ts';
import { createExpression, type Update } from './expression.ts';
import { checkVersion } from './item-version.ts';
import { formatMarker, formatRaise } from './markers.ts';
import type { Meter } from './meter.ts';
import {
  chargedList,
  type Decided,
  type Decision,
  type RecordKey,
  readDecision,
  readRaises,
} from './reservation-record.ts';

export interface OpenRecord {
  readonly pk: string;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly expiresAtMs: number;
  /** What was reserved on each scope that had limits. */
  readonly tokens: number;
  readonly costNano: number;
  /** What was reserved on top later, or was to be. */
  readonly raises: readonly number[];
  /** What was charged, where the gateway has written it down already. */
  readonly charged: readonly ReservedScope[] | undefined;
  readonly scopes: readonly Scope[];
  readonly about: { readonly [name: string]: string };
  /** What the gateway had decided before it died, or an earlier sweep. */
  readonly decision: WholeDecision | undefined;
}

export type WholeDecision = Decision & Decided;

/** Throws `ledger-unavailable` that names the item and the attribute where it holds what it must not. */
export function parseOpenRecord(item: Item): OpenRecord {
  const key = { pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' };
  const where = `${key.pk} / ${key.sk}`;
  checkVersion(item, where);
  const count = (name: string): number => {
    const value = readCounter(item, name, where);
    if (value === undefined) throw brokenItem(where, name, 'is missing');
    return value;
  };
  const about = Object.entries(item.about?.M ?? {}).map(([name, value]) => [name, value.S ?? ''] as const);
  return {
    pk: key.pk,
    requestId: key.sk,
    startedAtMs: count('started_ms'),
    expiresAtMs: count('expires_ms'),
    tokens: count('tokens'),
    costNano: count('nano'),
    raises: readRaises(item, key),
    charged: readChargedList(item, where),
    scopes: readTexts(item, 'scopes', where) ?? [],
    about: Object.fromEntries(about),
    decision: readWholeDecision(item, key),
  };
}

export function readWholeDecision(item: Item | undefined, key: RecordKey): WholeDecision | undefined {
  const where = `${key.pk} / ${key.sk}`;
  const settled = readDecision(item, key);
  const reserved = readChargedList(item, where);
  if (item === undefined || settled === undefined || reserved === undefined) return undefined;
  return { ...settled, reserved, cancelled: readFlag(item, 'cancelled', where) };
}

const readChargedList = (item: Item | undefined, where: string): readonly ReservedScope[] | undefined =>
  item?.reserved?.L?.map(({ M = {} }) => readCharged(M, where));

function readCharged(item: Item, where: string): ReservedScope {
  const name = (attribute: 'scope' | 'day' | 'month'): string => {
    const value = readText(item, attribute, where);
    if (value === undefined) throw brokenItem(where, `reserved.${attribute}`, 'is missing');
    return value;
  };
  return {
    scope: name('scope'),
    shard: readCounter(item, 'shard', where) ?? 0,
    slot: readCounter(item, 'slot', where),
    day: name('day'),
    month: name('month'),
  };
}

/** After which a sweeper that took a record is taken for dead itself. */
const CLAIM_MS = 60_000;

/** What a request counts of which nobody knows what it has used, and where. */
export interface Estimate {
  readonly charged: readonly ReservedScope[];
  readonly costNano: number;
}

/**
 * By the meters that hold its marker. Of what was reserved on top it counts what all of them have: nothing was sent that
 * only some of them had paid for, and the others may have had no room. Where nothing was, it does not matter which windows
 * were charged: the estimate stays where it was put.
 */
export function estimateLost(record: OpenRecord, found: readonly Meter[]): Estimate {
  const { costNano, raises } = record;
  const marker = formatMarker(record.requestId, record.expiresAtMs);
  const holding = found.filter(({ open }) => open.includes(marker));
  const raised = raises.filter((_, index) =>
    holding.every((meter) => meter.raised.includes(formatRaise(marker, index))),
  );
  return {
    charged:
      record.charged ?? holding.map(({ scope, shard }) => ({ scope, shard, slot: undefined, day: '', month: '' })),
    costNano: raised.reduce((sum, nano) => sum + nano, costNano),
  };
}

/**
 * Takes a record for one sweeper, and decides it where its gateway had not: the estimate stays as spent. From then on a
 * gateway that was only slow applies the same. `charged` are the meters that hold its marker: written down, because the
 * markers go one by one, and whoever continues has to know which meters are not to be counted again.
 */
export function planClaim(record: OpenRecord, { charged, costNano }: Estimate, nowMs: number): Update {
  const expression = createExpression();
  const claimed = expression.name('claimed_ms');
  expression.require(`attribute_exists(${expression.name('pk')})`);
  expression.require(
    `(attribute_not_exists(${claimed}) OR ${claimed} < ${expression.value('stale', number(nowMs - CLAIM_MS))})`,
  );
  expression.set(claimed, expression.value('now', number(nowMs)));
  const decided = [
    ['settled_nano', number(costNano)],
    ['settled_tokens', number(record.tokens)],
    ['reserved', chargedList(charged)],
  ] as const;
  for (const [name, value] of decided) {
    const path = expression.name(name);
    expression.set(path, `if_not_exists(${path}, ${expression.value(name, value)})`);
  }
  return expression.build();
}
