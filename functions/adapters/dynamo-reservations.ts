/** The records of requests in flight. */
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ReservedScope, ReserveRequest, Settlement } from '../core/ports.ts';
import {
  cancelledRecord,
  type Decision,
  openRecord,
  planDecide,
  type RecordKey,
  readDecision,
  recordKey,
} from '../ledger/reservation-record.ts';
import { classifyFailure, repeatable, unavailable, type Waiting } from './dynamo-calls.ts';
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
  decide(of: RecordName, decision: Decision): Promise<Settlement | undefined>;
  close(of: RecordName): Promise<void>;
}

export function createReservationStore({ client, table }: TableAccess, waiting: Waiting): ReservationStore {
  const run = async <T>(action: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await repeatable(action, waiting, call);
    } catch (error) {
      throw classifyFailure(error) === 'expression' ? unavailable(action, error) : error;
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
      const { condition, update, names, values } = planDecide(decision);
      const command = new UpdateItemCommand({
        TableName: table,
        Key: itemKey(key),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await run('settle the reservation', () => client.send(command));
        return decision;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        if (error.Item !== undefined) return readDecision(error.Item, key);
        // Gone, or this endpoint does not send the item with the error (dynalite).
        const get = new GetItemCommand({ TableName: table, Key: itemKey(key), ConsistentRead: true });
        const { Item: item } = await run('read the reservation', () => client.send(get));
        return readDecision(item, key);
      }
    },

    async close({ requestId, expiresAtMs }) {
      const command = new DeleteItemCommand({ TableName: table, Key: itemKey(recordKey(requestId, expiresAtMs)) });
      await run('close the reservation', () => client.send(command));
    },
  };
}

const itemKey = ({ pk, sk }: RecordKey): { pk: { S: string }; sk: { S: string } } => ({ pk: { S: pk }, sk: { S: sk } });
