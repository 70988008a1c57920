import type { ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { readList } from '../../core/read.ts';
import { createReplyDecoder } from './decode-stream.ts';

/** A whole answer is a stream of one chunk, whose deltas are whole messages. */
export function decodeResponse(body: Json, restore?: Restore): readonly ChatEvent[] {
  const decoder = createReplyDecoder(restore);
  const events = decoder.chunk(body);
  if (!isJsonObject(body) || readList(body.choices).length === 0) {
    throw new GatewayError('upstream-malformed', "The provider's answer has no choices.");
  }
  return [...events, ...decoder.end()];
}
