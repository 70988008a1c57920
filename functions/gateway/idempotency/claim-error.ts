import { GatewayError } from '../../core/errors.ts';
import type { Claim } from '../../core/ports.ts';

const LEAST_MS = 1_000;
const MOST_MS = 10_000;

/** Why a request that found its idempotency key taken does not run. */
export function claimError(claim: Exclude<Claim, { outcome: 'claimed' }>, nowMs: number): GatewayError {
  switch (claim.outcome) {
    case 'mismatch':
      return new GatewayError(
        'idempotency-mismatch',
        'This idempotency key was used for another request. Use a new key for each request, and the same one only to repeat it.',
        { param: 'Idempotency-Key' },
      );
    case 'not-kept':
      return new GatewayError(
        'conflict',
        'The request with this idempotency key was answered, but the answer was too large to be kept. Use a new key to ask again.',
        { param: 'Idempotency-Key' },
      );
    case 'answered':
      return new GatewayError('conflict', 'The request with this idempotency key was answered already.');
    case 'running': {
      // As long again as it has run: a repeat that comes back finds it done, mostly, and none comes back often.
      const asLongMs = Math.min(MOST_MS, Math.max(LEAST_MS, nowMs - claim.startedAtMs));
      return new GatewayError('conflict', 'The request with this idempotency key is still running.', {
        param: 'Idempotency-Key',
        retryAfterMs: Math.max(LEAST_MS, Math.min(asLongMs, claim.untilMs - nowMs)),
      });
    }
  }
}
