/**
 * Who answers among equals: whoever answered the turn before, as long as he is not busier than the others. A server's
 * prompt cache is its own, a provider's belongs to an account; a turn that goes elsewhere is computed, or paid for, from
 * its first token on.
 *
 * Nobody keeps a list of conversations. Each one ranks its candidates by rendezvous (rendezvous.ts), in every process
 * alike; one that is gone leaves its conversations to the others, and theirs stay where they are. The rank yields to load:
 * "Consistent Hashing with Bounded Loads" (Mirrokni, Thorup, Zadimoghaddam, 2016), over the requests in flight.
 */
import type { UpstreamTarget } from '../core/ports.ts';
import type { ServerLoad } from '../core/server-load.ts';
import { uniform } from '../core/uniform.ts';
import type { Candidate } from './plan.ts';
import { drawFor } from './rendezvous.ts';

export interface AffinityInput {
  /** Asked once, and only where there is something to choose. */
  conversation(): string;
  /** Uniform in [0, 1): between those that have affinity and those that have none. */
  readonly draw: number;
  /** Requests of this process that the target's server has in flight. */
  inFlight(target: UpstreamTarget): number;
  /** What the server says itself, where that is known and not too old. */
  loadOf(target: UpstreamTarget): ServerLoad | undefined;
  /** Left alone for now: it takes no share of the load. */
  isOut(target: UpstreamTarget): boolean;
}

/** No server has more than so many times its share of the requests in flight… */
const MOST_OVER_SHARE = 1.25;
/** …once it has this many: fewer are no load, and a cache is worth more than evenness. */
const LIGHT_LOAD = 8;
/** Six weights of a sixth add up to a little less than one: what is a whole number stays it. */
const ROUNDING = 1e-6;
/** As good as full: the next long prompt makes the server throw others out. */
const FULL_CACHE = 0.95;
/** A queue that is longer, and longer than this share of what is worked on, is waited in. */
const SHORT_QUEUE = 4;
const QUEUE_SHARE = 0.25;

/** Unless told otherwise: replicas have it, because nothing but their caches tells them apart. */
export function hasAffinity({ config: { affinity, baseUrls } }: UpstreamTarget): boolean {
  return affinity === undefined ? (baseUrls?.length ?? 0) > 1 : affinity === 'prefix';
}

/**
 * For `plan`'s `arrange`. Those with affinity are one lot: as a whole it is drawn by its weight like any other target, and
 * within it each conversation has its own order, by the weights too. Undefined where fewer than two have any.
 */
export function arrangeByConversation(input: AffinityInput) {
  return (candidates: readonly Candidate[]): readonly UpstreamTarget[] | undefined => {
    const lot = candidates.filter(({ target }) => hasAffinity(target));
    if (lot.length < 2) return undefined;
    const ranked = rank(lot, input);
    const others = candidates.filter(({ target }) => !hasAffinity(target));
    const units = [
      { targets: ranked, weight: sum(lot, ({ weight }) => weight) },
      ...others.map(({ target, weight }) => ({ targets: [target], weight })),
    ];
    let left = input.draw * sum(units, ({ weight }) => weight);
    const drawn = units.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    const first = drawn ?? units[0];
    const rest = units.filter((unit) => unit !== first).sort((a, b) => b.weight - a.weight);
    return [...(first?.targets ?? []), ...rest.flatMap(({ targets }) => targets)];
  };
}

/** The conversation's own order, those with room before those without. */
function rank(lot: readonly Candidate[], input: AffinityInput): readonly UpstreamTarget[] {
  const conversation = input.conversation();
  const ranked = lot
    .map(({ target, weight }) => ({
      target,
      weight,
      draw: drawFor(`${conversation}\n${placeOf(target)}`, weight),
      own: input.inFlight(target),
      told: input.loadOf(target),
    }))
    .sort((a, b) => a.draw - b.draw);
  const usable = ranked.filter(({ target }) => !input.isOut(target));
  const weights = sum(usable, ({ weight }) => weight);
  const owns = sum(usable, ({ own }) => own);
  // What they say can only be compared where all do.
  const tells = usable.every(({ told }) => told !== undefined);
  const told = tells ? sum(usable, (each) => busyness(each.told)) : 0;
  const mostOf = (all: number, weight: number): number =>
    Math.max(LIGHT_LOAD, Math.ceil((MOST_OVER_SHARE * (all + 1) * weight) / weights - ROUNDING));

  const burden = (each: (typeof ranked)[number]): number => {
    if (isFull(each.told)) return 2;
    if (each.own + 1 > mostOf(owns, each.weight)) return 1;
    // As of half a minute ago, and every process reads the same: where all gave way at once, the load would only change
    // places. So as many conversations stay, always the same, as make up what the server may have.
    const most = mostOf(told, each.weight);
    const isOver = tells && busyness(each.told) > most;
    return isOver && uniform(`${conversation}\nstays`) > most / busyness(each.told) ? 1 : 0;
  };
  return ranked
    .map((each) => ({ target: each.target, burden: burden(each) }))
    .sort((a, b) => a.burden - b.burden)
    .map(({ target }) => target);
}

/** By its address and not by its number: where one is taken out of a list, the others keep their conversations. */
function placeOf({ provider, baseUrl, model }: UpstreamTarget): string {
  return `${provider} ${baseUrl} ${model}`;
}

function isFull(load: ServerLoad | undefined): boolean {
  if (load === undefined) return false;
  if ((load.cacheUsed ?? 0) >= FULL_CACHE) return true;
  return load.waiting > SHORT_QUEUE && load.waiting > load.running * QUEUE_SHARE;
}

function busyness(load: ServerLoad | undefined): number {
  return load === undefined ? 0 : load.running + load.waiting;
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}
