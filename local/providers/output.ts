/** The bytes of an answer on their way out: collected while nothing waits, compressed where the fault says so. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { constants, createGzip, type Gzip } from 'node:zlib';

export interface Output {
  write(text: string): void;
  /** Resolves once what was written has left this process. */
  flush(): Promise<void>;
  end(): void;
  /** Breaks the connection; what was flushed arrives. */
  cut(): void;
}

export function createOutput(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  gzip: boolean,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Output {
  response.writeHead(status, gzip ? { ...headers, 'content-encoding': 'gzip' } : headers);
  const zipper: Gzip | undefined = gzip ? createGzip({ flush: constants.Z_SYNC_FLUSH }) : undefined;
  zipper?.pipe(response);
  let pending = '';
  return {
    write: (text) => {
      pending += text;
    },
    flush: () => {
      const text = pending;
      pending = '';
      if (response.destroyed) return Promise.resolve();
      if (text === '') {
        response.flushHeaders(); // Does nothing where they have left already.
        return Promise.resolve();
      }
      // The callback also comes, with an error, where the client has left: `close` on the response tells of that.
      return new Promise((resolve) => (zipper ?? response).write(text, encoding, () => resolve()));
    },
    end: () => {
      if (pending === '') (zipper ?? response).end();
      else (zipper ?? response).end(pending, encoding);
    },
    cut: () => {
      response.destroy();
    },
  };
}
