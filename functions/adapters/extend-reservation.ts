/**
 * More money for a reservation that stands. The record knows of it before any meter does, and each meter says itself
 * whether it has it: so whoever ends the reservation, and after whatever crash or lost answer, ends it exactly.
 *
 * Where one meter has no room, what others have given stays with the reservation until its end, and pays for nothing.
 */
import type { Ledger, Reservation } from '../core/ports.ts';
import { formatMarker } from '../ledger/markers.ts';
import { planRaise } from '../ledger/plan-raise.ts';
import { allOf } from './all-of.ts';
import type { ReservationStore } from './dynamo-reservations.ts';
import type { ScopeReserves } from './reserve-scopes.ts';
import type { ScopeViews } from './scope-views.ts';

export function createExtend(views: ScopeViews, reserves: ScopeReserves, records: ReservationStore): Ledger['extend'] {
  return async (reservation, moreNano) => {
    const { requestId, expiresAtMs, reserved, raises } = reservation;
    const extended: Reservation = { ...reservation, raises: [...raises, moreNano] };
    const raise = { marker: formatMarker(requestId, expiresAtMs), index: raises.length, nano: moreNano };
    // As they are now: memory must not deny, and where there is no room nothing is written.
    const found = await views.read(reserved.map(({ scope }) => scope));
    const places = reserved.flatMap((charged) => {
      const view = found.find(({ scope }) => scope === charged.scope);
      const meter = view?.unsettled === false ? view.shards[charged.shard] : undefined;
      if (view === undefined || meter === undefined) return [];
      return planRaise(meter, charged, raise) === 'no-room' ? [] : [{ view, meter, charged }];
    });
    if (places.length < reserved.length) return undefined;
    if (!(await records.raise(extended))) return undefined;
    const given = await allOf(places.map(({ view, meter, charged }) => reserves.raise(view, meter, charged, raise)));
    return given.every(Boolean) ? extended : undefined;
  };
}
