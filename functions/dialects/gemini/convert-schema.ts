/**
 * Google's `Schema`, a part of OpenAPI 3.0 with types in capitals, as the JSON Schema that everybody else speaks.
 * https://ai.google.dev/api/caching#Schema
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { invalidRequest, type Path } from '../../core/parse.ts';
import { camelCase } from './wire.ts';

/** 64-bit integers are texts in JSON that comes from protocol buffers. */
const COUNTS = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);
/** What is told in another way, or not at all: the order of properties is the order in which they stand. */
const TOLD = new Set(['type', 'nullable', 'enum', 'format', 'properties', 'propertyOrdering', 'example']);

export function convertSchema(schema: JsonObject, at: Path): JsonObject {
  const fields = new Map(Object.entries(schema).map(([name, value]) => [camelCase(name), value] as const));
  const type = convertType(fields.get('type'), [...at, 'type']);
  const nullable = fields.get('nullable') === true;
  const values = fields.get('enum');
  const format = fields.get('format');
  const properties = fields.get('properties');
  const converted: [string, Json | undefined][] = [];
  if (type !== undefined) converted.push(['type', nullable ? [type, 'null'] : type]);
  if (Array.isArray(values)) converted.push(['enum', nullable ? [...values, null] : values]);
  // `enum` as a format says that the values are in `enum`.
  if (format !== undefined && format !== 'enum') converted.push(['format', format]);
  for (const [name, value] of fields) {
    if (TOLD.has(name) || value === undefined || value === null) continue;
    converted.push([name, convertField(name, value, [...at, name])]);
  }
  if (isJsonObject(properties)) {
    converted.push([
      'properties',
      convertProperties(properties, fields.get('propertyOrdering'), [...at, 'properties']),
    ]);
  }
  const example = fields.get('example');
  if (example !== undefined) converted.push(['examples', [example]]);
  const result = Object.fromEntries(converted);
  // A choice of schemas has no type that could be made nullable.
  return nullable && type === undefined ? { anyOf: [result, { type: 'null' }] } : result;
}

function convertType(type: Json | undefined, at: Path): string | undefined {
  if (type === undefined || type === null || type === 'TYPE_UNSPECIFIED') return undefined;
  if (typeof type === 'string') return type.toLowerCase();
  throw invalidRequest(at, 'must be a string: a list of types belongs into a JSON schema');
}

function convertField(name: string, value: Json, at: Path): Json {
  if (name === 'items' && isJsonObject(value)) return convertSchema(value, at);
  if (name === 'anyOf' && Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) =>
      isJsonObject(item) ? convertSchema(item, [...at, index]) : item,
    );
  }
  return COUNTS.has(name) && typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function convertProperties(properties: JsonObject, ordering: Json | undefined, at: Path): JsonObject {
  const order = new Map((Array.isArray(ordering) ? ordering : []).map((name, index) => [name, index] as const));
  const place = (name: string): number => order.get(name) ?? order.size;
  const entries = Object.entries(properties).sort(([a], [b]) => place(a) - place(b));
  return Object.fromEntries(
    entries.map(([name, schema]) => [name, isJsonObject(schema) ? convertSchema(schema, [...at, name]) : schema]),
  );
}
