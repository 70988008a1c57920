/** How busy a model server says it is. What it does not say is undefined. */
export interface ServerLoad {
  /** Requests that it works on, and requests that wait for their turn. */
  readonly running: number;
  readonly waiting: number;
  /** How much of its KV cache requests hold, from 0 to 1. */
  readonly cacheUsed: number | undefined;
  /** When it was asked. */
  readonly atMs: number;
}

/** By the servers' base URLs. */
export type ServerLoads = ReadonlyMap<string, ServerLoad>;

/** What upkeep has found out about a provider's servers. Throws `ledger-unavailable`. */
export interface LoadStore {
  read(provider: string): Promise<ServerLoads>;
  /** In place of all that was known of the provider. */
  write(provider: string, loads: ServerLoads, nowMs: number): Promise<void>;
}
