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
  /** What was sent as credentials: providers quote it in errors, and it must go no further. */
  readonly secret?: string;
  /** How the body is read, where that is more than to read it; it is not decompressed yet. */
  readonly chunks?: (body: Readable) => AsyncIterable<unknown>;
}

/** How much is read behind the end of a stream to keep its connection, and for how long: a handshake costs more. */
const DRAIN_BYTES = 64 * 1024;
const DRAIN_MS = 200;

/** Shorter keys, such as the "none" of a private server, are words that an answer may well contain. */
const LEAST_SECRET = 16;

export function createReply({ provider, status, headers, body, chunks, ...sent }: RawReply): UpstreamReply {
  const secret = sent.secret !== undefined && sent.secret.length >= LEAST_SECRET ? sent.secret : undefined;
  const read = (): AsyncIterable<unknown> => {
    const plain = decompress(body, headers['content-encoding']);
    // Who stops reading says with `drain` or `cancel` what becomes of the connection.
    return chunks === undefined ? plain.iterator({ destroyOnReturn: false }) : chunks(plain);
  };
  const redact = (text: string): string =>
    secret !== undefined && text.includes(secret) ? text.replaceAll(secret, '[redacted]') : text;
  const cancel = (): void => {
    // A body destroyed before its end emits an error that nobody is left to handle.
    body.on('error', () => {});
    body.destroy();
  };
  const redactFrame = (frame: Frame): Frame =>
    secret === undefined || !frame.raw.includes(secret)
      ? frame
      : { ...frame, data: redact(frame.data), raw: redact(frame.raw) };
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
      return redact(Buffer.concat(pieces).toString('utf8'));
    },
    async *frames(framing: Framing): AsyncGenerator<Frame> {
      const framer = FRAMERS[framing]();
      try {
        for await (const chunk of read()) yield* framer.push(chunk as Buffer).map(redactFrame);
        yield* framer.end().map(redactFrame);
      } catch (error) {
        throw bodyError(provider, error);
      }
    },
    cancel,
    async drain() {
      if (body.readableEnded || body.destroyed) return;
      body.on('error', () => {});
      let left = DRAIN_BYTES;
      body.on('data', (chunk: Buffer) => {
        left -= chunk.length;
        if (left < 0) body.destroy();
      });
      const timer = setTimeout(cancel, DRAIN_MS);
      await new Promise<void>((resolve) => body.once('close', resolve));
      clearTimeout(timer);
    },
  };
}
