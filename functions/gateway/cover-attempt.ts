import { toGatewayError } from '../core/errors.ts';
import type { Reservation, UpstreamTarget } from '../core/ports.ts';
import type { Gateway } from './gateway.ts';
import type { Trace } from './trace.ts';

/** Whether the caller's budgets pay for one more attempt, on top of what former attempts have cost. */
export interface Cover {
  /** From memory: false where it is known that they do not. */
  pays(target: UpstreamTarget, spentNano: number): boolean;
  /** Before an attempt: reserves what is missing for it. False where a budget has no room, and `pays` says so from then on. */
  cover(target: UpstreamTarget, spentNano: number): Promise<boolean>;
}

export const UNLIMITED: Cover = { pays: () => true, cover: async () => true };

export interface CoverInput {
  readonly gateway: Gateway;
  readonly trace: Trace;
  /** The most that an attempt can cost; undefined where it has no price. */
  readonly worstNano: (target: UpstreamTarget) => number | undefined;
}

/** What was reserved pays for one attempt. A further one is rare: it costs a round trip or two, and only then. */
export function createCover({ gateway, trace, worstNano }: CoverInput): Cover {
  let isRefused = false;
  const missing = (target: UpstreamTarget, spentNano: number): number => {
    if (spentNano === 0) return 0;
    const worst = worstNano(target) ?? Number.POSITIVE_INFINITY;
    return Math.max(0, spentNano + worst - reservedNano(trace.reservation));
  };
  const isPossible = (nano: number): boolean => nano === 0 || (!isRefused && Number.isFinite(nano));

  return {
    pays: (target, spentNano) => isPossible(missing(target, spentNano)),

    async cover(target, spentNano) {
      const nano = missing(target, spentNano);
      const { reservation } = trace;
      if (nano === 0 || reservation === undefined || !isPossible(nano)) return isPossible(nano);
      const extended = await gateway.ledger.extend(reservation, nano).catch((thrown: unknown) => {
        const { kind, message } = toGatewayError(thrown);
        const { requestId } = trace;
        gateway.report('warn', 'A further attempt could not be reserved for.', { requestId, kind, reason: message });
      });
      isRefused = extended === undefined;
      trace.reservation = extended ?? reservation;
      return !isRefused;
    },
  };
}

/** In all; 0 where nothing is. */
export const reservedNano = (reservation: Reservation | undefined): number =>
  reservation === undefined ? 0 : reservation.raises.reduce((sum, nano) => sum + nano, reservation.costNano);
