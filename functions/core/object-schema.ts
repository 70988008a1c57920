import { grammarSchema } from './grammar-schema.ts';
import type { JsonObject } from './json.ts';

/** Providers want the type of a tool's parameters said, which OpenAI does not. Large schemas are not copied for nothing. */
export function objectSchema(parameters: JsonObject): JsonObject {
  return 'type' in parameters ? parameters : { type: 'object', ...parameters };
}

/** The parameters of a tool whose calls a grammar holds to them. A tool that says nothing of them has none. */
export function strictSchema(parameters: JsonObject, path: string): JsonObject {
  return grammarSchema(parameters, path, { type: 'object', properties: {} });
}
