import type { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.ts';

/** The chunks of a body, each within so many milliseconds of when it was asked for: a slow reader is not the provider's fault. */
export async function* withIdleLimit(body: Readable, provider: string, idleMs: number): AsyncGenerator<unknown> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => {
        body.destroy(new GatewayError('upstream-timeout', `The provider "${provider}" stopped sending.`));
      }, idleMs);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}
