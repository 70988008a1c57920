/** What servers say of their load, in DynamoDB: one item a provider, replaced as a whole by each look at its servers. */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { LoadStore, ServerLoad } from '../core/server-load.ts';
import { itemKey, number } from '../ledger/attributes.ts';
import { checkVersion, newerItem, VERSIONED } from '../ledger/item-version.ts';
import { loadKey } from '../table.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface DynamoLoadsOptions extends TableAccess {
  readonly waiting?: Waiting;
}

/** Long after anybody goes by it. */
const KEPT_SECONDS = 3_600;

const keyOf = (provider: string) => itemKey(loadKey(provider));

export function createDynamoLoads({ client, table, waiting = realWaiting }: DynamoLoadsOptions): LoadStore {
  return {
    async read(provider) {
      const command = new GetItemCommand({ TableName: table, Key: keyOf(provider) });
      const { Item: item } = await repeatable('read the load of servers', waiting, () => client.send(command));
      if (item !== undefined) checkVersion(item, loadKey(provider).pk);
      const servers = Object.entries(item?.servers?.M ?? {});
      return new Map(servers.flatMap(([url, { M: fields }]) => (fields === undefined ? [] : [[url, parse(fields)]])));
    },

    async write(provider, loads, nowMs) {
      const servers = Object.fromEntries([...loads].map(([url, load]) => [url, { M: format(load) }]));
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(provider),
        UpdateExpression: `SET #servers = :servers, #ttl = :ttl, ${VERSIONED.set}`,
        ConditionExpression: VERSIONED.unlessNewer,
        ExpressionAttributeNames: { '#servers': 'servers', '#ttl': 'ttl', ...VERSIONED.names },
        ExpressionAttributeValues: {
          ...VERSIONED.values,
          ':servers': { M: servers },
          ':ttl': number(Math.ceil(nowMs / 1_000) + KEPT_SECONDS),
        },
      });
      await repeatable('write the load of servers', waiting, () => client.send(command)).catch((error: unknown) => {
        throw error instanceof ConditionalCheckFailedException ? newerItem(loadKey(provider).pk) : error;
      });
    },
  };
}

function format({ running, waiting, cacheUsed, atMs }: ServerLoad): Record<string, AttributeValue> {
  return {
    running: number(running),
    waiting: number(waiting),
    ...(cacheUsed === undefined ? {} : { cache_used: number(cacheUsed) }),
    at_ms: number(atMs),
  };
}

/** What cannot be read counts as nothing: a broken note on a server's load is no reason to pass it over. */
function parse(fields: Record<string, AttributeValue>): ServerLoad {
  const read = (name: string): number => {
    const value = Number(fields[name]?.N);
    return Number.isFinite(value) ? value : 0;
  };
  return {
    running: read('running'),
    waiting: read('waiting'),
    cacheUsed: fields.cache_used === undefined ? undefined : read('cache_used'),
    atMs: read('at_ms'),
  };
}
