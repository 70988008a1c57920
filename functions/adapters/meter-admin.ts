/** What an operator does with meters. */
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { toGatewayError } from '../core/errors.ts';
import type { Scope } from '../core/ports.ts';
import { type Item, number, text } from '../ledger/attributes.ts';
import { createExpression } from '../ledger/expression.ts';
import { checkLimits, LIMIT_NAMES, type LimitChanges, type Limits, NANO_PER_USD } from '../ledger/limits.ts';
import { isAbandoned, parseMarker } from '../ledger/markers.ts';
import { type Meter, parseMeter } from '../ledger/meter.ts';
import { type Amounts, advance } from '../ledger/minute-window.ts';
import { checkScope } from '../ledger/scopes.ts';
import { spendIdsAt, spentIn } from '../ledger/spend-window.ts';
import { meterKey, SCHEMA_VERSION, TABLE } from '../table.ts';
import { realWaiting, repeatable } from './dynamo-calls.ts';
import { readMeterItems, type TableAccess } from './read-meter-items.ts';

export interface SetLimitsOptions extends TableAccess {
  readonly scope: Scope;
  /** `null` takes a limit away, one that is not named stays. */
  readonly limits: LimitChanges;
}

/** In force for the next request. Throws `invalid-request` where the scope or a limit is none. */
export async function setLimits({ client, table, scope, limits }: SetLimitsOptions): Promise<void> {
  const { pk, sk } = meterKey(checkScope(scope));
  const changes = checkLimits(limits);
  const expression = createExpression();
  expression.set(expression.name('kind'), expression.value('kind', text('meter')));
  const version = expression.name('v');
  expression.set(version, `if_not_exists(${version}, ${expression.value('v', number(SCHEMA_VERSION))})`);
  for (const name of LIMIT_NAMES) {
    const value = changes[name];
    if (value === null) expression.remove(expression.name(name));
    else if (value !== undefined) expression.set(expression.name(name), expression.value(name, number(value)));
  }
  const { update, names, values } = expression.build();
  const command = new UpdateItemCommand({
    TableName: table,
    Key: { pk: { S: pk }, sk: { S: sk } },
    UpdateExpression: update,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  });
  await repeatable(`set the limits of ${scope}`, realWaiting, () => client.send(command));
}

export interface SpendReport {
  /** `2026-11-23` or `2026-11`, UTC. */
  readonly id: string;
  readonly usd: number;
}

export interface MeterReport {
  readonly scope: Scope;
  readonly limits: Limits;
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

/** Undefined where there is no such meter. */
export async function showMeter(
  options: TableAccess & { readonly scope: Scope; readonly nowMs?: number },
): Promise<MeterReport | undefined> {
  const scope = checkScope(options.scope);
  const item = (await readMeterItems(options, [scope], realWaiting)).get(scope);
  return item === undefined ? undefined : report(scope, item, options.nowMs ?? Date.now());
}

/** All meters by name; those that the ledger or `setLimits` has touched, since an index finds them. */
export async function listMeters(options: TableAccess & { readonly nowMs?: number }): Promise<readonly MeterReport[]> {
  const scopes = await readScopes(options);
  const items = await readMeterItems(options, scopes, realWaiting);
  const nowMs = options.nowMs ?? Date.now();
  return [...items].map(([scope, item]) => report(scope, item, nowMs));
}

async function readScopes({ client, table }: TableAccess): Promise<readonly Scope[]> {
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
function report(scope: Scope, item: Item, nowMs: number): MeterReport {
  try {
    return describe(parseMeter(scope, item), nowMs);
  } catch (thrown) {
    const nothing = describe(parseMeter(scope, undefined), nowMs);
    return { ...nothing, problem: toGatewayError(thrown).message };
  }
}

/** What counts now, which is not what lies in the item where a window has passed since. */
function describe(meter: Meter, nowMs: number): MeterReport {
  const ids = spendIdsAt(meter, nowMs);
  return {
    scope: meter.scope,
    limits: meter.limits,
    minute: advance(meter.minute, nowMs).held,
    day: { id: ids.day, usd: spentIn(meter.day, ids.day) / NANO_PER_USD },
    month: { id: ids.month, usd: spentIn(meter.month, ids.month) / NANO_PER_USD },
    reservedUsd: (meter.reservedNano ?? 0) / NANO_PER_USD,
    inFlight: meter.open
      .map((marker) => ({ marker, ...parseMarker(marker) }))
      .map(({ marker, request, expiresAtMs }) => ({
        request,
        expiresAt: Number.isFinite(expiresAtMs) ? new Date(expiresAtMs).toISOString() : '',
        abandoned: isAbandoned(marker, nowMs),
      }))
      .sort((left, right) => left.expiresAt.localeCompare(right.expiresAt)),
  };
}
