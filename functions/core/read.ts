/**
 * Reading what providers send, field by field: a schema over a whole chunk would throw a good answer away for one field
 * of the wrong type, and costs more for each of thousands of chunks.
 */
import { isJsonObject, type Json, type JsonObject } from './json.ts';

const NOTHING: JsonObject = {};

export function readObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : NOTHING;
}

export function readList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function readText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A number of things: 0 where it is anything else, so that a null or a text never becomes NaN on a bill. */
export function readCount(value: Json | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
