import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { deeperThan } from '../core/json-depth.ts';

export interface JsonLimits {
  readonly requestBytes: number;
  readonly jsonDepth: number;
}

/** The body as a JSON object. Throws `too-large` or `invalid-request`. */
export function readJson(body: Buffer, limits: JsonLimits): JsonObject {
  if (body.length > limits.requestBytes) {
    throw new GatewayError(
      'too-large',
      `The request body has ${body.length} bytes; at most ${limits.requestBytes} are accepted. Send large files by URL.`,
    );
  }
  if (body.length === 0)
    throw new GatewayError('invalid-request', 'The request body is empty; a JSON object is expected.');
  const text = body.toString('utf8');
  if (deeperThan(text, limits.jsonDepth)) {
    throw new GatewayError('invalid-request', `The request body is nested deeper than ${limits.jsonDepth} levels.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('invalid-request', `The request body is not valid JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (!isJsonObject(value)) throw new GatewayError('invalid-request', 'The request body must be a JSON object.');
  return value;
}
