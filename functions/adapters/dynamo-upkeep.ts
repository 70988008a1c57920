/** What upkeep does to the table: finds reservations that have expired, and ends them on every meter. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Item, itemKey, number, stringSet } from '../ledger/attributes.ts';
import { VERSIONED } from '../ledger/item-version.ts';
import { formatMarker } from '../ledger/markers.ts';
import {
  type Estimate,
  estimateLost,
  type OpenRecord,
  planClaim,
  readWholeDecision,
  type WholeDecision,
} from '../ledger/open-record.ts';
import { openPartition } from '../ledger/reservation-record.ts';
import { CURSOR_KEY, readProgress, type SweepProgress } from '../ledger/sweep-cursor.ts';
import { RESERVATION_BUCKETS } from '../table.ts';
import { allOf } from './all-of.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import { createMeterStore } from './dynamo-meters.ts';
import { createMeterWrites } from './meter-writes.ts';
import type { TableAccess } from './read-meter-items.ts';
import { counters, createScopeViews, readEveryShard } from './scope-views.ts';

export interface UpkeepStore {
  progress(): Promise<SweepProgress>;
  /** Forwards only. */
  moveCursor(minute: number): Promise<void>;
  /** Writes minutes down to be looked at again, or takes them out. */
  remember(verb: 'ADD' | 'DELETE', minutes: readonly number[]): Promise<void>;
  /** The records that expired in this minute, as items: one that cannot be read must not hide the others. */
  due(minute: number): Promise<readonly Item[]>;
  /** What the request counts, and where; undefined where the record is gone, or another sweeper has it. */
  claim(record: OpenRecord, nowMs: number): Promise<WholeDecision | undefined>;
  /** Ends it on every meter. */
  release(record: OpenRecord, decision: WholeDecision, nowMs: number): Promise<void>;
  close(record: OpenRecord): Promise<void>;
}

export interface UpkeepStoreOptions extends TableAccess {
  readonly waiting?: Waiting;
}

export function createUpkeepStore({ waiting = realWaiting, ...access }: UpkeepStoreOptions): UpkeepStore {
  const { client, table } = access;
  const meters = createMeterStore(access, waiting);
  const { settleOn, countOn } = createMeterWrites(meters, waiting);
  const views = createScopeViews(meters);
  const cursorKey = itemKey(CURSOR_KEY);
  const keyOf = ({ pk, requestId }: OpenRecord) => itemKey({ pk, sk: requestId });

  const queryBucket = async (partition: string): Promise<readonly Item[]> => {
    const items: Item[] = [];
    let start: QueryCommand['input']['ExclusiveStartKey'];
    do {
      const command: QueryCommand = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: partition } },
        ConsistentRead: true,
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      const output = await repeatable('find expired reservations', waiting, () => client.send(command));
      items.push(...(output.Items ?? []));
      start = output.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  };

  return {
    async progress() {
      const command = new GetItemCommand({ TableName: table, Key: cursorKey, ConsistentRead: true });
      return readProgress((await repeatable('read the cursor of the sweep', waiting, () => client.send(command))).Item);
    },

    async remember(verb, minutes) {
      if (minutes.length === 0) return;
      const command = new UpdateItemCommand({
        TableName: table,
        Key: cursorKey,
        UpdateExpression: `SET ${VERSIONED.set} ${verb} #left :minutes`,
        ConditionExpression: VERSIONED.unlessNewer,
        ExpressionAttributeNames: { '#left': 'left', ...VERSIONED.names },
        ExpressionAttributeValues: { ':minutes': stringSet(minutes.map(String)), ...VERSIONED.values },
      });
      await repeatable('write down what the sweep has left', waiting, () => client.send(command));
    },

    async moveCursor(minute) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: cursorKey,
        UpdateExpression: `SET #minute = :minute, ${VERSIONED.set}`,
        ConditionExpression: `(attribute_not_exists(#minute) OR #minute < :minute) AND ${VERSIONED.unlessNewer}`,
        ExpressionAttributeNames: { '#minute': 'minute', ...VERSIONED.names },
        ExpressionAttributeValues: { ':minute': number(minute), ...VERSIONED.values },
      });
      await repeatable('move the cursor of the sweep', waiting, () => client.send(command)).catch(unlessCondition);
    },

    async due(minute) {
      const buckets = Array.from({ length: RESERVATION_BUCKETS }, (_, bucket) => openPartition(minute, bucket));
      return (await Promise.all(buckets.map(queryBucket))).flat();
    },

    async claim(record, nowMs) {
      const { decision } = record;
      const estimate =
        decision === undefined ? await lookFor(record) : { charged: decision.reserved, costNano: decision.costNano };
      const { condition, update, names, values } = planClaim(record, estimate, nowMs);
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(record),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValues: 'ALL_NEW',
      });
      // Not repeated: after a lost answer the claim is our own, and it is taken up again when it has grown old.
      const output = await client.send(command).catch(unlessCondition);
      return readWholeDecision(output?.Attributes, { pk: record.pk, sk: record.requestId });
    },

    async release(record, { tokens, costNano, reserved, cancelled, raises }, nowMs) {
      const marker = formatMarker(record.requestId, record.expiresAtMs);
      const correction = {
        marker,
        reservedNano: record.costNano,
        raises,
        requests: cancelled ? -1 : 0,
        tokens: tokens - record.tokens,
        nano: costNano - record.costNano,
        nowMs,
      };
      const counted = record.scopes.filter((scope) => !reserved.some((charged) => charged.scope === scope));
      const count = { marker, costNano, atMs: record.startedAtMs };
      // Before the first write: a failure that nobody waits for yet would end the process.
      const found = cancelled ? [] : await counters(views, counted, marker);
      await allOf([
        ...reserved.map((charged) => settleOn(charged, correction)),
        ...found.map((meter) => countOn(meter, count)),
      ]);
    },

    async close(record) {
      const command = new DeleteItemCommand({ TableName: table, Key: keyOf(record) });
      await repeatable('close the reservation', waiting, () => client.send(command));
    },
  };

  /**
   * A scope without the marker either has no limits, or had not been charged yet: the request counts there, too, so
   * that every scope has what the row says.
   */
  async function lookFor(record: OpenRecord): Promise<Estimate> {
    return estimateLost(record, await readEveryShard(meters, record.scopes));
  }
}

function unlessCondition(error: unknown): undefined {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
}
