/** The keys of providers: read from their secrets, chosen among those that can be used, and given rest when refused. */
import { GatewayError } from '../core/errors.ts';
import { createKeyPool, type KeyPool } from '../core/key-pool.ts';
import type { Clock, KeyUse, KeyVerdict, SecretStore, UpstreamTarget } from '../core/ports.ts';

export interface ProviderKeysOptions {
  readonly secrets: SecretStore;
  readonly clock: Clock;
  /** Uniform in [0, 1). Keys are drawn and not taken in turn: every new process would begin its turn with the first. */
  random(): number;
}

export interface ChosenKey {
  readonly key: string;
  readonly use: KeyUse;
}

export interface ProviderKeys {
  /** Reads the secret, so that it is in memory when a key is chosen. Never throws. */
  prepare(target: UpstreamTarget): Promise<void>;
  /** Undefined where the provider wants none. Throws where no key can be used now. */
  choose(target: UpstreamTarget, conversation?: string): Promise<ChosenKey | undefined>;
  worked(use: KeyUse | undefined): void;
  failed(target: UpstreamTarget, use: KeyUse | undefined, error: GatewayError): Promise<KeyVerdict>;
}

interface Used {
  readonly pool: KeyPool;
  readonly key: string;
  readonly model: string;
}

const NOTHING: KeyVerdict = { another: false, takenOut: false };

export function createProviderKeys({ secrets, clock, random }: ProviderKeysOptions): ProviderKeys {
  /** By the secret's name: as many as the configuration names. */
  const pools = new Map<string, KeyPool>();
  /** What a request knows of its key is its place; which key that was stays in here. */
  const used = new WeakMap<KeyUse, Used>();

  function poolOf(secret: string): KeyPool {
    const pool = pools.get(secret) ?? createKeyPool();
    pools.set(secret, pool);
    return pool;
  }

  async function choose(
    { provider, model, config: { secret } }: UpstreamTarget,
    conversation: string | undefined,
  ): Promise<ChosenKey | undefined> {
    if (secret === undefined) return undefined;
    const pool = poolOf(secret);
    let keys = await secrets.providerKeys(secret);
    if (keys.length === 0) throw new GatewayError('misconfigured', `The secret "${secret}" holds no key.`);
    let choice = pool.choose(keys, model, clock.now(), conversation ?? random());
    if (choice.key === undefined && choice.kind === 'upstream-unauthorized') {
      // An operator may have put in a new one; how often that is looked up is the store's to bound.
      keys = await secrets.providerKeys(secret, { refresh: true });
      choice = pool.choose(keys, model, clock.now(), conversation ?? random());
    }
    if (choice.key === undefined) {
      throw new GatewayError(choice.kind, `No key of the provider "${provider}" can be used: it refused them all.`, {
        retryAfterMs: Math.max(0, choice.untilMs - clock.now()),
      });
    }
    const use: KeyUse = { index: choice.index };
    used.set(use, { pool, key: choice.key, model });
    return { key: choice.key, use };
  }

  async function failed(
    { config: { secret } }: UpstreamTarget,
    use: KeyUse | undefined,
    { kind, retryAfterMs, upstreamStatus: status, upstreamCode: code }: GatewayError,
  ): Promise<KeyVerdict> {
    const entry = use === undefined ? undefined : used.get(use);
    if (entry === undefined || secret === undefined) return NOTHING;
    const { pool, key, model } = entry;
    const refresh = kind === 'upstream-unauthorized';
    const keys = await secrets.providerKeys(secret, { refresh });
    // A key that was rotated under us has served its time: nothing to tell anybody.
    const takenOut = keys.includes(key) && pool.failed(key, model, { kind, retryAfterMs, status, code }, clock.now());
    const next = pool.choose(keys, model, clock.now(), 0);
    return { another: next.key !== undefined && next.key !== key && !next.isDoubtful, takenOut };
  }

  return {
    async prepare({ config: { secret } }) {
      // The store remembers why, and tells whoever chooses.
      if (secret !== undefined) await secrets.providerKeys(secret).catch(() => undefined);
    },
    choose,
    failed,
    worked(use) {
      const entry = use === undefined ? undefined : used.get(use);
      entry?.pool.worked(entry.key, entry.model, clock.now());
    },
  };
}
