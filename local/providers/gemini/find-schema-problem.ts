/** What Google's own schema takes is a small part of JSON Schema; the fields for JSON Schema itself take the rest. */
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import type { Problem } from '../provider.ts';
import { findUnknownName } from './find-unknown-name.ts';
import { snakeCase } from './snake-case.ts';

/** https://ai.google.dev/api/caching#Schema */
const KNOWN = [
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'maxItems',
  'minItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'pattern',
  'example',
  'anyOf',
  'propertyOrdering',
  'default',
  'items',
  'minimum',
  'maximum',
];
const TYPES = ['TYPE_UNSPECIFIED', 'STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL'];
const SCHEMA = 'type.googleapis.com/google.ai.generativelanguage.v1beta.Schema';

export function findSchemaProblem(value: Json | undefined, path: string): Problem | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) return invalid(path, SCHEMA, value);
  return (
    findUnknownName(value, KNOWN, path) ??
    checkType(value.type, path) ??
    checkEnum(value.enum, path) ??
    findInside(value, path)
  );
}

function checkType(type: Json | undefined, path: string): Problem | undefined {
  if (type === undefined) return undefined;
  if (Array.isArray(type)) {
    const problem = 'Proto field is not repeating, cannot start list.';
    return { message: `Invalid JSON payload received. Unknown name "type" at '${path}': ${problem}`, param: path };
  }
  if (typeof type === 'string' && TYPES.includes(type.toUpperCase())) return undefined;
  return invalid(`${path}.type`, 'type.googleapis.com/google.ai.generativelanguage.v1beta.Type', type);
}

function checkEnum(values: Json | undefined, path: string): Problem | undefined {
  if (!Array.isArray(values)) return undefined;
  const index = values.findIndex((value: Json) => typeof value !== 'string');
  return index < 0 ? undefined : invalid(`${path}.enum[${index}]`, 'TYPE_STRING', values[index]);
}

function findInside(schema: JsonObject, path: string): Problem | undefined {
  const properties = isJsonObject(schema.properties) ? Object.values(schema.properties) : [];
  const variants = Array.isArray(schema.anyOf) ? (schema.anyOf as readonly Json[]) : [];
  const inner = [
    ...properties.map((property, index) => [property, `${path}.properties[${index}].value`] as const),
    ...variants.map((variant, index) => [variant, `${path}.any_of[${index}]`] as const),
    [schema.items, `${path}.items`] as const,
  ];
  for (const [value, at] of inner) {
    const problem = findSchemaProblem(value, at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function invalid(path: string, type: string, value: Json | undefined): Problem {
  return {
    message: `Invalid value at '${snakeCase(path)}' (${type}), ${JSON.stringify(value)}`,
    param: snakeCase(path),
  };
}
