/** Whose fault an error is, for the health of targets: what a caller did, or a key, says nothing bad of a target. */
import type { ErrorKind } from './errors.ts';

/**
 * - `target`: it is broken, slow or overloaded, whoever asks.
 * - `key`: it refuses the key, or this much of it. Where that leaves no key, the target is of no use for a while.
 * - `caller`: it has answered; what it says of the request is no failure of its own.
 * - `nobody`: it was not asked, or nobody knows how it would have ended.
 */
export type Blame = 'target' | 'key' | 'caller' | 'nobody';

export const BLAME: { readonly [K in ErrorKind]: Blame } = {
  'upstream-overloaded': 'target',
  'upstream-error': 'target',
  'upstream-unreachable': 'target',
  'upstream-timeout': 'target',
  'upstream-truncated': 'target',
  'upstream-malformed': 'target',
  'upstream-unauthorized': 'key',
  'upstream-throttled': 'key',
  'upstream-quota': 'key',
  'invalid-request': 'caller',
  'unsupported-parameter': 'caller',
  'context-length': 'caller',
  'content-refused': 'caller',
  'too-large': 'caller',
  'unsupported-media-type': 'caller',
  // Each key sees its own models: that this one is not among them says nothing of those that are.
  'upstream-not-found': 'caller',
  'not-found': 'caller',
  'upstream-limit': 'caller',
  conflict: 'caller',
  unauthenticated: 'nobody',
  forbidden: 'nobody',
  'unknown-model': 'nobody',
  'method-not-allowed': 'nobody',
  'idempotency-mismatch': 'nobody',
  'rate-limited': 'nobody',
  'budget-exhausted': 'nobody',
  unpriced: 'nobody',
  'ledger-unavailable': 'nobody',
  'no-target': 'nobody',
  deadline: 'nobody',
  misconfigured: 'nobody',
  internal: 'nobody',
};
