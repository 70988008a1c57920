/**
 * The refreshed price catalogue in the table: compressed, in as many items as it needs, and one item that says which of
 * them are in force. The parts of a version are written before it is pointed at, and go only when the version after the
 * next is, so that a reader never finds a pointer to nothing.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GatewayError } from '../core/errors.ts';
import { number, text } from '../ledger/attributes.ts';
import type { Catalogue } from '../ledger/catalogue.ts';
import { checkVersion, VERSIONED } from '../ledger/item-version.ts';
import { PRICES_PARTITION } from '../table.ts';
import type { TableAccess } from './read-meter-items.ts';

type Item = Record<string, AttributeValue>;

export interface PricePointer {
  readonly version: string;
  /** Of the uncompressed prices, without the version: the same prices have the same digest. */
  readonly digest: string;
  readonly parts: number;
  /** When upkeep last looked at the public catalogue, whether it took it or not. */
  readonly checkedAtMs: number;
  /** The version before. */
  readonly previous: { readonly digest: string; readonly parts: number } | undefined;
}

export interface PriceReader {
  /** Undefined where none was stored yet. */
  pointer(): Promise<PricePointer | undefined>;
  load(pointer: PricePointer): Promise<Catalogue>;
}

export interface PriceStore extends PriceReader {
  /** False where another was stored in the meantime. */
  publish(catalogue: Catalogue, current: PricePointer | undefined, nowMs: number): Promise<boolean>;
  /** Notes that the public catalogue was looked at and nothing changed. */
  confirm(pointer: PricePointer, nowMs: number): Promise<void>;
}

/** An item holds 400 kB. All prices are 29 kB compressed (November 2026). */
const PART_BYTES = 350_000;
/** What cannot be read in that time is read later. */
const READ_MS = 2_000;

const CURRENT = 'current';
const compress = promisify(gzip);
const decompress = promisify(gunzip);

export function digestOf({ providers }: Catalogue): string {
  return createHash('sha256').update(JSON.stringify(providers)).digest('hex').slice(0, 16);
}

export function createPriceReader({ client, table }: TableAccess): PriceReader {
  const get = async (sk: string): Promise<Item | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: keyOf(sk) });
    const { Item: item } = await client.send(command, { abortSignal: AbortSignal.timeout(READ_MS) });
    if (item !== undefined) checkVersion(item, `${PRICES_PARTITION} / ${sk}`);
    return item;
  };
  return {
    async pointer() {
      const item = await get(CURRENT);
      return item === undefined ? undefined : parsePointer(item);
    },
    async load({ digest, parts }) {
      const items = await Promise.all(Array.from({ length: parts }, (_, index) => get(partKey(digest, index))));
      const pieces = items.map((item) => {
        if (item?.data?.B === undefined) throw broken('A part is missing');
        return item.data.B;
      });
      const catalogue = JSON.parse((await decompress(Buffer.concat(pieces))).toString()) as Catalogue;
      if (digestOf(catalogue) !== digest) throw broken('The prices are not those that were stored');
      return catalogue;
    },
  };
}

export function createPriceStore({ client, table }: TableAccess, partBytes = PART_BYTES): PriceStore {
  const remove = async (digest: string, parts: number): Promise<void> => {
    for (let index = 0; index < parts; index += 1) {
      await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(partKey(digest, index)) }));
    }
  };
  return {
    ...createPriceReader({ client, table }),
    async publish(catalogue, current, nowMs) {
      const digest = digestOf(catalogue);
      const data = await compress(JSON.stringify(catalogue));
      const parts = Math.ceil(data.length / partBytes);
      for (let index = 0; index < parts; index += 1) {
        const piece = data.subarray(index * partBytes, (index + 1) * partBytes);
        const command = new UpdateItemCommand({
          TableName: table,
          Key: keyOf(partKey(digest, index)),
          UpdateExpression: `SET #data = :data, ${VERSIONED.set}`,
          ExpressionAttributeNames: { '#data': 'data', ...VERSIONED.names },
          ExpressionAttributeValues: { ':data': { B: piece }, ...VERSIONED.values },
        });
        await client.send(command);
      }
      // The same once more, because what was stored is old or torn: what was before it still is.
      const before = current?.digest === digest ? current.previous : current;
      const previous = before === undefined ? {} : { ':previous': text(`${before.digest}#${before.parts}`) };
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(CURRENT),
        UpdateExpression: `SET #version = :version, #digest = :digest, #parts = :parts, #checked = :now, ${VERSIONED.set}${
          before === undefined ? '' : ', #previous = :previous'
        }`,
        ConditionExpression: current === undefined ? 'attribute_not_exists(#digest)' : '#digest = :current',
        ExpressionAttributeNames: {
          '#version': 'version',
          '#digest': 'digest',
          '#parts': 'parts',
          '#checked': 'checked_at',
          ...VERSIONED.names,
          ...(before === undefined ? {} : { '#previous': 'previous' }),
        },
        ExpressionAttributeValues: {
          ':version': text(catalogue.version),
          ':digest': text(digest),
          ':parts': number(parts),
          ':now': number(nowMs),
          ...VERSIONED.values,
          ...previous,
          ...(current === undefined ? {} : { ':current': text(current.digest) }),
        },
      });
      try {
        await client.send(command);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
      const old = current?.previous;
      if (old !== undefined && old !== before && old.digest !== digest) await remove(old.digest, old.parts);
      return true;
    },
    async confirm({ digest }, nowMs) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(CURRENT),
        UpdateExpression: 'SET #checked = :now',
        ConditionExpression: '#digest = :digest',
        ExpressionAttributeNames: { '#checked': 'checked_at', '#digest': 'digest' },
        ExpressionAttributeValues: { ':now': number(nowMs), ':digest': text(digest) },
      });
      await client.send(command).catch((error: unknown) => {
        // Another was stored in the meantime, and it was looked at then.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },
  };
}

const keyOf = (sk: string): Item => ({ pk: text(PRICES_PARTITION), sk: text(sk) });
const partKey = (digest: string, index: number): string => `part#${digest}#${index}`;

function parsePointer(item: Item): PricePointer {
  const { version, digest, parts, checked_at: checkedAt, previous } = item;
  if (version?.S === undefined || digest?.S === undefined) throw broken('The pointer is not one');
  const [previousDigest, previousParts] = previous?.S?.split('#') ?? [];
  return {
    version: version.S,
    digest: digest.S,
    parts: Number(parts?.N ?? 0),
    checkedAtMs: Number(checkedAt?.N ?? 0),
    previous: previousDigest === undefined ? undefined : { digest: previousDigest, parts: Number(previousParts ?? 0) },
  };
}

function broken(problem: string): GatewayError {
  return new GatewayError('internal', `The stored price catalogue cannot be read: ${problem}.`);
}
