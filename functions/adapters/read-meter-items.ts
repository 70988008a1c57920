import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Item, itemKey } from '../ledger/attributes.ts';
import type { MeterRef } from '../ledger/meter.ts';
import { meterKey } from '../table.ts';
import { backOff, repeatable, unavailable, type Waiting } from './dynamo-calls.ts';

/** DynamoDB's own limit. */
const BATCH = 100;
const ROUNDS = 5;
const ACTION = 'read the meters';

export interface TableAccess {
  readonly client: DynamoDBClient;
  readonly table: string;
}

/** The partition key, which tells a meter's items apart. */
export const pkOf = ({ scope, shard }: MeterRef): string => meterKey(scope, shard).pk;

/** The items that there are, as they are now, by their partition keys. */
export async function readMeterItems(
  { client, table }: TableAccess,
  refs: readonly MeterRef[],
  waiting: Waiting,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  const all = [...new Set(refs.map(pkOf))];
  for (let from = 0; from < all.length; from += BATCH) {
    let keys: readonly string[] = all.slice(from, from + BATCH);
    for (let round = 0; keys.length > 0; round += 1) {
      if (round >= ROUNDS) throw unavailable(ACTION, new Error('DynamoDB leaves keys unprocessed'));
      if (round > 0) await backOff(waiting, round);
      const wanted = keys.map((pk) => itemKey({ pk, sk: meterKey('').sk }));
      const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } });
      const output = await repeatable(ACTION, waiting, () => client.send(command));
      for (const item of output.Responses?.[table] ?? []) found.set(item.pk?.S ?? '', item);
      keys = (output.UnprocessedKeys?.[table]?.Keys ?? []).map(({ pk }) => pk?.S ?? '');
    }
  }
  return found;
}
