import type { ClientCodec, ProviderCodec } from '../../core/codec.ts';
import { decodeError, encodeError } from '../../core/openai-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createEncoder } from './encode-stream.ts';
import { forwardRequest } from './forward-request.ts';
import { keepFrame } from './keep-frame.ts';

export const openaiChatClient: ClientCodec = {
  dialect: 'openai-chat',
  decodeRequest,
  encodeResponse,
  createEncoder,
  encodeError,
  keepFrame,
};

export const openaiChatProvider: ProviderCodec = {
  dialect: 'openai-chat',
  framing: 'sse',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  decodeError,
};
