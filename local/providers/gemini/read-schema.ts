import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';

const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);

/** Google's own schemas are OpenAPI's, in capitals: here as JSON Schema. */
export function jsonSchemaOf(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, convert(name, value)]));
}

function convert(name: string, value: Json | undefined): Json | undefined {
  if (name === 'type' && typeof value === 'string') return value.toLowerCase();
  // 64-bit numbers are text in the JSON of protocol buffers.
  if (COUNTS.has(name) && typeof value === 'string') return Number(value);
  if (name === 'properties' && isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, property]) => [key, inside(property)]));
  }
  if (name === 'anyOf' && Array.isArray(value)) return value.map((item: Json) => inside(item) ?? null);
  return name === 'items' ? inside(value) : value;
}

function inside(value: Json | undefined): Json | undefined {
  return isJsonObject(value) ? jsonSchemaOf(value) : value;
}
