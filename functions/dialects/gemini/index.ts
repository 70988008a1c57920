import type { ClientCodec, ProviderCodec } from '../../core/codec.ts';
import type { EmbeddingsCodec } from '../../core/embeddings.ts';
import { decodeEmbeddings } from './decode-embeddings.ts';
import { decodeError } from './decode-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeEmbeddings, MAX_INPUTS } from './encode-embeddings.ts';
import { encodeError } from './encode-error.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createEncoder } from './encode-stream.ts';
import { createFolder } from './fold-frames.ts';
import { forwardRequest } from './forward-request.ts';

export { decodeCountRequest } from './decode-count-request.ts';
export { decodeCountResponse } from './decode-count-response.ts';
export { encodeCountRequest } from './encode-count-request.ts';
export { encodeCountResponse } from './encode-count-response.ts';

export const geminiClient: ClientCodec = {
  dialect: 'gemini',
  decodeRequest,
  encodeResponse,
  createEncoder,
  encodeError,
  // Usage is part of every answer, asked for or not.
  keepFrame: () => true,
  closing: '',
};

export const geminiProvider: ProviderCodec = {
  dialect: 'gemini',
  framing: 'sse',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  createFolder,
  decodeError,
};

export const geminiEmbeddings: EmbeddingsCodec = {
  maxInputs: () => MAX_INPUTS,
  encode: encodeEmbeddings,
  decode: decodeEmbeddings,
};
