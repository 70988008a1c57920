/** The records of requests in flight. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Reservation, ReservedScope, ReserveRequest } from '../core/ports.ts';
import { type Item, itemKey } from '../ledger/attributes.ts';
import type { Update } from '../ledger/expression.ts';
import {
  cancelledRecord,
  type Decided,
  type Decision,
  openRecord,
  planDecide,
  planRaiseRecord,
  type RecordKey,
  readDecision,
  readRaises,
  recordKey,
} from '../ledger/reservation-record.ts';
import { repeatable, type Waiting } from './dynamo-calls.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface RecordName {
  readonly requestId: string;
  readonly expiresAtMs: number;
}

export interface ReservationStore {
  open(request: ReserveRequest): Promise<void>;
  /** Writes down that the request was not sent, and what may have been charged for it all the same. */
  cancel(request: ReserveRequest, charged: readonly ReservedScope[]): Promise<void>;
  /** Writes down what was used and returns it, or what an earlier call had written; undefined where all is done. */
  decide(of: RecordName, decision: Decision): Promise<Decided | undefined>;
  /** Writes down that the last of its raises may be on meters from now on; false where it must not, or an earlier one is still in doubt. */
  raise(reservation: Reservation): Promise<boolean>;
  close(of: RecordName): Promise<void>;
}

export function createReservationStore({ client, table }: TableAccess, waiting: Waiting): ReservationStore {
  const run = <T>(action: string, call: () => Promise<T>): Promise<T> => repeatable(action, waiting, call);

  /** The record as it is then, whether it was changed by this or the condition failed; undefined where it is gone. */
  const change = async (action: string, key: RecordKey, plan: Update): Promise<Item | undefined> => {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: itemKey(key),
      UpdateExpression: plan.update,
      ConditionExpression: plan.condition,
      ExpressionAttributeNames: plan.names,
      ExpressionAttributeValues: plan.values,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      return (await run(action, () => client.send(command))).Attributes;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.Item !== undefined) return error.Item;
      // Gone, or this endpoint does not send the item with the error (dynalite).
      const get = new GetItemCommand({ TableName: table, Key: itemKey(key), ConsistentRead: true });
      return (await run('read the reservation', () => client.send(get))).Item;
    }
  };

  return {
    async open(request) {
      const command = new PutItemCommand({ TableName: table, Item: openRecord(request) });
      await run('write the reservation', () => client.send(command));
    },

    async cancel(request, charged) {
      const command = new PutItemCommand({ TableName: table, Item: cancelledRecord(request, charged) });
      // Past the breaker: what is charged and in no record is found by nobody but reconciliation.
      const { random, sleep } = waiting;
      await repeatable('cancel the reservation', { random, sleep }, () => client.send(command));
    },

    async decide({ requestId, expiresAtMs }, decision) {
      const key = recordKey(requestId, expiresAtMs);
      return readDecision(await change('settle the reservation', key, planDecide(decision)), key);
    },

    async raise(reservation) {
      const key = recordKey(reservation.requestId, reservation.expiresAtMs);
      const item = await change('extend the reservation', key, planRaiseRecord(reservation));
      const known = readRaises(item, key);
      const isOurs = known.join() === reservation.raises.join();
      return isOurs && readDecision(item, key) === undefined && item?.claimed_ms === undefined;
    },

    async close({ requestId, expiresAtMs }) {
      const command = new DeleteItemCommand({ TableName: table, Key: itemKey(recordKey(requestId, expiresAtMs)) });
      await run('close the reservation', () => client.send(command));
    },
  };
}
