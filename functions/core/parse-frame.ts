import type { Frame } from './codec.ts';
import { GatewayError } from './errors.ts';
import type { Json } from './json.ts';

/** The JSON of a frame that has to hold some. Throws `upstream-truncated` where the bytes ended inside of it. */
export function parseFrame(frame: Frame): Json {
  try {
    return JSON.parse(frame.data) as Json;
  } catch (cause) {
    if (frame.incomplete === true) {
      throw new GatewayError('upstream-truncated', 'The provider ended its answer within a chunk.', { cause });
    }
    throw new GatewayError('upstream-malformed', 'The provider sent a chunk that is not JSON.', { cause });
  }
}
