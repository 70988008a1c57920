/** The bytes of an answer on their way out: collected while nothing waits, compressed where the fault says so. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { FaultPlan } from './faults.ts';

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
  { gzip = false, splitCharacters = false }: Pick<FaultPlan, 'gzip' | 'splitCharacters'>,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Output {
  response.writeHead(status, gzip ? { ...headers, 'content-encoding': 'gzip' } : headers);
  if (splitCharacters) response.socket?.setNoDelay(true);
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
      if (splitCharacters) return writeSplit(response, Buffer.from(text, encoding));
      return new Promise((resolve) => (zipper ?? response).write(text, encoding, () => resolve()));
    },
    end: () => {
      if (pending === '') (zipper ?? response).end();
      else if (splitCharacters) void writeSplit(response, Buffer.from(pending, encoding)).then(() => response.end());
      else (zipper ?? response).end(pending, encoding);
    },
    cut: () => {
      response.destroy();
    },
  };
}

/** Each piece ends behind the first byte of a character, or within a binary frame. */
async function writeSplit(response: ServerResponse, bytes: Buffer): Promise<void> {
  let from = 0;
  for (let at = 1; at < bytes.length; at += 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80 || ((bytes[at - 1] ?? 0) & 0xc0) !== 0xc0 || response.destroyed) continue;
    await new Promise<void>((resolve) => response.write(bytes.subarray(from, at), () => resolve()));
    await turn();
    from = at;
  }
  if (!response.destroyed) response.write(bytes.subarray(from));
}
