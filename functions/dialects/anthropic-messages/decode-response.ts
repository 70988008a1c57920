import type { ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { createWireEventDecoder } from './decode-stream.ts';

/**
 * A whole message is the start of the stream that it could have been, with all content in it, and the end: finish
 * reasons, usage and blocks are mapped in one place only.
 */
export function decodeResponse(body: Json, restore?: Restore): readonly ChatEvent[] {
  const decoder = createWireEventDecoder(restore);
  if (isJsonObject(body) && body.type === 'error') return decoder.decode('error', body);
  if (!isJsonObject(body) || !Array.isArray(body.content)) {
    throw new GatewayError('upstream-malformed', 'The provider sent an answer that is not a message');
  }
  return [
    ...decoder.decode('message_start', { message: body }),
    ...decoder.decode('message_delta', { delta: body }),
    ...decoder.end(),
  ];
}
