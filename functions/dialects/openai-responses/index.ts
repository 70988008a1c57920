import type { ClientCodec, ProviderCodec } from '../../core/codec.ts';
import { decodeError, encodeError } from '../../core/openai-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createEncoder } from './encode-stream.ts';
import { createFolder } from './fold-frames.ts';
import { forwardRequest } from './forward-request.ts';

export { SERVER_STATE_FIELDS } from './wire.ts';

export const openaiResponsesClient: ClientCodec = {
  dialect: 'openai-responses',
  decodeRequest,
  encodeResponse,
  createEncoder,
  encodeError,
  // Usage is part of every answer in this dialect: there is nothing to hold back.
  keepFrame: () => true,
  // The terminal event is the finish: a stream without it is not complete.
  closing: '',
};

export const openaiResponsesProvider: ProviderCodec = {
  dialect: 'openai-responses',
  framing: 'sse',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  createFolder,
  decodeError,
};
