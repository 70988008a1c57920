import type { ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { readObject } from '../../core/read.ts';
import { createWireEventDecoder } from './decode-stream.ts';

/** A whole answer as the stream that it could have been: finish reasons, usage and blocks are mapped in one place only. */
export function decodeResponse(body: Json, restore?: Restore): readonly ChatEvent[] {
  const message = isJsonObject(body) ? readObject(readObject(body.output).message) : {};
  if (!isJsonObject(body) || !Array.isArray(message.content)) {
    throw new GatewayError('upstream-malformed', 'The provider sent an answer that is not a message');
  }
  const decoder = createWireEventDecoder(restore);
  return [
    ...decoder.content(message.content as readonly Json[]),
    ...decoder.decode('messageStop', body),
    ...decoder.decode('metadata', body),
    ...decoder.end(),
  ];
}
