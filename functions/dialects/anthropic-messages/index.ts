import type { ProviderCodec } from '../../core/codec.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest, forwardRequest } from './encode-request.ts';

export const anthropicMessagesProvider: ProviderCodec = {
  dialect: 'anthropic-messages',
  framing: 'sse',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  decodeError,
};
