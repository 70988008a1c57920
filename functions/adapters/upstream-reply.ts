/** A provider's answer, whatever sent the request: its body is read once, as one text or as frames. */
import type { Readable } from 'node:stream';
import type { Frame, Framing } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';
import type { UpstreamReply } from '../core/ports.ts';
import { createEventStreamFramer } from '../framing/aws-event-stream.ts';
import { createSseFramer } from '../framing/sse.ts';
import { decompress } from './decompress.ts';
import { bodyError } from './upstream-error.ts';

/** Answers that are not streamed, and errors, are held in memory: this is the most that one may be. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

interface Framer {
  push(chunk: Uint8Array): readonly Frame[];
  end(): readonly Frame[];
}

const FRAMERS: { readonly [F in Framing]: () => Framer } = {
  sse: createSseFramer,
  'aws-event-stream': createEventStreamFramer,
};

export interface RawReply {
  readonly provider: string;
  readonly status: number;
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Readable;
  /** How the body is read, where that is more than to read it; it is not decompressed yet. */
  readonly chunks?: (body: Readable) => AsyncIterable<unknown>;
}

export function createReply({ provider, status, headers, body, chunks }: RawReply): UpstreamReply {
  const read = (): AsyncIterable<unknown> => {
    const plain = decompress(body, headers['content-encoding']);
    return chunks === undefined ? plain : chunks(plain);
  };
  return {
    status,
    headers,
    async text() {
      const pieces: Buffer[] = [];
      let size = 0;
      try {
        for await (const chunk of read()) {
          size += (chunk as Buffer).length;
          if (size > MAX_BODY_BYTES)
            throw new GatewayError('upstream-malformed', `The provider's answer is over ${MAX_BODY_BYTES} bytes.`);
          pieces.push(chunk as Buffer);
        }
      } catch (error) {
        throw bodyError(provider, error);
      }
      return Buffer.concat(pieces).toString('utf8');
    },
    async *frames(framing: Framing): AsyncGenerator<Frame> {
      const framer = FRAMERS[framing]();
      try {
        for await (const chunk of read()) yield* framer.push(chunk as Buffer);
        yield* framer.end();
      } catch (error) {
        throw bodyError(provider, error);
      }
    },
    cancel() {
      // A body destroyed before its end emits an error that nobody is left to handle.
      body.on('error', () => {});
      body.destroy();
    },
  };
}
