/** What all instances know of a target: one small item each in the table. */
export interface TargetHealth {
  /** It is left alone: until `untilMs` by all, after it by all but one at a time. */
  readonly isOpen: boolean;
  /** Failures in a row over all instances, as far as they were written down. */
  readonly failures: number;
  /** When the first and the last of them were. */
  readonly sinceMs: number;
  readonly failedMs: number;
  /** How often it was opened without having been well for long in between. */
  readonly trips: number;
  /** When it was opened or closed last. */
  readonly changedMs: number;
  /** Never goes back, whatever happens. */
  readonly untilMs: number;
  /** Until when somebody is finding out whether it is back. */
  readonly probeUntilMs: number;
}

export const WELL: TargetHealth = {
  isOpen: false,
  failures: 0,
  sinceMs: 0,
  failedMs: 0,
  trips: 0,
  changedMs: 0,
  untilMs: 0,
  probeUntilMs: 0,
};

/** As it lies in the table. Version 0: it does not. */
export interface StoredHealth {
  readonly health: TargetHealth;
  readonly version: number;
}

export const UNKNOWN: StoredHealth = { health: WELL, version: 0 };

/** Throws `ledger-unavailable`. */
export interface HealthStore {
  /** By the names of the targets; those of which nothing is known are absent. */
  read(targets: readonly string[]): Promise<ReadonlyMap<string, StoredHealth>>;
  /** Replaces what was seen. Gives what stands there now: with the next version, or another one's. */
  replace(
    target: string,
    seen: StoredHealth,
    next: TargetHealth,
    nowMs: number,
  ): Promise<StoredHealth & { readonly written: boolean }>;
}
