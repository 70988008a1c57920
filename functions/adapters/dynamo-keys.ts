/** Whose key this is, from the table, remembered for seconds. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { KeyStore } from '../core/ports.ts';
import { itemKey } from '../ledger/attributes.ts';
import { callerOf, isUsable, type KeyEntry, looksLikeKey, parseKey } from '../ledger/keys.ts';
import { KEYS_PARTITION } from '../table.ts';
import { createBoundedMap } from './bounded-map.ts';
import { realWaiting, repeatable, type Waiting } from './dynamo-calls.ts';
import { hashKey } from './hash-key.ts';
import type { TableAccess } from './read-meter-items.ts';

export interface DynamoKeyStoreOptions extends TableAccess {
  /** How long a key that was good is taken to be good: a key that is disabled stops within it. At most 30 s. */
  readonly cacheMs?: number;
  /**
   * Whether a key that was good a while ago may be taken for good while the table does not answer. Asked only then.
   * @default - never
   */
  readonly trustsOldKeys?: () => Promise<boolean>;
  readonly waiting?: Waiting;
}

const GOOD_MS = 20_000;
const MOST_MS = 30_000;
/** How long a good key is trusted while the table is away, where that is allowed at all. */
const OLD_MS = 3_600_000;
/** A key that was made, or enabled again, a moment ago should work. */
const BAD_MS = 3_000;
const REMEMBERED_GOOD = 10_000;
/** Apart from the good ones, so that someone who tries keys drives nobody's out. */
const REMEMBERED_BAD = 1_000;

interface Remembered {
  readonly entry: KeyEntry | undefined;
  /** Counted from before the read: the answer is as old as the question. */
  readonly sinceMs: number;
}

export function createDynamoKeyStore(options: DynamoKeyStoreOptions): KeyStore {
  const { client, table, waiting = realWaiting, trustsOldKeys = async () => false } = options;
  const goodMs = Math.min(options.cacheMs ?? GOOD_MS, MOST_MS);
  const good = createBoundedMap<string, Remembered>(REMEMBERED_GOOD);
  const bad = createBoundedMap<string, Remembered>(REMEMBERED_BAD);
  const asked = new Map<string, Promise<KeyEntry | undefined>>();

  const read = async (hash: string, nowMs: number): Promise<KeyEntry | undefined> => {
    const key = itemKey({ pk: KEYS_PARTITION, sk: hash });
    const command = new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true });
    const output = await repeatable('look up the key', waiting, () => client.send(command));
    const entry = output.Item === undefined ? undefined : parseKey(output.Item);
    good.delete(hash);
    bad.delete(hash);
    (entry !== undefined && isUsable(entry, nowMs) ? good : bad).set(hash, { entry, sinceMs: nowMs });
    return entry;
  };

  /** One read for all who ask at once. */
  const ask = (hash: string, nowMs: number): Promise<KeyEntry | undefined> => {
    const waitingFor = asked.get(hash);
    if (waitingFor !== undefined) return waitingFor;
    const answer = read(hash, nowMs).finally(() => asked.delete(hash));
    asked.set(hash, answer);
    return answer;
  };

  const askOrTrust = async (hash: string, nowMs: number): Promise<KeyEntry | undefined> => {
    const old = good.get(hash);
    try {
      return await ask(hash, nowMs);
    } catch (error) {
      if (old === undefined || nowMs >= old.sinceMs + OLD_MS || !(await trustsOldKeys())) throw error;
      return old.entry;
    }
  };

  const remembered = (hash: string, nowMs: number): Remembered | undefined => {
    const [found, lastsMs] = good.get(hash) === undefined ? [bad.get(hash), BAD_MS] : [good.get(hash), goodMs];
    return found !== undefined && nowMs < found.sinceMs + lastsMs ? found : undefined;
  };

  return {
    async find(key, nowMs) {
      if (!looksLikeKey(key)) return undefined;
      const hash = hashKey(key);
      const known = remembered(hash, nowMs);
      const entry = known === undefined ? await askOrTrust(hash, nowMs) : known.entry;
      return entry !== undefined && isUsable(entry, nowMs) ? callerOf(entry) : undefined;
    },
  };
}
