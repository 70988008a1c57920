/**
 * The one table. Both the stack and the local start create it from this, so that neither can drift.
 * What lies in it is described in docs/data-model.md.
 */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Epoch seconds. DynamoDB deletes late (up to days): readers compare for themselves. */
  timeToLive: 'ttl',
  /** Sparse and keys-only: counters change no key, so it costs a write only when an item appears or goes. */
  kindIndex: { name: 'kind', partitionKey: 'kind', sortKey: 'pk' },
} as const;

/**
 * The version of the layout, on every item as `v`: see ledger/item-version.ts. Raised only where an older gateway would
 * misread what a newer one writes; a further attribute is no reason. How: docs/operating.md.
 */
export const SCHEMA_VERSION = 1;

/** All keys, one item each, the sort key being the key's SHA-256 in hex. */
export const KEYS_PARTITION = 'keys';

export const meterKey = (scope: string, shard = 0) => ({
  pk: shard === 0 ? `meter#${scope}` : `meter#${scope}#${shard}`,
  sk: 'meter',
});

/** Open reservations lie in buckets by the minute they expire in, so that upkeep finds them without an index. */
export const RESERVATION_BUCKETS = 8;

/** The refreshed price catalogue: one item that says which is in force, and its parts. */
export const PRICES_PARTITION = 'prices';

/** What `config apply` published: the one in force, and those before it, each under its number. */
export const configKey = (version?: number) => ({
  pk: 'config',
  // Padded, so that they sort.
  sk: version === undefined ? 'current' : `version#${String(version).padStart(9, '0')}`,
});

/** Who waits for room on a scope. */
export const lineKey = (scope: string) => ({ pk: `line#${scope}`, sk: 'line' });

/** What all instances know of a target, by its name. */
export const healthKey = (target: string) => ({ pk: `health#${target}`, sk: 'health' });

/** How busy the servers of a provider are. */
export const loadKey = (provider: string) => ({ pk: `load#${provider}`, sk: 'load' });

/** What was answered under an idempotency key: one item, and further ones for what does not fit it. */
export const idempotencyKey = (hash: string, sort: string) => ({ pk: `idempotency#${hash}`, sk: sort });
