import type { ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { createReplyDecoder } from './decode-stream.ts';

/** A whole answer is a stream of one chunk. */
export function decodeResponse(body: Json, restore?: Restore): readonly ChatEvent[] {
  const decoder = createReplyDecoder(restore);
  const events = decoder.chunk(body);
  if (isJsonObject(body) && !Array.isArray(body.candidates) && !isJsonObject(body.promptFeedback)) {
    throw new GatewayError('upstream-malformed', "The provider's answer has no candidates.");
  }
  return [...events, ...decoder.end()];
}
