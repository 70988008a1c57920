/**
 * The health of targets in DynamoDB: read many at once, replaced one at a time where it is still what was seen. What it
 * means is decided elsewhere; here a version is compared.
 */
import { randomUUID } from 'node:crypto';
import { BatchGetItemCommand, ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type HealthStore, type StoredHealth, type TargetHealth, UNKNOWN, WELL } from '../core/target-health.ts';
import { type Item, itemKey, number, text, type Value } from '../ledger/attributes.ts';
import { checkVersion, VERSION } from '../ledger/item-version.ts';
import { healthKey } from '../table.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface DynamoHealthOptions extends TableAccess {
  readonly waiting?: Waiting;
}

/** DynamoDB's own limit. */
const BATCH = 100;
/** Longer than any pause. Afterwards it is as if nothing had ever been wrong. */
const KEPT_SECONDS = 86_400;

const NUMBERS = {
  failures: 'failures',
  sinceMs: 'since_ms',
  failedMs: 'failed_ms',
  trips: 'trips',
  changedMs: 'changed_ms',
  untilMs: 'until_ms',
  probeUntilMs: 'probe_until_ms',
} as const satisfies Partial<Record<keyof TargetHealth, string>>;

const NUMBER_FIELDS = Object.entries(NUMBERS) as [keyof typeof NUMBERS, string][];

const keyOf = (target: string) => itemKey(healthKey(target));

export function createDynamoHealth({ client, table, waiting = realWaiting }: DynamoHealthOptions): HealthStore {
  const readItems = async (targets: readonly string[]): Promise<readonly Item[]> => {
    const items: Item[] = [];
    for (let from = 0; from < targets.length; from += BATCH) {
      const Keys = targets.slice(from, from + BATCH).map(keyOf);
      const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });
      const { Responses } = await repeatable('read the health of targets', waiting, () => client.send(command));
      // Keys that stay unprocessed are asked for with the next refresh.
      items.push(...(Responses?.[table] ?? []));
    }
    return items;
  };

  return {
    async read(targets) {
      const items = new Map((await readItems(targets)).map((item) => [item.pk?.S, item]));
      return new Map(
        targets.flatMap((target) => {
          const item = items.get(healthKey(target).pk);
          return item === undefined ? [] : [[target, parseHealth(item)] as const];
        }),
      );
    },

    async replace(target, seen, next, nowMs) {
      const version = seen.version + 1;
      const by = randomUUID();
      const command = new PutItemCommand({
        TableName: table,
        Item: { ...keyOf(target), ...formatHealth(next, version, nowMs), by: text(by) },
        ConditionExpression: seen.version === 0 ? 'attribute_not_exists(pk)' : '#n = :seen',
        ...(seen.version === 0
          ? {}
          : {
              ExpressionAttributeNames: { '#n': 'n' },
              ExpressionAttributeValues: { ':seen': number(seen.version) },
            }),
      });
      try {
        await repeatable('write the health of a target', waiting, () => client.send(command));
        return { health: next, version, written: true };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        const [item] = await readItems([target]);
        // A write whose answer was lost is refused when it is repeated: what stands there is ours.
        return { ...(item === undefined ? UNKNOWN : parseHealth(item)), written: item?.by?.S === by };
      }
    },
  };
}

function formatHealth(health: TargetHealth, version: number, nowMs: number): Record<string, Value> {
  return {
    ...VERSION,
    n: number(version),
    open: { BOOL: health.isOpen },
    ...Object.fromEntries(NUMBER_FIELDS.map(([field, name]) => [name, number(Math.ceil(health[field]))])),
    ttl: number(Math.ceil(Math.max(nowMs, health.untilMs) / 1_000) + KEPT_SECONDS),
  };
}

/** What cannot be read counts as 0: a broken note on a target's health is no reason to leave it alone, or to fail. */
function parseHealth(item: Item): StoredHealth {
  checkVersion(item, item.pk?.S ?? '');
  const read = (name: string): number => {
    const value = Number(item[name]?.N);
    return Number.isFinite(value) ? value : 0;
  };
  const numbers = Object.fromEntries(NUMBER_FIELDS.map(([field, name]) => [field, read(name)]));
  return { health: { ...WELL, ...numbers, isOpen: item.open?.BOOL === true }, version: read('n') };
}
