/** Listens in on an answer while it goes out. */
import { Readable } from 'node:stream';
import type { HttpResponse } from '../http.ts';

/** More is not kept: it would have to be held in memory, and written in one go. */
export const MOST_BYTES = 5_000_000;

export interface Recording {
  readonly response: HttpResponse;
  /** Undefined until all of it has gone out. */
  body(): Buffer | 'too-large' | undefined;
}

export function recordAnswer(response: HttpResponse): Recording {
  const { body } = response;
  if (typeof body === 'string') {
    const bytes = Buffer.from(body);
    return { response, body: () => (bytes.length > MOST_BYTES ? 'too-large' : bytes) };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let isWhole = false;
  async function* heard(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer | string>) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size <= MOST_BYTES) chunks.push(bytes);
      else chunks.length = 0;
      yield bytes;
    }
    isWhole = true;
  }
  return {
    response: { ...response, body: Readable.from(heard(body), { objectMode: false }) },
    body: () => (!isWhole ? undefined : size > MOST_BYTES ? 'too-large' : Buffer.concat(chunks)),
  };
}
