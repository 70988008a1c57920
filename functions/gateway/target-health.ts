/**
 * Which targets are broken, as this process knows it: what it has seen itself, over what the table says of what others
 * have seen. Nobody waits for the table but who asks for the lease of a probe, and that only for a moment; while it does
 * not answer, each process goes by its own evidence.
 */
import { createBoundedMap } from '../adapters/bounded-map.ts';
import { BLAME } from '../core/blame.ts';
import type { BreakerConfig } from '../core/config.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { type HealthStore, type StoredHealth, type TargetHealth, UNKNOWN } from '../core/target-health.ts';
import { type Evidence, lastMinute, NO_EVIDENCE, seeAnswer, seeFailure } from '../routing/evidence.ts';
import { afterFailure, afterSuccess, blockedUntilMs, dropProbe, isDue, pause, takeProbe } from '../routing/health.ts';
import type { Gateway } from './gateway.ts';

export interface HealthBoardOptions {
  readonly store: HealthStore;
  readonly clock: Clock;
  readonly report: Gateway['report'];
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** How an attempt ended. */
export interface Ending {
  /** None: it answered. */
  readonly error: GatewayError | undefined;
  readonly sentAtMs: number;
  /** Another key of the target is tried: it was the key. */
  readonly renewed: boolean;
  /** It had answered, and was counted so, before it broke off. */
  readonly wasCounted: boolean;
  /** Of the probe that it was. */
  readonly leaseUntilMs: number | undefined;
}

export type Pass = { readonly blockedUntilMs: number } | { readonly leaseUntilMs: number | undefined };

/** Never throws. Targets are named as in routing/target-name.ts. */
export interface HealthBoard {
  /** Until when targets are left alone, from memory. */
  cooling(nowMs: number): { get(target: string): number | undefined };
  /** Reads again what is old, behind the request. Gives a promise where something is too old to go by. */
  refresh(targets: readonly string[]): Promise<void> | undefined;
  /** Whether `enter` will have to ask the table. */
  isDue(target: string): boolean;
  /** Just before an attempt. */
  enter(target: string, leaseMs: number): Promise<Pass>;
  /** The lease was not used, or told nothing. */
  drop(target: string, leaseUntilMs: number): Promise<void>;
  /** Resolves once everybody can know of it. */
  ended(target: string, ending: Ending, breaker: BreakerConfig): Promise<void>;
}

interface Entry {
  stored: StoredHealth;
  /** What is stored, or will be once it is written. */
  view: TargetHealth;
  readAtMs: number;
  reading: Promise<void> | undefined;
  evidence: Evidence;
  /** Failures that were not written down yet. */
  unwritten: number;
  /** Writes go one after the other. */
  queue: Promise<unknown>;
  queued: number;
  /** So many were begun. */
  changes: number;
}

/** Together with the time of a read under the 2 s after which everybody must know. */
const FRESH_MS = 750;
const STALE_MS = 1_500;
const REMEMBERED = 1_000;
/** A longer name is nothing that a table's key can hold. */
const LONGEST_NAME = 512;
const TRIES = 4;
const FORBIDDEN = 403;
/** DynamoDB answers within 10 ms. Whoever goes on without an answer may be a second probe, so it is worth some waiting. */
const LEASE_PATIENCE_MS = 1_000;

type Change = (health: TargetHealth) => TargetHealth;

export function createHealthBoard({ store, clock, report, wait }: HealthBoardOptions): HealthBoard {
  const entries = createBoundedMap<string, Entry>(REMEMBERED);

  function entryOf(target: string): Entry {
    const known = entries.get(target);
    if (known !== undefined) return known;
    const entry: Entry = {
      stored: UNKNOWN,
      view: UNKNOWN.health,
      readAtMs: target.length > LONGEST_NAME ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
      reading: undefined,
      evidence: NO_EVIDENCE,
      unwritten: 0,
      queue: Promise.resolve(),
      queued: 0,
      changes: 0,
    };
    entries.set(target, entry);
    return entry;
  }

  async function read(targets: readonly string[]): Promise<void> {
    const readAtMs = clock.now();
    const before = targets.map((target) => entryOf(target).changes);
    try {
      const found = await store.read(targets);
      for (const [index, target] of targets.entries()) {
        const entry = entryOf(target);
        // What is being written here, or has been meanwhile, is newer than what was read.
        if (entry.queued > 0 || entry.changes !== before[index]) continue;
        entry.stored = found.get(target) ?? UNKNOWN;
        entry.view = entry.stored.health;
      }
    } catch (error) {
      report('warn', 'The health of targets cannot be read: this process goes by what it knows.', {
        reason: String(error),
      });
    }
    for (const target of targets) Object.assign(entryOf(target), { readAtMs, reading: undefined });
  }

  /** In memory at once, in the table as soon as may be. True where it was changed by this. */
  function change(target: string, apply: Change): Promise<boolean> {
    const entry = entryOf(target);
    entry.view = apply(entry.view);
    entry.queued += 1;
    entry.changes += 1;
    const written = entry.queue.then(() => write(target, entry, apply));
    entry.queue = written;
    return written;
  }

  async function write(target: string, entry: Entry, apply: Change): Promise<boolean> {
    try {
      for (let step = 0; step < TRIES; step += 1) {
        const { health } = entry.stored;
        const next = apply(health);
        if (next === health) {
          if (entry.queued === 1) entry.view = health;
          return false;
        }
        const { written, ...stored } = await store.replace(target, entry.stored, next, clock.now());
        entry.stored = stored;
        if (entry.queued === 1) entry.view = stored.health;
        if (!written) continue;
        announce(target, health, next);
        return true;
      }
      return false;
    } catch (error) {
      report('warn', 'The health of a target cannot be written: only this process knows of it.', {
        target,
        reason: String(error),
      });
      // As if it were: the next write is compared with what was read, and finds out.
      return true;
    } finally {
      entry.queued -= 1;
    }
  }

  function announce(target: string, before: TargetHealth, after: TargetHealth): void {
    if (after.isOpen && (!before.isOpen || after.trips > before.trips)) {
      report('warn', 'A target is left alone for a while.', {
        metric: 'TargetOpened',
        target,
        trips: after.trips,
        untilMs: after.untilMs,
      });
    } else if (before.isOpen && !after.isOpen) {
      report('warn', 'A target is back.', { metric: 'TargetRecovered', target });
    }
  }

  async function fail(target: string, ending: Ending, breaker: BreakerConfig): Promise<void> {
    const entry = entryOf(target);
    const nowMs = clock.now();
    const { wellAtMs } = entry.evidence;
    entry.evidence = seeFailure(entry.evidence, nowMs, ending.wasCounted);
    entry.unwritten += 1;
    const { inRow } = entry.evidence;
    const { sentAtMs, error } = ending;
    const failure = {
      nowMs,
      sentAtMs,
      inRow,
      wellAtMs,
      retryAfterMs: error?.retryAfterMs,
      ...lastMinute(entry.evidence, nowMs),
    };
    // One is being written and one waits: those that fail meanwhile are counted with the next.
    if (entry.queued > 1) {
      await entry.queue;
      return;
    }
    const seen = { ...failure, count: entry.unwritten };
    entry.unwritten = 0;
    await change(target, (health) => afterFailure(health, seen, breaker));
  }

  async function answer(target: string, sentAtMs: number, breaker: BreakerConfig): Promise<void> {
    const entry = entryOf(target);
    const nowMs = clock.now();
    entry.evidence = seeAnswer(entry.evidence, nowMs);
    const { isOpen, failures } = entry.view;
    // A row of one or two ends by itself with the next failure of whoever was answered: not worth a write of everybody.
    if (isOpen || failures * 2 >= breaker.failures) {
      await change(target, (health) => afterSuccess(health, { nowMs, sentAtMs }));
    }
  }

  async function drop(target: string, leaseUntilMs: number): Promise<void> {
    await change(target, (health) => dropProbe(health, leaseUntilMs));
  }

  return {
    cooling: (nowMs) => ({
      get: (target) => {
        const entry = entries.get(target);
        return entry === undefined ? undefined : blockedUntilMs(entry.view, nowMs);
      },
    }),

    refresh(targets) {
      const nowMs = clock.now();
      const known = [...new Set(targets)].map((target) => ({ target, entry: entryOf(target) }));
      const old = known.filter(({ entry }) => entry.reading === undefined && nowMs - entry.readAtMs > FRESH_MS);
      if (old.length > 0) {
        const reading = read(old.map(({ target }) => target));
        for (const { entry } of old) entry.reading = reading;
      }
      const awaited = known.flatMap(({ entry }) => (nowMs - entry.readAtMs > STALE_MS ? (entry.reading ?? []) : []));
      return awaited.length === 0 ? undefined : Promise.all(awaited).then(() => undefined);
    },

    isDue: (target) => isDue(entryOf(target).view, clock.now()),

    async enter(target, leaseMs) {
      const entry = entryOf(target);
      const nowMs = clock.now();
      const blocked = blockedUntilMs(entry.view, nowMs);
      if (blocked !== undefined) return { blockedUntilMs: blocked };
      if (!isDue(entry.view, nowMs)) return { leaseUntilMs: undefined };
      const lease = { leaseUntilMs: nowMs + leaseMs };
      const isOurs = await Promise.race([
        change(target, (health) => takeProbe(health, nowMs, leaseMs) ?? health),
        // A table that is slow keeps nobody from the only target that he may have.
        wait(LEASE_PATIENCE_MS).then(() => true),
      ]);
      if (isOurs) return lease;
      const until = blockedUntilMs(entry.view, nowMs);
      return until === undefined ? { leaseUntilMs: undefined } : { blockedUntilMs: until };
    },

    drop,

    async ended(target, ending, breaker) {
      const { error, sentAtMs, renewed, leaseUntilMs } = ending;
      const blame = error === undefined ? 'caller' : BLAME[error.kind];
      const isProbe = leaseUntilMs !== undefined;
      switch (blame) {
        case 'caller':
          return answer(target, sentAtMs, breaker);
        case 'target':
          return fail(target, ending, breaker);
        case 'key': {
          if (renewed) return;
          // What it refuses may be about this request: who asks for what is forbidden must not keep a target away.
          if (isProbe && error?.upstreamStatus === FORBIDDEN) return drop(target, leaseUntilMs);
          if (isProbe) return fail(target, ending, breaker);
          const seen = { nowMs: clock.now(), retryAfterMs: error?.retryAfterMs };
          await change(target, (health) => pause(health, seen, breaker));
          return;
        }
        case 'nobody':
          if (isProbe) await drop(target, leaseUntilMs);
      }
    },
  };
}
