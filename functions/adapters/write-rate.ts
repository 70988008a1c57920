/**
 * Tells when a meter comes near what one item can take: DynamoDB gives a partition 1,000 write units a second, and
 * throttles beyond them. Each shard is an item of its own, so that enough of them end the warnings. Counted where it
 * costs nothing: of this process's own writes, in whole seconds. Many processes share a meter, so that one of them cannot
 * see it all; but what throttles them they all see.
 */
import type { Scope } from '../core/ports.ts';
import type { MeterRef } from '../ledger/meter.ts';
import { pkOf } from './read-meter-items.ts';

export interface WriteRate {
  /** After each write of an item; `throttled` where it was refused for being too often. */
  note(item: MeterRef, nowMs: number, throttled?: boolean): void;
}

export type WarnHot = (scope: Scope, writesPerSecond: number, throttled: boolean) => void;

/** Of 1,000: what one process sees of a meter is rarely all of it. */
const MANY = 250;
/** One warning an item and minute. */
const QUIET_MS = 60_000;

interface Second {
  second: number;
  writes: number;
  warnedAtMs: number;
}

export function createWriteRate(warn: WarnHot, most = 1_000): WriteRate {
  const seconds = new Map<string, Second>();
  return {
    note(item, nowMs, throttled = false) {
      const name = pkOf(item);
      const second = Math.floor(nowMs / 1_000);
      let entry = seconds.get(name);
      if (entry === undefined) {
        // Forgets all at once: it costs a warning at worst.
        if (seconds.size >= most) seconds.clear();
        entry = { second, writes: 0, warnedAtMs: Number.NEGATIVE_INFINITY };
        seconds.set(name, entry);
      }
      if (entry.second !== second) Object.assign(entry, { second, writes: 0 });
      entry.writes += 1;
      if ((entry.writes < MANY && !throttled) || nowMs - entry.warnedAtMs < QUIET_MS) return;
      entry.warnedAtMs = nowMs;
      warn(item.scope, entry.writes, throttled);
    },
  };
}
