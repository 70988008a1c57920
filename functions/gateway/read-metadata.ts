import { GatewayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { headerText } from './header-text.ts';

const MAX_ENTRIES = 32;
const MAX_BYTES = 4_096;

/** The header `x-tollgate-metadata`: a JSON object of strings, kept with the row. Throws `invalid-request`. */
export function readMetadata(header: string | undefined): { readonly [key: string]: string } {
  if (header === undefined || header === '') return {};
  const wrong = (reason: string, cause?: unknown): GatewayError =>
    new GatewayError('invalid-request', `The header x-tollgate-metadata ${reason}.`, {
      param: 'x-tollgate-metadata',
      ...(cause === undefined ? {} : { cause }),
    });
  const text = headerText(header);
  if (Buffer.byteLength(text) > MAX_BYTES) throw wrong(`is over ${MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong('is not valid JSON', cause);
  }
  if (!isJsonObject(value)) throw wrong('must be a JSON object');
  const entries = Object.entries(value);
  if (entries.length > MAX_ENTRIES) throw wrong(`has more than ${MAX_ENTRIES} entries`);
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      if (typeof entry !== 'string') throw wrong(`must hold strings only, but "${name.slice(0, 64)}" is none`);
      return [name, entry];
    }),
  );
}
