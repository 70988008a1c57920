import type { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.ts';
import type { UpstreamOptions } from '../core/ports.ts';

/**
 * The chunks of a body, each within so many milliseconds of when it was asked for: a slow reader is not the provider's fault.
 * Whoever stops reading says what becomes of the body.
 */
export async function* withIdleLimit(body: Readable, provider: string, limitMs: () => number): AsyncGenerator<unknown> {
  const chunks = body.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const timer = setTimeout(() => {
        body.destroy(new GatewayError('upstream-timeout', `The provider "${provider}" stopped sending.`));
      }, limitMs());
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

/** Who says at once that an answer will come may still think about it: until it begins, its first token is waited for. */
export function idleLimitOf({ stream, idleMs, firstTokenMs, hasBegun }: UpstreamOptions): () => number {
  return () => (stream && hasBegun?.() === false ? Math.max(idleMs, firstTokenMs) : idleMs);
}
