/** The part of JSON Schema that answers can be held to: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */

import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { isRecursive } from '../../../functions/core/recursive-schema.ts';
import { listOf, numberOf, objectOf, textOf } from '../fields.ts';

const UNSUPPORTED: { readonly [type: string]: readonly string[] } = {
  integer: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  number: ['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum', 'multipleOf'],
  string: ['maxLength', 'minLength'],
  array: ['maxItems', 'uniqueItems'],
};

export function findSchemaProblem(schema: JsonObject): string | undefined {
  if (isRecursive(schema)) {
    return 'Circular reference detected in schema definitions. Self-referencing or mutually-referencing definitions are not supported.';
  }
  return check(schema);
}

function check(schema: Json | undefined): string | undefined {
  if (!isJsonObject(schema)) return undefined;
  const inner = [
    ...['properties', '$defs', 'definitions'].flatMap((word) => Object.values(objectOf(schema[word]))),
    ...['anyOf', 'allOf'].flatMap((word) => listOf(schema[word])),
    schema.items,
  ];
  const problems = [checkType(schema), ...inner.map(check)];
  return problems.find((problem) => problem !== undefined);
}

function checkType(schema: JsonObject): string | undefined {
  const type = textOf(schema.type);
  if (type === 'object' && schema.additionalProperties !== false) {
    return schema.additionalProperties === undefined
      ? "For 'object' type, 'additionalProperties' must be explicitly set to false"
      : `For 'object' type, 'additionalProperties: ${JSON.stringify(schema.additionalProperties)}' is not supported. Please set 'additionalProperties' to false`;
  }
  if (type === 'array' && (numberOf(schema.minItems) ?? 0) > 1) {
    return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
  }
  const [first, ...others] = (UNSUPPORTED[type] ?? []).filter((name) => schema[name] !== undefined);
  if (first === undefined) return undefined;
  return others.length === 0
    ? `For '${type}' type, property '${first}' is not supported`
    : `For '${type}' type, properties ${[first, ...others].join(', ')} are not supported`;
}
