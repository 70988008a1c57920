import { GatewayError } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * The arguments of a function as the object that they are; `path` is where the call lies.
 * Clients that were given `""` for a call without arguments send it back.
 */
export function parseToolArguments(text: string, path: string): JsonObject {
  if (text.trim() === '') return {};
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
