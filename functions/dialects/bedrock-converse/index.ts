import type { ProviderCodec } from '../../core/codec.ts';
import type { EmbeddingsCodec } from '../../core/embeddings.ts';
import { decodeEmbeddings } from './decode-embeddings.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { embeddingModel } from './embedding-models.ts';
import { encodeEmbeddings } from './encode-embeddings.ts';
import { encodeRequest, forwardRequest } from './encode-request.ts';
import { DIALECT } from './wire.ts';

export const bedrockConverseProvider: ProviderCodec = {
  dialect: DIALECT,
  framing: 'aws-event-stream',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  decodeError,
};

export const bedrockEmbeddings: EmbeddingsCodec = {
  maxInputs: (model) => embeddingModel(model).maxInputs,
  encode: encodeEmbeddings,
  decode: decodeEmbeddings,
};
