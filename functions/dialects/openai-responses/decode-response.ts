import type { ChatEvent } from '../../core/chat.ts';
import type { Restore } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { decodeErrorBody, holdsError } from '../../core/openai-error.ts';
import { createWireEventDecoder, failed } from './decode-stream.ts';

/** A whole answer is the last event of the stream that it could have been. */
export function decodeResponse(body: Json, restore?: Restore): readonly ChatEvent[] {
  if (!isJsonObject(body)) throw new GatewayError('upstream-malformed', "The provider's answer is no object.");
  if (!Array.isArray(body.output)) {
    if (holdsError(body)) throw decodeErrorBody(body);
    throw new GatewayError('upstream-malformed', "The provider's answer has no output.");
  }
  const decoder = createWireEventDecoder(restore);
  switch (body.status) {
    case 'incomplete':
      return decoder.decode('response.incomplete', { response: body });
    case 'failed':
    case 'cancelled':
      throw failed(body);
    case 'queued':
    case 'in_progress':
      // Asked for in the background, there is nothing to tell yet. Anything else was to be answered now.
      if (body.background === true) return decoder.decode('response.completed', { response: { ...body, output: [] } });
      throw new GatewayError('upstream-truncated', 'The provider answered before its answer was complete.');
    default:
      return decoder.decode('response.completed', { response: body });
  }
}
