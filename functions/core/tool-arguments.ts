import { GatewayError } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { deeperThan } from './json-depth.ts';

/** The body that they stand in was measured when it came, but not what is inside of its strings. */
const MAX_DEPTH = 64;

/**
 * The arguments of a function as the object that they are; `path` is where the call lies.
 * Clients that were given `""` for a call without arguments send it back.
 */
export function parseToolArguments(text: string, path: string): JsonObject {
  if (text.trim() === '') return {};
  if (deeperThan(text, MAX_DEPTH)) {
    throw new GatewayError(
      'invalid-request',
      `The arguments of the tool call are nested deeper than ${MAX_DEPTH} levels`,
      {
        param: `${path}.arguments`,
      },
    );
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new GatewayError('invalid-request', 'The arguments of the tool call are not JSON', {
      cause,
      param: `${path}.arguments`,
    });
  }
  if (isJsonObject(value)) return value;
  throw new GatewayError('invalid-request', 'The arguments of the tool call are not a JSON object', {
    param: `${path}.arguments`,
  });
}
