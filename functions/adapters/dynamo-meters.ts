/** Reads and writes meters, and remembers how each of them looked last. What is remembered is only ever a first guess. */
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Item, itemKey } from '../ledger/attributes.ts';
import type { Update } from '../ledger/expression.ts';
import { VERSIONED } from '../ledger/item-version.ts';
import { type Meter, type MeterRef, parseMeter } from '../ledger/meter.ts';
import { meterKey } from '../table.ts';
import { createBoundedMap } from './bounded-map.ts';
import { classifyFailure, isThrottled, repeatable, unavailable, type Waiting, wasNeverSent } from './dynamo-calls.ts';
import { pkOf, readMeterItems, type TableAccess } from './read-meter-items.ts';
import { createWriteRate, type WarnHot } from './write-rate.ts';

export interface WriteResult {
  /** False where the condition failed: `meter` is the item that it failed on. */
  readonly written: boolean;
  readonly meter: Meter;
}

export interface MeterStore {
  /** As seen last, by whichever request; undefined where never. */
  seen(ref: MeterRef): Meter | undefined;
  /** As they are now, in the order of the refs. */
  read(refs: readonly MeterRef[]): Promise<readonly Meter[]>;
  write(ref: MeterRef, update: Update): Promise<WriteResult>;
}

/** A gateway's process sees few scopes; a limit for `user:` scopes that outsiders can name. About 1 kB each. */
const REMEMBERED = 5_000;

export function createMeterStore(
  access: TableAccess,
  waiting: Waiting,
  warnHot: WarnHot = () => undefined,
): MeterStore {
  const rate = createWriteRate(warnHot);
  const { client, table } = access;
  const remembered = createBoundedMap<string, Meter>(REMEMBERED);

  const remember = (ref: MeterRef, item: Item | undefined): Meter => {
    const meter = parseMeter(ref.scope, item, ref.shard);
    remembered.set(pkOf(ref), meter);
    return meter;
  };

  const read = async (refs: readonly MeterRef[]): Promise<readonly Meter[]> => {
    const items = await readMeterItems(access, refs, waiting);
    return refs.map((ref) => remember(ref, items.get(pkOf(ref))));
  };

  const readOne = async (ref: MeterRef): Promise<Meter> => {
    const [meter] = await read([ref]);
    return meter ?? parseMeter(ref.scope, undefined, ref.shard);
  };

  return {
    seen: (ref) => remembered.get(pkOf(ref)),
    read: async (refs) => (refs.length === 0 ? [] : read(refs)),

    async write(ref, update) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: itemKey(meterKey(ref.scope, ref.shard)),
        UpdateExpression: update.update,
        ConditionExpression: [VERSIONED.unlessNewer, update.condition].filter(Boolean).join(' AND '),
        ExpressionAttributeNames: { ...update.names, ...VERSIONED.names },
        ExpressionAttributeValues: { ...update.values, ...VERSIONED.values },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const send = async () => {
        try {
          const output = await client.send(command);
          rate.note(ref, Date.now());
          return output;
        } catch (error) {
          rate.note(ref, Date.now(), isThrottled(error));
          // The item has lost what the expression adds to.
          if (classifyFailure(error) === 'expression') return undefined;
          throw error;
        }
      };
      try {
        const output = await repeatable(`update the meter ${ref.scope}`, waiting, send);
        if (output !== undefined) return { written: true, meter: remember(ref, output.Attributes) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        if (error.Item !== undefined) return { written: false, meter: remember(ref, error.Item) };
        // There is no item, or this endpoint does not send it with the error (dynalite).
      }
      const meter = await readOne(ref).catch((cause: unknown) => {
        // The write before it was sent, and an earlier try of it may stand.
        throw wasNeverSent(cause) ? unavailable(`read the meter ${ref.scope}`, cause) : cause;
      });
      return { written: false, meter };
    },
  };
}
