/** Google takes every field in both spellings, `generation_config` and `generationConfig`: one is enough to read. */
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';

/** What is inside is the client's own, and stays as it is. */
const FOREIGN = new Set(['args', 'response', 'parametersJsonSchema', 'responseJsonSchema', '_responseJsonSchema']);
/** Names in here are properties of a schema. */
const NAMED = new Set(['properties']);

export function camelCase(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => convert(rename(name), value)));
}

function convert(name: string, value: Json | undefined): readonly [string, Json | undefined] {
  if (FOREIGN.has(name)) return [name, value];
  if (NAMED.has(name) && isJsonObject(value)) {
    return [name, Object.fromEntries(Object.entries(value).map(([property, schema]) => [property, inside(schema)]))];
  }
  return [name, inside(value)];
}

function inside(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => inside(item) ?? null);
  return isJsonObject(value) ? camelCase(value) : value;
}

function rename(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
