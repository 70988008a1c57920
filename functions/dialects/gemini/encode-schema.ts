/**
 * JSON Schema as `responseJsonSchema` and `parametersJsonSchema` take it. What Google does not know is ignored there, with
 * two exceptions: a `$ref` stands alone, and a schema may refer to itself only where a value can be left out.
 * https://ai.google.dev/api/generate-content#generationconfig
 */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { resolveReference } from '../../core/recursive-schema.ts';

/** Throws where the schema is recursive in a way that the API refuses. `path` names it for the client. */
export function encodeSchema(schema: JsonObject, path: string): JsonObject {
  const reference = findRequiredCycle(schema);
  if (reference !== undefined) {
    throw new GatewayError(
      'unsupported-parameter',
      `The target model does not take JSON schemas that recur in a required property, as ${reference} does`,
      { param: path },
    );
  }
  return isolateReferences(schema) as JsonObject;
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
  const { $ref: reference, ...others } = result;
  if (typeof reference !== 'string' || 'anyOf' in others || Object.keys(others).every((name) => name.startsWith('$'))) {
    return result;
  }
  return { ...others, anyOf: [{ $ref: reference }] };
}

/** The `$ref` that closes the circle. Each schema is walked once, from every place that may be left out anew. */
function findRequiredCycle(root: JsonObject): string | undefined {
  const pending: Json[] = [root];
  const finished = new Set<string>();
  const open = new Set<string>();

  const visit = (value: Json | undefined): string | undefined => {
    if (Array.isArray(value)) return firstOf(value as readonly Json[], visit);
    if (!isJsonObject(value)) return undefined;
    const { $ref: reference } = value;
    if (typeof reference === 'string' && reference.startsWith('#')) {
      const found = follow(reference);
      if (found !== undefined) return found;
    }
    return firstOf(Object.entries(value), ([name, inner]) => {
      // Definitions count where they are used.
      if (name === '$defs' || name === 'definitions') return undefined;
      return name === 'properties' && isJsonObject(inner) ? visitProperties(inner, value.required) : visit(inner);
    });
  };

  const follow = (reference: string): string | undefined => {
    if (open.has(reference)) return reference;
    if (finished.has(reference)) return undefined;
    open.add(reference);
    const found = visit(resolveReference(root, reference));
    open.delete(reference);
    finished.add(reference);
    return found;
  };

  const visitProperties = (properties: JsonObject, required: Json | undefined): string | undefined =>
    firstOf(Object.entries(properties), ([name, schema]) => {
      if (Array.isArray(required) && required.includes(name)) return visit(schema);
      if (schema !== undefined) pending.push(schema);
      return undefined;
    });

  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    // `#` is the whole, which is open while it is walked from its beginning, and only then.
    if (next === root) open.add('#');
    const found = visit(next);
    open.delete('#');
    if (next === root) finished.add('#');
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstOf<T>(items: readonly T[], visit: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = visit(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
