/** What an operator does with keys. */
import { randomBytes } from 'node:crypto';
import { PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GatewayError } from '../core/errors.ts';
import type { LogLevel } from '../core/log-level.ts';
import { itemKey } from '../ledger/attributes.ts';
import {
  formatKey,
  formatKeyId,
  isPriority,
  isUsable,
  type KeyEntry,
  type KeyOwner,
  keyItem,
  OWNER_FIELDS,
  PRIORITY_PROBLEM,
  parseKey,
} from '../ledger/keys.ts';
import { checkLimits, type LimitChanges } from '../ledger/limits.ts';
import { nameProblem } from '../ledger/scopes.ts';
import { KEYS_PARTITION } from '../table.ts';
import { realWaiting, repeatable } from './dynamo-calls.ts';
import { hashKey } from './hash-key.ts';
import { setLimits } from './meter-admin.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface CreateKeyOptions extends TableAccess, KeyOwner {
  /** Aliases and `provider/model` names that it may ask for; all where absent. */
  readonly models?: readonly string[] | undefined;
  readonly expiresAtMs?: number | undefined;
  /** Requests may name the person that they are for. */
  readonly allowUserHeader?: boolean | undefined;
  /** 0 to 9; absent = 0. */
  readonly maxPriority?: number | undefined;
  /** What is kept of its requests; absent leaves it to the model. */
  readonly log?: LogLevel | undefined;
  /** For the key's own meter, `key:ID`. */
  readonly limits?: LimitChanges | undefined;
  readonly nowMs?: number;
}

export interface CreatedKey {
  readonly id: string;
  /** Shown this once: the table has only its hash. */
  readonly key: string;
}

export async function createKey(options: CreateKeyOptions): Promise<CreatedKey> {
  const { client, table, models, expiresAtMs, maxPriority, log, nowMs = Date.now() } = options;
  const owner = checkOwner(options);
  if (models !== undefined && (models.length === 0 || models.includes(''))) throw invalid('models', 'must name models');
  if (expiresAtMs !== undefined && !(expiresAtMs > nowMs)) throw invalid('expires', 'must be in the future');
  if (maxPriority !== undefined && !isPriority(maxPriority)) throw invalid('max-priority', PRIORITY_PROBLEM);
  const limits = Object.entries(checkLimits(options.limits ?? {})).filter(([, value]) => value !== null);
  const key = formatKey(randomBytes(32).toString('base64url'));
  const id = formatKeyId(randomBytes(32).toString('base64url'));
  // Its limits first: a key must not work without them, not even for a moment.
  if (limits.length > 0) await setLimits({ client, table, scope: `key:${id}`, limits: Object.fromEntries(limits) });
  const createdAt = new Date(nowMs).toISOString();
  const allowUserHeader = options.allowUserHeader === true;
  const item = keyItem(hashKey(key), key, {
    id,
    owner,
    models,
    expiresAtMs,
    allowUserHeader,
    maxPriority,
    log,
    createdAt,
  });
  await repeatable('write the key', realWaiting, () =>
    client.send(new PutItemCommand({ TableName: table, Item: item })),
  );
  return { id, key };
}

export interface KeySummary extends KeyEntry {
  /** Neither disabled nor expired. */
  readonly usable: boolean;
}

/** All keys, the newest first. */
export async function listKeys(options: TableAccess & { readonly nowMs?: number }): Promise<readonly KeySummary[]> {
  const nowMs = options.nowMs ?? Date.now();
  const entries = await readKeys(options);
  return entries
    .map(({ entry }) => ({ ...entry, usable: isUsable(entry, nowMs) }))
    .sort((left, right) => (right.createdAt ?? '').localeCompare(left.createdAt ?? ''));
}

/** In force everywhere within 30 s. Throws `not-found`. */
export function disableKey(options: TableAccess & { readonly id: string }): Promise<void> {
  return setDisabled(options, true);
}

/** In force everywhere within seconds. Throws `not-found`. */
export function enableKey(options: TableAccess & { readonly id: string }): Promise<void> {
  return setDisabled(options, false);
}

async function setDisabled(options: TableAccess & { readonly id: string }, disabled: boolean): Promise<void> {
  const { client, table, id } = options;
  const found = (await readKeys(options)).find(({ entry }) => entry.id === id);
  if (found === undefined) throw new GatewayError('not-found', `There is no key "${id}".`, { param: 'id' });
  const command = new UpdateItemCommand({
    TableName: table,
    Key: itemKey({ pk: KEYS_PARTITION, sk: found.hash }),
    UpdateExpression: 'SET #disabled = :disabled',
    ConditionExpression: 'attribute_exists(#id)',
    ExpressionAttributeNames: { '#disabled': 'disabled', '#id': 'id' },
    ExpressionAttributeValues: { ':disabled': { BOOL: disabled } },
  });
  await repeatable('change the key', realWaiting, () => client.send(command));
}

async function readKeys({ client, table }: TableAccess): Promise<readonly { hash: string; entry: KeyEntry }[]> {
  const found: { hash: string; entry: KeyEntry }[] = [];
  let start: Record<string, { S: string }> | undefined;
  do {
    const command = new QueryCommand({
      TableName: table,
      KeyConditionExpression: '#pk = :keys',
      ExpressionAttributeNames: { '#pk': 'pk' },
      ExpressionAttributeValues: { ':keys': { S: KEYS_PARTITION } },
      ConsistentRead: true,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    const output = await repeatable('list the keys', realWaiting, () => client.send(command));
    for (const item of output.Items ?? []) found.push({ hash: item.sk?.S ?? '', entry: parseKey(item) });
    const last = output.LastEvaluatedKey;
    start = last === undefined ? undefined : { pk: { S: last.pk?.S ?? '' }, sk: { S: last.sk?.S ?? '' } };
  } while (start !== undefined);
  return found;
}

/** They become scopes, so they must be able to be one. */
function checkOwner(options: KeyOwner): { readonly [F in keyof KeyOwner]: string } {
  const owner: { -readonly [F in keyof KeyOwner]: string } = {};
  for (const field of OWNER_FIELDS) {
    const value = options[field];
    if (value === undefined) continue;
    const problem = nameProblem(value);
    if (problem !== undefined) throw invalid(field, problem);
    owner[field] = value;
  }
  return owner;
}

const invalid = (param: string, problem: string): GatewayError =>
  new GatewayError('invalid-request', `${param} ${problem}.`, { param });
