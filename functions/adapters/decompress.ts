import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { GatewayError } from '../core/errors.ts';

// SYNC_FLUSH: a stream's tokens must come out as they come in, not when the compressor's window is full.
const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

const DECODERS: { readonly [encoding: string]: () => Transform } = {
  gzip: () => createGunzip(flush),
  'x-gzip': () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress(),
};

/** The body as it was before `content-encoding`. We ask for `identity`, but some servers compress all the same. */
export function decompress(body: Readable, contentEncoding: string | undefined): Readable {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return body;
  const decoder = DECODERS[encoding]?.();
  if (decoder === undefined) {
    throw new GatewayError(
      'upstream-malformed',
      `The provider answered with the unknown content-encoding "${encoding}".`,
    );
  }
  // Errors reach the reader through `decoder`, which pipeline destroys with them.
  return pipeline(body, decoder, () => {}) as Transform;
}
