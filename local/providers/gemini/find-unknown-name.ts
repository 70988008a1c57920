import type { JsonObject } from '../../../functions/core/json.ts';
import type { Problem } from '../provider.ts';

/** Google refuses every name that it does not know, and says where it stands. */
export function findUnknownName(holder: JsonObject, known: readonly string[], path: string): Problem | undefined {
  const name = Object.keys(holder).find((key) => holder[key] !== undefined && !known.includes(key));
  if (name === undefined) return undefined;
  const at = path === '' ? '' : ` at '${path}'`;
  return { message: `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`, param: path };
}
