/**
 * JSON Schema as `responseJsonSchema` and `parametersJsonSchema` take it. What Google does not know is ignored there, with
 * two exceptions: a `$ref` stands alone, and a schema may refer to itself only where a value can be left out.
 * https://ai.google.dev/api/generate-content#generationconfig
 */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { findCycle, hasReferences } from '../../core/recursive-schema.ts';

/** Throws where the schema is recursive in a way that the API refuses. `path` names it for the client. */
export function encodeSchema(schema: JsonObject, path: string): JsonObject {
  // To copy a schema of many properties costs more than to parse it, and most refer to nothing.
  if (!hasReferences(schema)) return schema;
  const reference = findCycle(schema, optionalProperties);
  if (reference !== undefined) {
    throw new GatewayError(
      'unsupported-parameter',
      `The target model does not take JSON schemas that recur in a required property, as ${reference.slice(0, 256)} does`,
      { param: path },
    );
  }
  return isolateReferences(schema) as JsonObject;
}

function optionalProperties({ required }: JsonObject): (property: string) => boolean {
  const names = new Set(Array.isArray(required) ? required : []);
  return (property) => !names.has(property);
}

/** `{"$ref": "#/$defs/a", "description": "…"}` is refused; a choice of one may have a description. */
function isolateReferences(value: Json): Json {
  if (Array.isArray(value)) return value.map(isolateReferences);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    inner === undefined ? inner : isolateReferences(inner),
  ]);
  const result: JsonObject = Object.fromEntries(entries);
  const { $ref: reference } = result;
  if (typeof reference !== 'string' || 'anyOf' in result) return result;
  const { $ref: _, ...others } = result;
  return Object.keys(others).every((name) => name.startsWith('$'))
    ? result
    : { ...others, anyOf: [{ $ref: reference }] };
}
