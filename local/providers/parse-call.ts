import { isJsonObject, type JsonObject } from '../../functions/core/json.ts';

/** A call's arguments as an object; `undefined` where they were broken off, and the call was never made. */
export function parseCall(text: string): JsonObject | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
