/**
 * The ledger on DynamoDB. What to write is decided in `ledger/`; here is the order in which it is written.
 *
 * A reservation is one round trip once the meters have been seen: the conditional updates of all scopes that have
 * limits, the record, and one read of the scopes that have none, all at once. docs/data-model.md has the items,
 * docs/decisions/2026-11-23-ledger-layout.md the reasons.
 */
import type { Denial, Ledger, Reservation, ReservedScope, ReserveRequest, Scope } from '../core/ports.ts';
import { worstDenial } from '../ledger/find-denials.ts';
import { formatMarker } from '../ledger/markers.ts';
import { isLimited } from '../ledger/meter.ts';
import type { ReserveAsk } from '../ledger/plan-reserve.ts';
import type { Correction } from '../ledger/plan-settle.ts';
import { isNearlySpent, rateLimitsOf, roomOf } from '../ledger/room.ts';
import { allOf } from './all-of.ts';
import { realWaiting, type Waiting, wasNeverSent } from './dynamo-calls.ts';
import { createMeterStore } from './dynamo-meters.ts';
import { createReservationStore } from './dynamo-reservations.ts';
import { createExtend } from './extend-reservation.ts';
import { createMeterWrites, type ScopeOutcome } from './meter-writes.ts';
import type { TableAccess } from './read-meter-items.ts';
import { createScopeReserves, denialOfView, type Undo } from './reserve-scopes.ts';
import { counters, createScopeViews, type ScopeView } from './scope-views.ts';
import type { WarnHot } from './write-rate.ts';

/** The client has its own retries off: see dynamo-calls.ts. */
export interface DynamoLedgerOptions extends TableAccess {
  readonly waiting?: Waiting;
  /** Told when a meter is written so often that it should have more shards. */
  readonly warnHot?: WarnHot;
}

