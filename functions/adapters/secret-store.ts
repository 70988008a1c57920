/**
 * Provider keys from Secrets Manager, held in memory. A secret is named `PREFIX/NAME` and holds one key as plain text
 * or several as `{"keys": ["…"]}`. No value is ever part of a message or a log line.
 */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GatewayError } from '../core/errors.ts';
import type { Clock, SecretStore } from '../core/ports.ts';
import { parseProviderKeys } from './parse-provider-keys.ts';

export interface SecretStoreOptions {
  readonly client: SecretsManagerClient;
  readonly prefix: string;
  readonly clock: Clock;
  /** How long keys are used without looking again. After it they still serve while one look-up runs behind them. */
  readonly ttlMs?: number;
  /** Told when keys could not be read again and the old ones stay in use. By default a line on standard error. */
  readonly onStale?: (secret: string, error: GatewayError) => void;
}

/** What is known without a look-up. */
export interface SecretFailures {
  /** Why there are no keys under this name, where a look-up has said so within the last seconds. */
  failure(name: string): GatewayError | undefined;
}

interface Entry {
  /** As read last; undefined where there are none. */
  keys: readonly string[] | undefined;
  /** Why the last look-up gave none; undefined where it did. */
  failure: GatewayError | undefined;
  /** When the last look-up ended. */
  readMs: number;
  /** When the next one is due. */
  dueMs: number;
  loading: Promise<readonly string[]> | undefined;
}

const TTL_MS = 600_000;
/** A failure is kept this long: a missing secret must not turn every request into a call to Secrets Manager. */
const FAILURE_MS = 5_000;
/** Every upstream 401 asks for a refresh; a key that is simply wrong must not make that a call a request. */
const REFRESH_MS = 5_000;

export function createSecretStore(options: SecretStoreOptions): SecretStore & SecretFailures {
  const { client, prefix, clock, ttlMs = TTL_MS, onStale = reportStale } = options;
  const entries = new Map<string, Entry>();

  /** One look-up a name at a time: whoever comes meanwhile waits for the same. */
  function load(name: string, entry: Entry): Promise<readonly string[]> {
    entry.loading ??= read(name).then(
      (keys) => {
        Object.assign(entry, { keys, failure: undefined, loading: undefined });
        entry.readMs = clock.now();
        entry.dueMs = entry.readMs + ttlMs;
        return keys;
      },
      (failure: GatewayError) => {
        Object.assign(entry, { failure, loading: undefined });
        entry.readMs = clock.now();
        entry.dueMs = entry.readMs + FAILURE_MS;
        // A secret that was taken away is no longer used. One that cannot be read just now is.
        if (entry.keys === undefined || isGone(failure)) {
          entry.keys = undefined;
          throw failure;
        }
        onStale(`${prefix}/${name}`, failure);
        return entry.keys;
      },
    );
    return entry.loading;
  }

  async function read(name: string): Promise<readonly string[]> {
    const secret = `${prefix}/${name}`;
    let text: string | undefined;
    try {
      text = (await client.send(new GetSecretValueCommand({ SecretId: secret }))).SecretString;
    } catch (cause) {
      // The SDK's message may name roles and accounts, and this one is shown to clients: it stays in the cause.
      throw new GatewayError('misconfigured', `${explain(cause, secret)} ${howToSet(name)}`, { cause });
    }
    const parsed = parseProviderKeys(text ?? '');
    if (parsed.ok) return parsed.keys;
    throw new GatewayError('misconfigured', `The secret ${secret} ${parsed.problem}. ${howToSet(name)}`);
  }

  /** It throws for whoever asks, without another look. */
  const isKept = (entry: Entry): boolean => entry.keys === undefined && clock.now() < entry.dueMs;

  return {
    failure(name) {
      const entry = entries.get(name);
      return entry !== undefined && isKept(entry) ? entry.failure : undefined;
    },
    async providerKeys(name, { refresh = false } = {}) {
      const entry = entries.get(name) ?? newEntry();
      entries.set(name, entry);
      const now = clock.now();
      if (entry.keys === undefined) {
        if (entry.failure !== undefined && isKept(entry)) throw entry.failure;
        return load(name, entry);
      }
      if (refresh && now - entry.readMs >= REFRESH_MS) return load(name, entry);
      // Nobody waits for this one: its failure is kept in the entry, and thrown to the next who asks.
      if (now >= entry.dueMs) load(name, entry).catch(() => undefined);
      return entry.keys;
    },
  };
}

function newEntry(): Entry {
  return { keys: undefined, failure: undefined, readMs: Number.NEGATIVE_INFINITY, dueMs: 0, loading: undefined };
}

/** Secrets Manager answered, and what it said leaves no key: the secret is not there, or holds none. */
function isGone(failure: GatewayError): boolean {
  return failure.cause === undefined || errorName(failure.cause) === 'ResourceNotFoundException';
}

function explain(cause: unknown, secret: string): string {
  switch (errorName(cause)) {
    case 'ResourceNotFoundException':
      return `The secret ${secret} does not exist, or has never been set.`;
    case 'AccessDeniedException':
      return `The gateway is not allowed to read the secret ${secret}.`;
    default:
      return `The secret ${secret} could not be read from Secrets Manager (${errorName(cause)}).`;
  }
}

function howToSet(name: string): string {
  return `Set it with: npx tollgate secrets set ${name} -`;
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}

function reportStale(secret: string, error: GatewayError): void {
  process.stderr.write(`${JSON.stringify({ tollgate: 'secret-stale', secret, message: error.message })}\n`);
}
