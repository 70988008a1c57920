/**
 * What a provider lets us send is a meter like any other: `provider:P` and `provider:P/model`. It is reserved for each
 * attempt, because each may go somewhere else; a provider that is full by its meter is passed over as if it had said so.
 */
import { GatewayError } from '../core/errors.ts';
import type { Reservation, ReserveResult, Scope, UpstreamTarget } from '../core/ports.ts';
import { totalTokens } from '../core/usage.ts';
import { totalsOf } from './build-row.ts';
import type { Gateway } from './gateway.ts';
import { type AttemptTrace, passOver, type Trace } from './trace.ts';
import { type Waiting, waitForRoom } from './wait-for-room.ts';

export function providerScopes({ provider, model }: UpstreamTarget): readonly Scope[] {
  return [`provider:${provider}`, `provider:${provider}/${model}`];
}

export interface CapacityInput {
  readonly gateway: Gateway;
  readonly trace: Trace;
  /** What the meters are charged until the attempt is over. */
  readonly tokens: number;
  readonly costNano: number;
  readonly expiresAtMs: number;
  /** How room is waited for where no other target of these is left. @default - not at all */
  readonly waiting?: Waiting & { readonly targets: readonly UpstreamTarget[]; readonly deadlineMs: number };
}

/** In the record of such a reservation: the request has another one, and its row is written with that. */
export const CAPACITY_PART = 'capacity';

/** Makes the attempt where the provider's meters have room; throws `upstream-throttled` where they have none. */
export function withinCapacity(input: CapacityInput) {
  const { gateway, trace, tokens, costNano, expiresAtMs, waiting } = input;
  const asked = new Set<UpstreamTarget>();
  let tries = 0;
  return async <Answer>(
    target: UpstreamTarget,
    attempt: (target: UpstreamTarget) => Promise<Answer>,
  ): Promise<Answer> => {
    const scopes = providerScopes(target);
    // The first target's meters have been looked at with the caller's; after a failure one more round trip is nothing.
    tries += 1;
    asked.add(target);
    const reservation = tries > 1 || gateway.ledger.isLimited(scopes) ? await reserve(target, scopes) : undefined;
    if (reservation === undefined) return attempt(target);
    const before = trace.attempts.length;
    try {
      return await attempt(target);
    } finally {
      // None where nothing came to be sent, several where it was asked in parts, or again unstreamed. Streams go on.
      const made = trace.attempts.slice(before);
      trace.after.push(() => settle(reservation, made));
    }
  };

  /** Undefined where nobody knows whether there is room. */
  async function reserve(target: UpstreamTarget, scopes: readonly Scope[]): Promise<Reservation | undefined> {
    const requestId = `${trace.requestId}~${tries}`;
    const about = { part: CAPACITY_PART };
    const ask = (): Promise<ReserveResult> =>
      gateway.ledger.reserve({
        requestId,
        scopes,
        nowMs: gateway.clock.now(),
        expiresAtMs,
        tokens,
        costNano,
        about,
      });
    const isLast = waiting?.targets.every((each) => asked.has(each) || trace.passedOver.has(each)) === true;
    const result = await (isLast ? waitForRoom({ ...waiting, gateway, trace, scopes }, ask) : ask()).catch(
      (error: unknown) => {
        if (waiting?.signal.aborted === true) throw error;
        // The caller is metered, or is allowed not to be: that nobody knows how busy a provider is stops no request.
        gateway.report('warn', "A provider's meters do not answer.", { requestId, reason: String(error) });
      },
    );
    if (result === undefined) return undefined;
    if (result.outcome === 'denied') {
      const { scope, limit, retryAfterMs } = result.denial;
      passOver(trace, {
        target,
        reason: 'capacity',
        ...(retryAfterMs === undefined ? {} : { untilMs: gateway.clock.now() + retryAfterMs }),
      });
      throw new GatewayError('upstream-throttled', `The limit ${limit} of ${scope} is reached.`, {
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
    }
    return result.reservation;
  }

  async function settle(reservation: Reservation, made: readonly AttemptTrace[]): Promise<void> {
    const { usage, costNano: spent } = totalsOf(made);
    const actual = { tokens: totalTokens(usage), costNano: spent };
    await gateway.ledger.settle(reservation, actual, gateway.clock.now()).catch((error: unknown) => {
      gateway.report('error', "A provider's meters could not be settled; upkeep will.", {
        requestId: reservation.requestId,
        reason: String(error),
      });
    });
  }
}
