/**
 * Requests over kept connections, so many at once. On undici's `dispatch`, its lowest level: what the client itself
 * costs is added to both sides of every ratio, and pulls it towards 1.
 */
import { Pool } from 'undici';

export interface LoadOptions {
  readonly concurrency: number;
  /** The round ends at whichever comes first. */
  readonly maxRequests: number;
  readonly maxMs: number;
}

export interface Sample {
  readonly requests: number;
  readonly perSecond: number;
  /** From the sending of each request to the first byte of its body. */
  readonly firstByteMs: readonly number[];
}

export interface LoadTarget {
  round(options: LoadOptions): Promise<Sample>;
  /** One request; gives the body. */
  once(): Promise<string>;
  close(): Promise<void>;
}

export interface LoadTargetOptions {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** What every good answer contains: an answer without it ends the benchmark. */
  readonly expect: string;
}

export function createLoadTarget(options: LoadTargetOptions): LoadTarget {
  const { origin, pathname } = new URL(options.url);
  const pool = new Pool(origin, { connections: 64, pipelining: 1 });

  function send(): Promise<{ readonly body: string; readonly firstByteMs: number }> {
    const sentAt = performance.now();
    let firstByteMs = 0;
    let status = 0;
    const chunks: Buffer[] = [];
    return new Promise((resolve, reject) => {
      pool.dispatch(
        {
          method: 'POST',
          path: pathname,
          headers: { 'content-type': 'application/json', ...options.headers },
          body: options.body,
        },
        {
          onRequestStart() {},
          onResponseStart(_, statusCode) {
            status = statusCode;
          },
          onResponseData(_, chunk) {
            if (firstByteMs === 0) firstByteMs = performance.now() - sentAt;
            chunks.push(chunk);
          },
          onResponseEnd() {
            const body = Buffer.concat(chunks).toString('utf8');
            if (status === 200 && body.includes(options.expect)) resolve({ body, firstByteMs });
            else reject(new Error(`${options.url} answered with status ${status}: ${body.slice(0, 500)}`));
          },
          onResponseError(_, error) {
            reject(error);
          },
        },
      );
    });
  }

  return {
    once: async () => (await send()).body,
    async round({ concurrency, maxRequests, maxMs }) {
      const firstByteMs: number[] = [];
      let started = 0;
      const startedAt = performance.now();
      const work = async (): Promise<void> => {
        while (started < maxRequests && performance.now() - startedAt < maxMs) {
          started += 1;
          firstByteMs.push((await send()).firstByteMs);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      const seconds = (performance.now() - startedAt) / 1000;
      return { requests: firstByteMs.length, perSecond: firstByteMs.length / seconds, firstByteMs };
    },
    close: () => pool.close(),
  };
}