export function createDynamoLedger({ waiting = realWaiting, warnHot, ...access }: DynamoLedgerOptions): Ledger {
  const meters = createMeterStore(access, waiting, warnHot);
  const records = createReservationStore(access, waiting);
  const writes = createMeterWrites(meters, waiting);
  const { settleOn, countOn } = writes;
  const views = createScopeViews(meters);
  const reserves = createScopeReserves(meters, views, writes, waiting);

  const seen = (scopes: readonly Scope[]): readonly ScopeView[] => scopes.flatMap((scope) => views.seen(scope) ?? []);
  const shardsOf = (scopes: readonly Scope[]) => seen(scopes).map(({ shards }) => shards);

  /**
   * The scopes, from memory where that will do. Memory may admit, for the condition checks it; it must not deny, nor
   * say that a request is in already.
   */
  const look = async (scopes: readonly Scope[], ask: ReserveAsk): Promise<Looked> => {
    const doubtful = scopes.filter((scope) => {
      const view = views.seen(scope);
      if (view === undefined || view.unsettled) return true;
      return view.shards.some(({ open }) => open.includes(ask.marker)) || denialOfView(view, ask) !== undefined;
    });
    const fresh = doubtful.length === 0 ? [] : await reserves.read(doubtful, ask.nowMs);
    const remembered = seen(scopes.filter((scope) => !doubtful.includes(scope)));
    const denial = worstDenial(fresh.flatMap((view) => denialOfView(view, ask) ?? []));
    return { fresh, remembered, denial };
  };

  /**
   * Undoes a reservation that did not become whole. Where a write may yet arrive, or cannot be undone now, the record
   * stays, says that the request was not sent, and upkeep does the rest. A failure here changes nothing for the caller.
   */
  const giveBack = async (request: ReserveRequest, undo: Undo, { reserved, failures, attempted }: Sorted) => {
    const cancel = () => Promise.allSettled([records.cancel(request, [...reserved, ...attempted])]);
    if (failures.length > 0) await cancel();
    const undone = await Promise.allSettled(reserved.map(undo));
    if (failures.length > 0) return;
    if (undone.some(({ status }) => status === 'rejected')) await cancel();
    else await Promise.allSettled([records.close(request)]);
  };

  return {
    async room(scopes, nowMs) {
      const doubtful = scopes.filter((scope) => {
        const view = views.seen(scope);
        return view === undefined || view.unsettled || view.shards.some((meter) => isNearlySpent(meter, nowMs));
      });
      if (doubtful.length > 0) await reserves.read(doubtful, nowMs);
      return roomOf(shardsOf(scopes), nowMs);
    },

    hasBudget(scopes) {
      const known = seen(scopes);
      const isBudgeted = ({ policy: { limits } }: ScopeView): boolean =>
        limits.budget_day_usd !== undefined || limits.budget_month_usd !== undefined;
      if (known.some(isBudgeted)) return true;
      return known.length < new Set(scopes).size ? undefined : false;
    },

    isLimited: (scopes) => scopes.some((scope) => views.seen(scope)?.shards.some(isLimited) ?? true),

    async reserve(request) {
      const scopes = [...new Set(request.scopes)];
      const { requestId, nowMs, expiresAtMs, tokens, costNano } = request;
      const ask: ReserveAsk = { marker: formatMarker(requestId, expiresAtMs), nowMs, tokens, costNano };
      const all = takenBack(request, NONE, nowMs);
      const undo: Undo = (charged) => settleOn(charged, all);
      const limits = () => rateLimitsOf(shardsOf(scopes), nowMs);

      const { fresh, remembered, denial: early } = await look(scopes, ask);
      // Before anything is written: a client that hammers an empty meter costs one read a request.
      if (early !== undefined) return { outcome: 'denied', denial: early, limits: limits() };
      const known = remembered.map(({ scope }) => scope);
      const refreshed = views.refreshPolicies([...known, ...(request.watch ?? [])]);
      // Where all scopes have just been read, nobody waits for it.
      refreshed.catch(() => undefined);
      const [opened, ...outcomes] = await Promise.all([
        records.open(request).then(
          () => [],
          (error: unknown) => [error],
        ),
        ...fresh.map((view) => reserves.reserve(view, ask, undefined, undo)),
        ...remembered.map((view) => reserves.reserve(view, ask, refreshed, undo)),
      ]);
      const sorted = sort(outcomes, scopes);
      const { reserved, counted } = sorted;
      const denial = worstDenial(sorted.denials);
      const failed = [...opened, ...sorted.failures];
      // Of a table that nobody asks there is nothing to take back, and nobody waits for it.
      const written =
        reserved.length + sorted.attempted.length > 0 || opened.length === 0 || !opened.every(wasNeverSent);
      if (written && (failed.length > 0 || denial !== undefined)) await giveBack(request, undo, sorted);
      if (failed.length > 0) throw failed[0];
      if (denial !== undefined) return { outcome: 'denied', denial, limits: limits() };
      return {
        outcome: 'admitted',
        reservation: { requestId, nowMs, expiresAtMs, tokens, costNano, raises: NONE, reserved, counted },
        limits: limits(),
      };
    },

    extend: createExtend(views, reserves, records),

    async cancel(reservation, nowMs) {
      const { reserved } = reservation;
      const decision = { tokens: 0, costNano: 0, reserved, cancelled: true };
      const decided = await records.decide(reservation, decision);
      if (decided === undefined) return;
      const all = takenBack(reservation, decided.raises, nowMs);
      await allOf(reserved.map((charged) => settleOn(charged, all)));
      await records.close(reservation);
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
        raises: decided.raises,
        requests: 0,
        tokens: decided.tokens - reservation.tokens,
        nano: decided.costNano - reservation.costNano,
        nowMs,
      };
      const count = { marker, costNano: decided.costNano, atMs: reservation.nowMs };
      await allOf<unknown>([
        log(),
        ...reserved.map((charged) => settleOn(charged, correction)),
        // Nothing is awaited in between: a failure that nobody waits for yet would end the process.
        counters(views, counted, marker).then((found) => allOf(found.map((meter) => countOn(meter, count)))),
      ]);
      await records.close(reservation);
    },
  };
}

const NONE: readonly number[] = [];

/** What takes a reservation back as if it had never been. */
function takenBack(of: ReserveRequest | Reservation, raises: readonly number[], nowMs: number): Correction {
  const { requestId, expiresAtMs, tokens, costNano } = of;
  const marker = formatMarker(requestId, expiresAtMs);
  return { marker, reservedNano: costNano, raises, requests: -1, tokens: -tokens, nano: -costNano, nowMs };
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
  const reserved = outcomes.flatMap((outcome) => {
    if (outcome.kind === 'reserved') return [outcome.reserved];
    return outcome.kind === 'failed' ? (outcome.charged ?? []) : [];
  });
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
  /** Read just now. */
  readonly fresh: readonly ScopeView[];
  readonly remembered: readonly ScopeView[];
  /** By a scope that was read just now. */
  readonly denial: Denial | undefined;
}
