/**
 * Who waits, as one small item a scope that only those who wait touch: `p1` to `p9` say until when somebody of that
 * priority waits, which is until its next poll. Its waiters renew it, so that nobody gives way to a process that died
 * for longer. It is not on the meter's own item: that one takes two writes a request already.
 *
 * A process reads a line at most four times a second and writes it about once a second and priority, however many of
 * its requests wait.
 */
import { ConditionalCheckFailedException, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Scope, WaitingLine } from '../core/ports.ts';
import { itemKey, number } from '../ledger/attributes.ts';
import { checkVersion, VERSIONED } from '../ledger/item-version.ts';
import { TOP_PRIORITY } from '../ledger/wait-plan.ts';
import { lineKey } from '../table.ts';
import { createBoundedMap } from './bounded-map.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface DynamoWaitingLineOptions extends TableAccess {
  readonly waiting?: Waiting;
}

const FRESH_MS = 250;
const LEAST_LEASE_MS = 1_000;
const CROWDED_MS = 10_000;
const KEPT_SECONDS = 3_600;
const REMEMBERED = 1_000;

interface Line {
  /** By priority. */
  readonly untilMs: readonly number[];
  /** Counted from before the read: the answer is as old as the question. */
  readonly readAtMs: number;
}

export function createDynamoWaitingLine({
  client,
  table,
  waiting = realWaiting,
}: DynamoWaitingLineOptions): WaitingLine {
  const lines = createBoundedMap<Scope, Line>(REMEMBERED);
  const crowded = createBoundedMap<Scope, number>(REMEMBERED);
  const asked = new Map<Scope, Promise<Line>>();
  const keyOf = (scope: Scope) => itemKey(lineKey(scope));

  const read = async (scope: Scope, nowMs: number): Promise<Line> => {
    const command = new GetItemCommand({ TableName: table, Key: keyOf(scope) });
    const { Item: item = {} } = await repeatable('read the line', waiting, () => client.send(command));
    checkVersion(item, lineKey(scope).pk);
    const untilMs = Array.from({ length: TOP_PRIORITY + 1 }, (_, priority) => Number(item[`p${priority}`]?.N ?? 0));
    const line = { untilMs, readAtMs: nowMs };
    lines.set(scope, line);
    return line;
  };

  /** One read for all who ask at once. */
  const look = (scope: Scope, nowMs: number): Promise<Line> => {
    const known = lines.get(scope);
    if (known !== undefined && nowMs - known.readAtMs < FRESH_MS) return Promise.resolve(known);
    const pending = asked.get(scope) ?? read(scope, nowMs).finally(() => asked.delete(scope));
    asked.set(scope, pending);
    return pending;
  };

  return {
    async join(scope, priority, untilMs, nowMs) {
      crowded.set(scope, nowMs);
      const known = lines.get(scope);
      // Nobody gives way to the lowest; and one of us says it for all of a priority.
      if (priority === 0 || (known?.untilMs[priority] ?? 0) >= untilMs) return;
      const lease = Math.ceil(Math.max(untilMs, nowMs + LEAST_LEASE_MS));
      const command = new UpdateItemCommand({
        TableName: table,
        Key: keyOf(scope),
        UpdateExpression: `SET #p = :until, #ttl = :ttl, ${VERSIONED.set}`,
        ConditionExpression: `(attribute_not_exists(#p) OR #p < :until) AND ${VERSIONED.unlessNewer}`,
        ExpressionAttributeNames: { '#p': `p${priority}`, '#ttl': 'ttl', ...VERSIONED.names },
        ExpressionAttributeValues: {
          ':until': number(lease),
          ...VERSIONED.values,
          ':ttl': number(Math.ceil(lease / 1_000) + KEPT_SECONDS),
        },
      });
      await repeatable('join the line', waiting, () => client.send(command)).catch((error: unknown) => {
        // Another process of the same priority says it until later.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
      const now = lines.get(scope) ?? { untilMs: [], readAtMs: 0 };
      const all = Array.from({ length: TOP_PRIORITY + 1 }, (_, each) => now.untilMs[each] ?? 0);
      lines.set(scope, { ...now, untilMs: all.with(priority, lease) });
    },

    async isHigherWaiting(scope, priority, nowMs) {
      crowded.set(scope, nowMs);
      if (priority >= TOP_PRIORITY) return false;
      const { untilMs } = await look(scope, nowMs);
      return untilMs.slice(priority + 1).some((until) => until > nowMs);
    },

    isCrowded: (scope, nowMs) => nowMs - (crowded.get(scope) ?? Number.NEGATIVE_INFINITY) < CROWDED_MS,
  };
}
