/**
 * How busy servers are, for the choice among equals: by the requests that this process has under way, and by what upkeep
 * last heard from the servers themselves. Nothing here can fail a request or make one wait for long.
 */
import { createBoundedMap } from '../adapters/bounded-map.ts';
import type { Clock, UpstreamTarget } from '../core/ports.ts';
import type { LoadStore, ServerLoad, ServerLoads } from '../core/server-load.ts';
import type { Gateway } from './gateway.ts';

export interface LoadBoardOptions {
  readonly store: LoadStore;
  readonly clock: Clock;
  readonly report: Gateway['report'];
}

export interface LoadBoard {
  /** Requests of this process, whatever their model: a server's models share its memory. */
  inFlight(target: UpstreamTarget): number;
  /** What the server said itself; undefined where it said nothing, or too long ago. */
  loadOf(target: UpstreamTarget): ServerLoad | undefined;
  /** A request takes a seat with the server that it means to ask, at once: others are choosing at the same moment. */
  takeSeat(target: UpstreamTarget): Seat;
  /** Reads again what is old, behind the request. Gives a promise where what is known is too old to go by. */
  refresh(targets: readonly UpstreamTarget[]): Promise<void> | undefined;
}

export interface Seat {
  move(target: UpstreamTarget): void;
  leave(): void;
}

interface Known {
  readonly loads: ServerLoads;
  readonly readAtMs: number;
}

/** Upkeep asks the servers every 20 s, within a run of a minute; one that it misses is no news. */
const MOST_OLD_MS = 90_000;
const LOOK_AGAIN_MS = 5_000;
/** An instance that has slept for so long has what upkeep has found out since beside its next reservation. */
const STALE_MS = 25_000;
const MOST_PROVIDERS = 200;
const NOTHING: Known = { loads: new Map(), readAtMs: Number.NEGATIVE_INFINITY };

const serverOf = ({ provider, baseUrl }: UpstreamTarget): string => `${provider} ${baseUrl}`;

export function createLoadBoard({ store, clock, report }: LoadBoardOptions): LoadBoard {
  const seats = new Map<string, number>();
  const known = createBoundedMap<string, Known>(MOST_PROVIDERS);
  const reading = new Map<string, Promise<void>>();

  const add = (server: string, change: number): void => {
    const count = (seats.get(server) ?? 0) + change;
    if (count > 0) seats.set(server, count);
    else seats.delete(server);
  };

  async function read(provider: string): Promise<void> {
    const readAtMs = clock.now();
    try {
      known.set(provider, { loads: await store.read(provider), readAtMs });
    } catch (error) {
      // Not again with the very next request.
      known.set(provider, { loads: known.get(provider)?.loads ?? NOTHING.loads, readAtMs });
      report('warn', 'What servers say of their load cannot be read: requests in flight are what is gone by.', {
        provider,
        reason: String(error),
      });
    } finally {
      reading.delete(provider);
    }
  }

  return {
    inFlight: (target) => seats.get(serverOf(target)) ?? 0,

    loadOf({ provider, baseUrl }) {
      const load = known.get(provider)?.loads.get(baseUrl);
      return load !== undefined && clock.now() - load.atMs <= MOST_OLD_MS ? load : undefined;
    },

    takeSeat(target) {
      let server: string | undefined = serverOf(target);
      add(server, 1);
      return {
        move(next) {
          if (server === undefined) return;
          add(server, -1);
          server = serverOf(next);
          add(server, 1);
        },
        leave() {
          if (server !== undefined) add(server, -1);
          server = undefined;
        },
      };
    },

    refresh(targets) {
      const shown = targets.filter(({ config }) => config.metricsPath !== undefined);
      const nowMs = clock.now();
      const awaited = [...new Set(shown.map(({ provider }) => provider))].flatMap((provider) => {
        const ageMs = nowMs - (known.get(provider) ?? NOTHING).readAtMs;
        if (ageMs > LOOK_AGAIN_MS && !reading.has(provider)) reading.set(provider, read(provider));
        return ageMs > STALE_MS ? (reading.get(provider) ?? []) : [];
      });
      return awaited.length === 0 ? undefined : Promise.all(awaited).then(() => undefined);
    },
  };
}
