import type { ClientCodec, ProviderCodec } from '../../core/codec.ts';
import type { EmbeddingsCodec } from '../../core/embeddings.ts';
import { decodeError, encodeError } from '../../core/openai-error.ts';
import { decodeEmbeddings } from './decode-embeddings.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeEmbeddings } from './encode-embeddings.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createEncoder } from './encode-stream.ts';
import { createFolder } from './fold-frames.ts';
import { forwardRequest } from './forward-request.ts';
import { keepFrame } from './keep-frame.ts';
import { DONE } from './wire.ts';

export const openaiChatClient: ClientCodec = {
  dialect: 'openai-chat',
  decodeRequest,
  encodeResponse,
  createEncoder,
  encodeError,
  keepFrame,
  closing: `data: ${DONE}\n\n`,
};

export const openaiChatProvider: ProviderCodec = {
  dialect: 'openai-chat',
  framing: 'sse',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  createFolder,
  decodeError,
};

export const openaiEmbeddings: EmbeddingsCodec = { encode: encodeEmbeddings, decode: decodeEmbeddings };

export { decodeEmbeddingsRequest } from './decode-embeddings-request.ts';
export { encodeEmbeddingsResponse } from './encode-embeddings-response.ts';
