/**
 * The ledger on DynamoDB. What to write is decided in `ledger/`; here is the order in which it is written.
 *
 * A reservation is one round trip once the meters have been seen: the conditional updates of all scopes that have
 * limits, the record, and one read of the scopes that have none, all at once. docs/data-model.md has the items,
 * docs/decisions/2026-11-23-ledger-layout.md the reasons.
 */
import type { Denial, Ledger, ReservedScope, ReserveRequest, Scope } from '../core/ports.ts';
import { findDenials, worstDenial } from '../ledger/find-denials.ts';
import { formatMarker } from '../ledger/markers.ts';
import { isLimited, type Meter } from '../ledger/meter.ts';
import type { ReserveAsk } from '../ledger/plan-reserve.ts';
import { isNearlySpent, rateLimitsOf, roomOf } from '../ledger/room.ts';
import { realWaiting, type Waiting } from './dynamo-calls.ts';
import { createMeterStore } from './dynamo-meters.ts';
import { createReservationStore } from './dynamo-reservations.ts';
import { createMeterWrites, type ScopeOutcome } from './meter-writes.ts';
import type { TableAccess } from './read-meter-items.ts';

/** The client has its own retries off: see dynamo-calls.ts. */
export interface DynamoLedgerOptions extends TableAccess {
  readonly waiting?: Waiting;
}

export function createDynamoLedger({ waiting = realWaiting, ...access }: DynamoLedgerOptions): Ledger {
  const meters = createMeterStore(access, waiting);
  const records = createReservationStore(access, waiting);
  const { reserveOn, settleOn, countOn } = createMeterWrites(meters, waiting);

  const seen = (scopes: readonly Scope[]): readonly Meter[] =>
    scopes.flatMap((scope) => {
      const meter = meters.seen(scope);
      return meter === undefined ? [] : [meter];
    });

  /**
   * The meters, from memory where that will do. Memory may admit, for the condition checks it; it must not deny, nor
   * say that a request is in already.
   */
  const look = async (scopes: readonly Scope[], ask: ReserveAsk): Promise<Looked> => {
    const remembered = new Map(seen(scopes).map((meter) => [meter.scope, meter]));
    const doubtful = scopes.filter((scope) => {
      const meter = remembered.get(scope);
      return meter === undefined || meter.open.includes(ask.marker) || findDenials(meter, ask).length > 0;
    });
    const fresh = await meters.read(doubtful);
    const known = [...[...remembered.values()].filter(({ scope }) => !doubtful.includes(scope)), ...fresh];
    const isFresh = (meter: Meter): boolean => fresh.includes(meter);
    const denials = fresh.flatMap((meter) => (meter.open.includes(ask.marker) ? [] : findDenials(meter, ask)));
    return { known, isFresh, denial: worstDenial(denials) };
  };

  /** Scopes that had no limits when they were seen last: asked again, so that a new limit holds from the next request. */
  const reserveUnlimited = async (scopes: readonly Scope[], ask: ReserveAsk): Promise<readonly ScopeOutcome[]> => {
    try {
      const now = await meters.read(scopes);
      return await Promise.all(now.map((meter) => reserveOn(meter, ask)));
    } catch (error) {
      return [{ kind: 'failed', error }];
    }
  };

  /**
   * Undoes a reservation that did not become whole. Where a write may yet arrive, or cannot be undone now, the record
   * stays, says that the request was not sent, and upkeep does the rest. A failure here changes nothing for the caller.
   */
  const giveBack = async (request: ReserveRequest, ask: ReserveAsk, { reserved, failures, attempted }: Sorted) => {
    const { marker, tokens, costNano, nowMs } = ask;
    const cancel = async () => {
      const charged = [...reserved, ...attempted];
      const decision = { tokens: 0, costNano: 0, reserved: charged, cancelled: true };
      await Promise.allSettled([records.decide(request, decision)]);
    };
    const all = { marker, reservedNano: costNano, requests: -1, tokens: -tokens, nano: -costNano, nowMs };
    if (failures.length > 0) await cancel();
    const undone = await Promise.allSettled(reserved.map((charged) => settleOn(charged, all)));
    if (failures.length > 0) return;
    if (undone.some(({ status }) => status === 'rejected')) await cancel();
    else await Promise.allSettled([records.close(request)]);
  };

  return {
    async room(scopes, nowMs) {
      await meters.read(
        scopes.filter((scope) => {
          const meter = meters.seen(scope);
          return meter === undefined || isNearlySpent(meter, nowMs);
        }),
      );
      return roomOf(seen(scopes), nowMs);
    },

    hasBudget(scopes) {
      const known = seen(scopes);
      if (known.some(({ limits }) => limits.budget_day_usd !== undefined || limits.budget_month_usd !== undefined)) {
        return true;
      }
      return known.length < new Set(scopes).size ? undefined : false;
    },

    async reserve(request) {
      const scopes = [...new Set(request.scopes)];
      const { requestId, nowMs, expiresAtMs, tokens, costNano } = request;
      const ask: ReserveAsk = { marker: formatMarker(requestId, expiresAtMs), nowMs, tokens, costNano };
      const deny = (denial: Denial) =>
        ({ outcome: 'denied', denial, limits: rateLimitsOf(seen(scopes), nowMs) }) as const;

      const { known, isFresh, denial: early } = await look(scopes, ask);
      // Before anything is written: a client that hammers an empty meter costs one read a request.
      if (early !== undefined) return deny(early);
      const asked = known.filter((meter) => isLimited(meter) || isFresh(meter));
      const doubted = known.filter((meter) => !asked.includes(meter)).map((meter) => meter.scope);
      const [opened, ...tried] = await Promise.all([
        records.open(request).then(
          () => [],
          (error: unknown) => [error],
        ),
        reserveUnlimited(doubted, ask),
        ...asked.map(async (meter) => [await reserveOn(meter, ask)]),
      ]);
      const sorted = sort(tried.flat(), scopes);
      const { reserved, counted } = sorted;
      const denial = worstDenial(sorted.denials);
      const failed = [...opened, ...sorted.failures];
      if (failed.length > 0 || denial !== undefined) await giveBack(request, ask, sorted);
      if (failed.length > 0) throw failed[0];
      if (denial !== undefined) return deny(denial);
      return {
        outcome: 'admitted',
        reservation: { requestId, nowMs, expiresAtMs, tokens, costNano, reserved, counted },
        limits: rateLimitsOf(seen(scopes), nowMs),
      };
    },

    async settle(reservation, actual, nowMs, log = async () => undefined) {
      // First of all: from here on whoever finishes this, and however often, applies the same figures.
      const { reserved, counted } = reservation;
      const decided = await records.decide(reservation, { ...actual, reserved, cancelled: false });
      if (decided === undefined) return;
      const marker = formatMarker(reservation.requestId, reservation.expiresAtMs);
      const correction = {
        marker,
        reservedNano: reservation.costNano,
        requests: 0,
        tokens: decided.tokens - reservation.tokens,
        nano: decided.costNano - reservation.costNano,
        nowMs,
      };
      const count = { marker, costNano: decided.costNano, atMs: reservation.nowMs };
      await allOf([
        log(),
        ...reserved.map((charged) => settleOn(charged, correction)),
        ...counted.map((scope) => countOn(scope, count)),
      ]);
      await records.close(reservation);
    },
  };
}

