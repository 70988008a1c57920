/**
 * AWS event stream, bytes to frames: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
 *
 * A message is its length, the length of its headers, a checksum of these two, headers, payload, and a checksum of it all;
 * numbers are big-endian, checksums CRC-32. A pure push parser, as the one for server-sent events: however the bytes are
 * cut, the frames are the same. What Bedrock sends in it is JSON, under the name in `:event-type`.
 */
import type { Frame } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';

export interface EventStreamFramer {
  push(chunk: Uint8Array): readonly Frame[];
  /** Throws `upstream-truncated` where the bytes ended inside of a message. */
  end(): readonly Frame[];
}

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
/** The format's own bound is 16 MB of payload and 128 kB of headers. */
const MAX_MESSAGE_BYTES = 24 * 1024 * 1024;

const UTF8 = new TextDecoder();

export function createEventStreamFramer(): EventStreamFramer {
  let chunks: Uint8Array[] = [];
  let size = 0;
  /** Of the message that is coming in, once its first bytes are here. */
  let wanted = PRELUDE_BYTES;

  /** Bytes are joined once a message is complete: joining at each chunk is quadratic in its length. */
  function take(): Uint8Array {
    const [first, ...rest] = chunks;
    if (first !== undefined && rest.length === 0) return first;
    const joined = new Uint8Array(size);
    let offset = 0;
    for (const chunk of chunks) {
      joined.set(chunk, offset);
      offset += chunk.length;
    }
    return joined;
  }

  return {
    push(chunk) {
      if (chunk.length === 0) return [];
      chunks.push(chunk);
      size += chunk.length;
      if (size < wanted) return [];
      const bytes = take();
      const frames: Frame[] = [];
      let start = 0;
      wanted = PRELUDE_BYTES;
      while (bytes.length - start >= PRELUDE_BYTES) {
        wanted = readLength(bytes, start);
        if (bytes.length - start < wanted) break;
        frames.push(readMessage(bytes.subarray(start, start + wanted)));
        start += wanted;
        wanted = PRELUDE_BYTES;
      }
      chunks = start === bytes.length ? [] : [bytes.subarray(start)];
      size = bytes.length - start;
      return frames;
    },
    end() {
      if (size === 0) return [];
      throw new GatewayError('upstream-truncated', 'The stream ended in the middle of an event');
    },
  };
}

function readLength(bytes: Uint8Array, start: number): number {
  const view = viewOf(bytes.subarray(start, start + PRELUDE_BYTES));
  const length = view.getUint32(0);
  if (view.getUint32(8) !== crc32(bytes.subarray(start, start + 8))) throw malformed('a wrong checksum of its length');
  if (length > MAX_MESSAGE_BYTES || length < PRELUDE_BYTES + view.getUint32(4) + CHECKSUM_BYTES) {
    throw malformed(`the impossible length ${length}`);
  }
  return length;
}

function readMessage(message: Uint8Array): Frame {
  const end = message.length - CHECKSUM_BYTES;
  const view = viewOf(message);
  if (view.getUint32(end) !== crc32(message.subarray(0, end))) throw malformed('a wrong checksum');
  const headersEnd = PRELUDE_BYTES + view.getUint32(4);
  const headers = readHeaders(message.subarray(PRELUDE_BYTES, headersEnd));
  const payload = UTF8.decode(message.subarray(headersEnd, end));
  const of = (name: string): string => headers.get(name) ?? '';
  switch (headers.get(':message-type')) {
    case 'exception':
      return { event: of(':exception-type'), data: payload, raw: '' };
    case 'error': {
      // Has no payload: what it says is in its headers. Its code is `InternalFailure`, `ThrottlingException`, …
      const event = /(exception|error)$/i.test(of(':error-code')) ? of(':error-code') : `${of(':error-code')}Error`;
      return { event, data: JSON.stringify({ message: of(':error-message') }), raw: '' };
    }
    default:
      return { event: of(':event-type'), data: payload, raw: '' };
  }
}

/** Sizes of values by type; 6 (bytes) and 7 (text) say theirs themselves. */
const SIZES: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const TEXT = 7;

/** All text headers. Those of other types are stepped over: Bedrock sends none that matter. */
function readHeaders(bytes: Uint8Array): ReadonlyMap<string, string> {
  const view = viewOf(bytes);
  const headers = new Map<string, string>();
  let at = 0;
  try {
    while (at < bytes.length) {
      const nameEnd = at + 1 + view.getUint8(at);
      const name = UTF8.decode(bytes.subarray(at + 1, nameEnd));
      const type = view.getUint8(nameEnd);
      const fixed = SIZES[type];
      const start = nameEnd + (fixed === undefined ? 3 : 1);
      const length = fixed ?? view.getUint16(nameEnd + 1);
      if (type >= SIZES.length || start + length > bytes.length) throw malformed('headers that make no sense');
      if (type === TEXT) headers.set(name, UTF8.decode(bytes.subarray(start, start + length)));
      at = start + length;
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw malformed('headers that are cut off', cause);
    throw cause;
  }
  return headers;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream-malformed', `The provider sent an event with ${what}`, { cause });
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The one of zlib, whose module a pure layer does not have: an event is a few hundred bytes, and takes a microsecond. */
function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (CRC_TABLE[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}
