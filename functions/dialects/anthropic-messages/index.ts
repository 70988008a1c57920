import type { ClientCodec, ProviderCodec } from '../../core/codec.ts';
import { decodeError } from './decode-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createDecoder } from './decode-stream.ts';
import { encodeError } from './encode-error.ts';
import { encodeRequest, forwardRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createEncoder } from './encode-stream.ts';
import { createFolder } from './fold-frames.ts';

export { decodeCountRequest } from './decode-count-request.ts';
export { decodeCountResponse } from './decode-count-response.ts';
export { encodeCountRequest, forwardCountRequest } from './encode-count-request.ts';
export { encodeCountResponse } from './encode-count-response.ts';

export const anthropicMessagesClient: ClientCodec = {
  dialect: 'anthropic-messages',
  decodeRequest,
  encodeResponse,
  createEncoder,
  encodeError,
  keepFrame: () => true,
  closing: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
};

export const anthropicMessagesProvider: ProviderCodec = {
  dialect: 'anthropic-messages',
  framing: 'sse',
  encodeRequest,
  forwardRequest,
  decodeResponse,
  createDecoder,
  createFolder,
  decodeError,
};