interface Sorted {
  readonly reserved: readonly ReservedScope[];
  readonly counted: readonly Scope[];
  readonly denials: readonly Denial[];
  readonly failures: readonly unknown[];
  /** What the failed may have charged. */
  readonly attempted: readonly ReservedScope[];
}

/** In the order of the scopes, not of the answers. */
function sort(outcomes: readonly ScopeOutcome[], scopes: readonly Scope[]): Sorted {
  const reserved = outcomes.flatMap((outcome) => (outcome.kind === 'reserved' ? [outcome.reserved] : []));
  const counted = outcomes.flatMap((outcome) => (outcome.kind === 'counted' ? [outcome.scope] : []));
  return {
    reserved: scopes.flatMap((scope) => reserved.filter((charged) => charged.scope === scope)),
    counted: scopes.filter((scope) => counted.includes(scope)),
    denials: outcomes.flatMap((outcome) => (outcome.kind === 'denied' ? [outcome.denial] : [])),
    failures: outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.error] : [])),
    attempted: outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? (outcome.attempted ?? []) : [])),
  };
}

interface Looked {
  readonly known: readonly Meter[];
  /** Read just now, not remembered. */
  readonly isFresh: (meter: Meter) => boolean;
  /** By a meter that was read just now. */
  readonly denial: Denial | undefined;
}

/** Waits for all of them, then fails if one did: what goes on behind an error's back could not be told from it. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
