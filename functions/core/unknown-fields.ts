import type { Json, JsonObject } from './json.ts';
import { invalidRequest, type Path } from './parse.ts';

/** Of one object. The largest in use have some thirty fields; to copy a megabyte of tiny ones costs 100 ms each time. */
const MOST = 256;

/**
 * What the neutral model has no word for, and only its own dialect may understand. Null means "not given", as absence does.
 * Throws where there is more of it than anybody can mean.
 */
export function unknownFields(owner: JsonObject, known: (field: string) => boolean, at: Path): JsonObject {
  const names = fieldNames(owner, at);
  const unknown: [string, Json][] = [];
  for (const name of names) {
    const value = owner[name];
    if (value !== null && value !== undefined && !known(name)) unknown.push([name, value]);
  }
  return Object.fromEntries(unknown);
}

/** Throws where there are more of them than anybody can mean. */
export function fieldNames(owner: JsonObject, at: Path): readonly string[] {
  const names = Object.keys(owner);
  if (names.length > MOST) throw invalidRequest(at, `has ${names.length} fields; at most ${MOST} are accepted`);
  return names;
}
