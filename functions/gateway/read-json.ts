import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

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

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Counts brackets outside strings before anything recursive sees the value: 3 ms for 6 MB (measured), where a parsed
 * value nested 100,000 deep would overflow the stack of every function that walks it.
 */
function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/** The index of the quote that closes the string opened at `start`. `indexOf` skips long strings at memory speed. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
