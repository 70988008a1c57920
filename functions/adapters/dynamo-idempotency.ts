/**
 * Answers kept under idempotency keys. One item is the claim and, once there is an answer that fits, the answer; a
 * larger one lies in items beside it, written before the claim says that they are there. All in docs/data-model.md.
 *
 * Compressed, because a stream is ten times its text: 400 kB of it would cost 400 write units, and one partition takes
 * 1,000 a second.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { GatewayError } from '../core/errors.ts';
import type { Claim, ClaimRequest, IdempotencyStore, StoredAnswer } from '../core/ports.ts';
import { brokenItem, itemKey } from '../ledger/attributes.ts';
import { checkVersion, VERSION } from '../ledger/item-version.ts';
import { idempotencyKey } from '../table.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import { inParallel } from './in-parallel.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface DynamoIdempotencyOptions extends TableAccess {
  readonly waiting?: Waiting;
  /** @default 350_000, under the 400 kB of an item */
  readonly partBytes?: number;
}

type StoredItem = { readonly [name: string]: AttributeValue };

const PART_BYTES = 350_000;
const KEPT_MS = 24 * 3_600_000;
/** Parts outlive what names them. */
const MARGIN_SECONDS = 3_600;
/** A claim that is released between our write and our read is free again. */
const TRIES = 3;
const PARTS_AT_ONCE = 4;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export function createDynamoIdempotency(options: DynamoIdempotencyOptions): IdempotencyStore {
  const { client, table, waiting = realWaiting, partBytes = PART_BYTES } = options;

  const run = <T>(action: string, call: () => Promise<T>): Promise<T> => repeatable(action, waiting, call);

  const read = async (key: StoredItem): Promise<StoredItem | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: { ...key }, ConsistentRead: true });
    const { Item: item } = await run('read what was answered', () => client.send(command));
    if (item !== undefined) checkVersion(item, `${key.pk?.S} / ${key.sk?.S}`);
    return item;
  };

  /** The item that holds the claim, or undefined where it is ours now. */
  const putClaim = async (request: ClaimRequest): Promise<StoredItem | undefined> => {
    const command = new PutItemCommand({
      TableName: table,
      Item: claimItem(request),
      ConditionExpression: 'attribute_not_exists(#pk) OR #until < :now',
      ExpressionAttributeNames: { '#pk': 'pk', '#until': 'until_ms' },
      ExpressionAttributeValues: { ':now': { N: String(request.nowMs) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    for (let step = 0; step < TRIES; step += 1) {
      try {
        await run('claim the idempotency key', () => client.send(command));
        return undefined;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Not every endpoint sends the item with the error (dynalite does not).
        const item = error.Item ?? (await read(headKey(request)));
        // A try whose answer was lost has written it.
        if (item?.run?.S === request.requestId) return undefined;
        if (item !== undefined) return item;
      }
    }
    throw new GatewayError('conflict', 'Other requests with this idempotency key come and go: try again.', {
      retryAfterMs: 1_000,
    });
  };

  const readAnswer = async (item: StoredItem, request: ClaimRequest): Promise<StoredAnswer> => {
    const where = headKey(request).pk.S;
    const contentType = item.content_type?.S;
    if (contentType === undefined) throw brokenItem(where, 'content_type', 'must be a string');
    const parts = Number(item.parts?.N ?? 0);
    const names = Array.from({ length: parts }, (_, part) => partKey(request, item.run?.S ?? '', part));
    const stored = await inParallel(names, PARTS_AT_ONCE, read);
    const bodies = [item.body?.B, ...stored.map((found) => found?.body?.B)].slice(parts && 1);
    const bytes = bodies.map((body) => {
      if (body === undefined) throw brokenItem(where, 'body', 'is missing, or one of its parts');
      return body;
    });
    return { contentType, body: (await decompress(Buffer.concat(bytes))).toString('utf8') };
  };

  return {
    async claim(request): Promise<Claim> {
      const item = await putClaim(request);
      if (item === undefined) return { outcome: 'claimed' };
      checkVersion(item, headKey(request).pk.S);
      if (item.fingerprint?.S !== request.fingerprint) return { outcome: 'mismatch' };
      switch (item.state?.S) {
        case 'kept':
          return { outcome: 'answered', answer: await readAnswer(item, request) };
        case 'not-kept':
          return { outcome: 'not-kept' };
        default:
          return {
            outcome: 'running',
            startedAtMs: Number(item.started_ms?.N ?? request.nowMs),
            untilMs: Number(item.until_ms?.N ?? request.nowMs),
          };
      }
    },

    async keep(request, answer, nowMs) {
      const bytes = answer === undefined ? undefined : await compress(answer.body);
      const parts = bytes === undefined || bytes.length <= partBytes ? [] : split(bytes, partBytes);
      const untilMs = nowMs + KEPT_MS;
      const ttl = { N: String(Math.ceil(untilMs / 1_000) + MARGIN_SECONDS) };
      await inParallel(parts.entries(), PARTS_AT_ONCE, async ([part, body]) => {
        const key = partKey(request, request.requestId, part);
        const item = { ...key, ...VERSION, body: { B: body }, ttl };
        await run('keep the answer', () => client.send(new PutItemCommand({ TableName: table, Item: item })));
      });
      const set: Record<string, AttributeValue> = {
        state: { S: answer === undefined ? 'not-kept' : 'kept' },
        until_ms: { N: String(untilMs) },
        ttl,
        ...(answer === undefined
          ? {}
          : { content_type: { S: answer.contentType }, parts: { N: String(parts.length) } }),
        ...(bytes === undefined || parts.length > 0 ? {} : { body: { B: bytes } }),
      };
      const names = Object.keys(set);
      const command = new UpdateItemCommand({
        TableName: table,
        Key: headKey(request),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: '#run = :run',
        ExpressionAttributeNames: Object.fromEntries(['run', ...names].map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ':run': { S: request.requestId },
          ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
        },
      });
      await run('keep the answer', () => client.send(command)).catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new GatewayError('conflict', 'The idempotency key has passed to another request.', { cause: error });
      });
    },

    async release(request) {
      const command = new DeleteItemCommand({
        TableName: table,
        Key: headKey(request),
        ConditionExpression: '#run = :run',
        ExpressionAttributeNames: { '#run': 'run' },
        ExpressionAttributeValues: { ':run': { S: request.requestId } },
      });
      await run('release the idempotency key', () => client.send(command)).catch((error: unknown) => {
        // Gone already, by a try whose answer was lost, or with another request.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },
  };
}

function claimItem(request: ClaimRequest): Record<string, AttributeValue> {
  return {
    ...headKey(request),
    ...VERSION,
    state: { S: 'running' },
    run: { S: request.requestId },
    fingerprint: { S: request.fingerprint },
    started_ms: { N: String(request.nowMs) },
    until_ms: { N: String(request.untilMs) },
    ttl: { N: String(Math.ceil((request.untilMs + KEPT_MS) / 1_000)) },
  };
}

/** The id of the gateway's key goes into the hash: nobody meets an idempotency key of somebody else's. */
function headKey(request: ClaimRequest) {
  return itemKey(idempotencyKey(hashOf(request), 'claim'));
}

/** By run: what a run that died has left does not mix with what the next one writes. */
function partKey(request: ClaimRequest, run: string, part: number) {
  return itemKey(idempotencyKey(hashOf(request), `part#${run}#${part}`));
}

const hashOf = ({ keyId, idempotencyKey: key }: ClaimRequest): string =>
  createHash('sha256').update(`${keyId}\n${key}`).digest('hex');

function split(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) =>
    bytes.subarray(part * size, (part + 1) * size),
  );
}
