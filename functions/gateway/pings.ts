/** Keeps a silent stream alive: idle hops cut a connection after 30 to 60 s, and a model may think for longer. */

import type { StreamFormat } from './chat-attempt.ts';

/** An SSE comment: every SDK skips it. */
export const PING = ': ping\n\n';

/** In an array of JSON, a blank line is one. */
export const pingOf = (format: StreamFormat): string => (format === 'json-array' ? '\n' : PING);

/** `stop` is called when nobody reads on: it must end what `source` waits for, or closing would wait for it too. */
export async function* withPings(
  source: AsyncIterator<string>,
  intervalMs: number,
  ping: string,
  stop: () => void,
): AsyncGenerator<string> {
  let over = false;
  let next = source.next();
  // Awaited below; but between two turns of the loop nobody listens, and a rejection must not go unhandled.
  next.catch(() => {});
  try {
    for (;;) {
      const result = await orSilence(next, intervalMs);
      if (result === 'silence') {
        yield ping;
        continue;
      }
      if (result.done === true) {
        over = true;
        return;
      }
      yield result.value;
      next = source.next();
      next.catch(() => {});
    }
  } finally {
    if (!over) stop();
    await source.return?.();
  }
}

async function orSilence<T>(promise: Promise<T>, milliseconds: number): Promise<T | 'silence'> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(() => resolve('silence'), milliseconds);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
