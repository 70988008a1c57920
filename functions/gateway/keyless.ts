/**
 * Providers that have no key: nobody has set their secret yet, or it cannot be read. As long as the failed look-up is
 * remembered they are left out of plans; then a request looks again. The log names each once a minute.
 */
import { createBoundedMap } from '../adapters/bounded-map.ts';
import type { SecretFailures } from '../adapters/secret-store.ts';
import type { Clock, UpstreamTarget } from '../core/ports.ts';
import type { Gateway } from './gateway.ts';

export interface Keyless {
  has(target: Pick<UpstreamTarget, 'config'>): boolean;
  /** Where it is one: once a minute. */
  warn(target: UpstreamTarget): void;
}

export interface KeylessOptions {
  readonly secrets: SecretFailures;
  readonly clock: Clock;
  readonly report: Gateway['report'];
}

const AGAIN_MS = 60_000;
/** As many as a configuration names. */
const REMEMBERED = 1_000;

export function createKeyless({ secrets, clock, report }: KeylessOptions): Keyless {
  const warned = createBoundedMap<string, number>(REMEMBERED);
  const failureOf = ({ config: { secret } }: Pick<UpstreamTarget, 'config'>) =>
    secret === undefined ? undefined : secrets.failure(secret);

  return {
    has: (target) => failureOf(target) !== undefined,
    warn(target) {
      const failure = failureOf(target);
      const nowMs = clock.now();
      if (failure === undefined || nowMs < (warned.get(target.provider) ?? 0) + AGAIN_MS) return;
      warned.set(target.provider, nowMs);
      report('warn', 'A provider is left out: it has no key.', {
        metric: 'ProviderKeyMissing',
        provider: target.provider,
        secret: target.config.secret,
        reason: failure.message,
      });
    },
  };
}
