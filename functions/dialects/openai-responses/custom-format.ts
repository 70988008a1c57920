/**
 * The grammar of a free-text tool lies flat here, `{type, syntax, definition}`, and one deeper in Chat Completions,
 * `{type, grammar: {syntax, definition}}`. The neutral model has the latter.
 */
import { isJsonObject, type JsonObject } from '../../core/json.ts';

export function nestFormat(format: JsonObject): JsonObject {
  const { type, ...grammar } = format;
  return type === 'grammar' && !isJsonObject(format.grammar) ? { type, grammar } : format;
}

export function flattenFormat(format: JsonObject): JsonObject {
  const { grammar, ...rest } = format;
  return format.type === 'grammar' && isJsonObject(grammar) ? { ...rest, ...grammar } : format;
}
