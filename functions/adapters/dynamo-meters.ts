/** Reads and writes meters, and remembers how each of them looked last. What is remembered is only ever a first guess. */
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Scope } from '../core/ports.ts';
import type { Item } from '../ledger/attributes.ts';
import type { Update } from '../ledger/expression.ts';
import { type Meter, parseMeter } from '../ledger/meter.ts';
import { meterKey } from '../table.ts';
import { createBoundedMap } from './bounded-map.ts';
import { classifyFailure, repeatable, type Waiting } from './dynamo-calls.ts';
import { readMeterItems, type TableAccess } from './read-meter-items.ts';

export interface WriteResult {
  /** False where the condition failed: `meter` is the item that it failed on. */
  readonly written: boolean;
  readonly meter: Meter;
}

export interface MeterStore {
  /** As seen last, by whichever request; undefined where never. */
  seen(scope: Scope): Meter | undefined;
  /** As they are now, in the order of the scopes. */
  read(scopes: readonly Scope[]): Promise<readonly Meter[]>;
  write(scope: Scope, update: Update): Promise<WriteResult>;
}

/** A gateway's process sees few scopes; a limit for `user:` scopes that outsiders can name. About 1 kB each. */
const REMEMBERED = 5_000;

export function createMeterStore(access: TableAccess, waiting: Waiting): MeterStore {
  const { client, table } = access;
  const remembered = createBoundedMap<Scope, Meter>(REMEMBERED);

  const remember = (scope: Scope, item: Item | undefined): Meter => {
    const meter = parseMeter(scope, item);
    remembered.set(scope, meter);
    return meter;
  };

  const read = async (scopes: readonly Scope[]): Promise<readonly Meter[]> => {
    const items = await readMeterItems(access, scopes, waiting);
    return scopes.map((scope) => remember(scope, items.get(scope)));
  };

  const readOne = async (scope: Scope): Promise<Meter> => {
    const [meter] = await read([scope]);
    return meter ?? parseMeter(scope, undefined);
  };

  return {
    seen: (scope) => remembered.get(scope),
    read: async (scopes) => (scopes.length === 0 ? [] : read(scopes)),

    async write(scope, update) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(scope),
        UpdateExpression: update.update,
        ConditionExpression: update.condition,
        ExpressionAttributeNames: update.names,
        ExpressionAttributeValues: update.values,
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        const output = await repeatable(`update the meter ${scope}`, waiting, () => client.send(command));
        return { written: true, meter: remember(scope, output.Attributes) };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException && error.Item !== undefined) {
          return { written: false, meter: remember(scope, error.Item) };
        }
        // No item with the error: there is none, or this endpoint does not send it (dynalite). Or the item has lost
        // what the expression adds to.
        const failure = classifyFailure(error);
        if (failure !== 'condition' && failure !== 'expression') throw error;
        return { written: false, meter: await readOne(scope) };
      }
    },
  };
}

const keyOf = (scope: Scope): { pk: { S: string }; sk: { S: string } } => {
  const { pk, sk } = meterKey(scope);
  return { pk: { S: pk }, sk: { S: sk } };
};
