/** `strict` takes schemas only that leave nothing open: https://platform.openai.com/docs/guides/structured-outputs */
import { isJsonObject, type Json, type JsonObject } from '../../../functions/core/json.ts';
import { listOf, objectOf } from '../fields.ts';

/** What is wrong, in OpenAI's words, without the name of what the schema is for. */
export function findStrictProblem(schema: JsonObject): string | undefined {
  return check(schema, []);
}

function check(schema: Json | undefined, path: readonly string[]): string | undefined {
  if (!isJsonObject(schema)) return undefined;
  const context = `In context=(${path.map((step) => `'${step}'`).join(', ')}${path.length === 1 ? ',' : ''})`;
  for (const word of ['allOf', 'not', 'if', 'dependentRequired']) {
    if (schema[word] !== undefined) return `${context}, '${word}' is not permitted.`;
  }
  const isObject = schema.type === 'object' || listOf(schema.type).includes('object');
  if (isObject) {
    if (schema.additionalProperties !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const missing = Object.keys(objectOf(schema.properties)).find((name) => !listOf(schema.required).includes(name));
    if (missing !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
  }
  const inner: readonly (readonly [Json | undefined, readonly string[]])[] = [
    ...['properties', '$defs', 'definitions'].flatMap((word) =>
      Object.entries(objectOf(schema[word])).map(([name, value]) => [value, [...path, word, name]] as const),
    ),
    ...listOf(schema.anyOf).map((value, index) => [value, [...path, 'anyOf', String(index)]] as const),
    [schema.items, [...path, 'items']],
  ];
  for (const [value, at] of inner) {
    const problem = check(value, at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
