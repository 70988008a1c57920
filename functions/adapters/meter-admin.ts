/** What an operator does with meters. */
import { ConditionalCheckFailedException, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { toGatewayError } from '../core/errors.ts';
import type { LimitName, Scope } from '../core/ports.ts';
import { type Item, itemKey, number, text, type Value } from '../ledger/attributes.ts';
import { createExpression } from '../ledger/expression.ts';
import { newerItem, VERSION, VERSIONED } from '../ledger/item-version.ts';
import { LIMIT_NAMES, type Limits, NANO_PER_USD } from '../ledger/limits.ts';
import { isAbandoned, parseMarker } from '../ledger/markers.ts';
import { type Meter, type MeterRef, parseMeter } from '../ledger/meter.ts';
import { checkSettings, type MeterSettings } from '../ledger/meter-settings.ts';
import { type Amounts, advance } from '../ledger/minute-window.ts';
import { policyOf, templateOf } from '../ledger/policy.ts';
import { checkScope } from '../ledger/scopes.ts';
import { MOST_SHARDS } from '../ledger/shards.ts';
import { spendIdsAt, spentIn } from '../ledger/spend-window.ts';
import { meterKey, TABLE } from '../table.ts';
import { realWaiting, repeatable } from './dynamo-calls.ts';
import { createMeterStore } from './dynamo-meters.ts';
import { pkOf, readMeterItems, type TableAccess } from './read-meter-items.ts';
import { reshard } from './reshard.ts';

export interface SetLimitsOptions extends TableAccess, MeterSettings {
  readonly scope: Scope;
  readonly nowMs?: number;
}

/** In force for the next request; what was counted is spread over new shards at once. Throws `invalid-request` where the scope or a limit is none. */
export async function setLimits({ client, table, scope, ...settings }: SetLimitsOptions): Promise<void> {
  const { limits, timeZone, shards, nowMs = Date.now() } = settings;
  checkSettings(scope, settings);
  const key = meterKey(scope);
  const expression = createExpression();
  expression.set(expression.name('kind'), expression.value('kind', text('meter')));
  const version = expression.name('v');
  expression.set(version, `if_not_exists(${version}, ${expression.value('v', VERSION.v)})`);
  expression.require(VERSIONED.unlessNewer);
  const change = (name: string, value: Value | null | undefined): void => {
    if (value === null) expression.remove(expression.name(name));
    else if (value !== undefined) expression.set(expression.name(name), expression.value(name, value));
  };
  for (const name of LIMIT_NAMES) change(name, numberOrNone(limits[name]));
  change('time_zone', typeof timeZone === 'string' ? text(timeZone) : timeZone);
  change('shards', shards === 1 ? null : numberOrNone(shards));
  const { condition, update, names, values } = expression.build();
  const command = new UpdateItemCommand({
    TableName: table,
    Key: itemKey(key),
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  });
  await repeatable(`set the limits of ${scope}`, realWaiting, () => client.send(command)).catch((error: unknown) => {
    throw error instanceof ConditionalCheckFailedException ? newerItem(key.pk) : error;
  });
  const meters = createMeterStore({ client, table }, realWaiting);
  if (shards !== undefined) await reshard({ meters, waiting: realWaiting, scope, nowMs });
}

const numberOrNone = (value: number | null | undefined): Value | null | undefined =>
  typeof value === 'number' ? number(value) : value;

export interface SpendReport {
  /** `2026-11-23` or `2026-11`, in the meter's time zone. */
  readonly id: string;
  readonly usd: number;
}

export interface MeterReport {
  readonly scope: Scope;
  /** Its own and its template's. */
  readonly limits: Limits;
  /** The part of them that comes from the template. */
  readonly inherited: Limits;
  readonly timeZone: string;
  /** How many items the meter is. */
  readonly shards: number;
  /** The last 60 seconds. */
  readonly minute: Amounts;
  /** Open reservations included. */
  readonly day: SpendReport;
  readonly month: SpendReport;
  /** The part of the spend that is still a worst case. */
  readonly reservedUsd: number;
  readonly inFlight: readonly InFlight[];
  /** What makes the item unreadable, naming the attribute; the rest of the report is empty then. */
  readonly problem?: string;
}

export interface InFlight {
  /** The last ten characters of the request's id. */
  readonly request: string;
  /** After which nobody is left to settle it, ISO. */
  readonly expiresAt: string;
  readonly abandoned: boolean;
}

/** Undefined where there is neither such a meter nor a template for it. */
export async function showMeter(
  options: TableAccess & { readonly scope: Scope; readonly nowMs?: number },
): Promise<MeterReport | undefined> {
  const scope = checkScope(options.scope);
  const items = await readWhole(options, [scope]);
  const report = describe(scope, items, options.nowMs ?? Date.now());
  const isKnown = items.has(pkOf({ scope, shard: 0 })) || Object.keys(report.limits).length > 0;
  return isKnown ? report : undefined;
}

/** All meters by name; those that the ledger or `setLimits` has touched, since an index finds them. */
export async function listMeters(options: TableAccess & { readonly nowMs?: number }): Promise<readonly MeterReport[]> {
  const scopes = await listScopes(options);
  const items = await readWhole(options, scopes);
  const nowMs = options.nowMs ?? Date.now();
  return scopes.filter((scope) => items.has(pkOf({ scope, shard: 0 }))).map((scope) => describe(scope, items, nowMs));
}

type Items = ReadonlyMap<string, Item>;

/** The items of the scopes and of their templates, all shards included. Nothing is parsed: one may be broken. */
async function readWhole(access: TableAccess, scopes: readonly Scope[]): Promise<Items> {
  const first = (scope: Scope): MeterRef => ({ scope, shard: 0 });
  const mains = await readMeterItems(
    access,
    scopes.flatMap((scope) => [scope, templateOf(scope) ?? scope]).map(first),
    realWaiting,
  );
  const others = scopes.flatMap((scope) => refsOf(scope, mains).slice(1));
  return new Map([...mains, ...(await readMeterItems(access, others, realWaiting))]);
}

function refsOf(scope: Scope, items: Items): readonly MeterRef[] {
  const { made, split } = items.get(pkOf({ scope, shard: 0 })) ?? {};
  const shards = Math.min(MOST_SHARDS, Math.max(1, Number(made?.N ?? 1), Number(split?.N ?? 1)));
  return Array.from({ length: shards }, (_, shard) => ({ scope, shard }));
}

/** Of all meters that the ledger or `setLimits` has touched. */
export async function listScopes({ client, table }: TableAccess): Promise<readonly Scope[]> {
  const scopes: Scope[] = [];
  const prefix = meterKey('').pk;
  let start: QueryCommand['input']['ExclusiveStartKey'];
  do {
    const command: QueryCommand = new QueryCommand({
      TableName: table,
      IndexName: TABLE.kindIndex.name,
      KeyConditionExpression: '#kind = :meter',
      ExpressionAttributeNames: { '#kind': TABLE.kindIndex.partitionKey },
      ExpressionAttributeValues: { ':meter': { S: 'meter' } },
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const output = await repeatable('list the meters', realWaiting, () => client.send(command));
    for (const { pk } of output.Items ?? []) if (pk?.S?.startsWith(prefix)) scopes.push(pk.S.slice(prefix.length));
    start = output.LastEvaluatedKey;
  } while (start !== undefined);
  return scopes;
}

/** One broken item must not hide the others. */
function describe(scope: Scope, items: Items, nowMs: number): MeterReport {
  try {
    const parse = (ref: MeterRef): Meter => parseMeter(ref.scope, items.get(pkOf(ref)), ref.shard);
    const template = templateOf(scope);
    return report(
      refsOf(scope, items).map(parse),
      template === undefined ? undefined : parse({ scope: template, shard: 0 }),
      nowMs,
    );
  } catch (thrown) {
    return { ...report([parseMeter(scope, undefined)], undefined, nowMs), problem: toGatewayError(thrown).message };
  }
}

/** What counts now, which is not what lies in the items where a window has passed since. */
function report(shards: readonly Meter[], template: Meter | undefined, nowMs: number): MeterReport {
  const [main = parseMeter('', undefined)] = shards;
  const policy = policyOf(main, template);
  const { timeZone } = policy;
  const sum = (amount: (meter: Meter) => number): number => shards.reduce((all, meter) => all + amount(meter), 0);
  const ids = shards.map((meter) => spendIdsAt({ ...meter, timeZone }, nowMs));
  const latest = (name: 'day' | 'month'): string =>
    ids
      .map((each) => each[name])
      .toSorted()
      .at(-1) ?? '';
  const spend = (name: 'day' | 'month'): SpendReport => {
    const id = latest(name);
    return { id, usd: sum((meter) => spentIn(meter[name], id)) / NANO_PER_USD };
  };
  const inherited = Object.entries(policy.limits).filter(([name]) => main.own.limits[name as LimitName] === undefined);
  return {
    scope: main.scope,
    limits: policy.limits,
    inherited: Object.fromEntries(inherited),
    timeZone,
    shards: policy.shards,
    minute: {
      requests: sum((meter) => advance(meter.minute, nowMs).held.requests),
      tokens: sum((meter) => advance(meter.minute, nowMs).held.tokens),
    },
    day: spend('day'),
    month: spend('month'),
    reservedUsd: sum((meter) => meter.reservedNano ?? 0) / NANO_PER_USD,
    inFlight: shards
      .flatMap(({ open }) => open)
      .map((marker) => ({ marker, ...parseMarker(marker) }))
      .map(({ marker, request, expiresAtMs }) => ({
        request,
        expiresAt: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : '',
        abandoned: isAbandoned(marker, nowMs),
      }))
      .sort((left, right) => left.expiresAt.localeCompare(right.expiresAt)),
  };
}
