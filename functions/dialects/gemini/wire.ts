/**
 * The Gemini API's wire: https://ai.google.dev/api/generate-content
 *
 * It is protocol buffers as JSON: every field has two spellings, `maxOutputTokens` and `max_output_tokens`, and a list of
 * one may be written without its brackets. What is wrong is named as the client spelt it.
 */
import * as z from 'zod/mini';
import { listOf } from '../../core/first-fault.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { jsonObject, tokenCap } from '../../core/request-fields.ts';
import { unknownFields } from '../../core/unknown-fields.ts';

export const DIALECT = 'gemini';

export const optionalText = z.nullish(z.string());
export const optionalNumber = z.nullish(z.number());
export const optionalInteger = z.nullish(z.int());
export const optionalFlag = z.nullish(z.boolean());
export const optionalTexts = z.nullish(listOf(z.string()));
export const optionalTokenCap = z.nullish(tokenCap(1));
/** As many as OpenAI gives. */
export const optionalCandidates = z.nullish(z.int().check(z.gte(1), z.lte(128)));
const objectList = listOf(jsonObject);
export const requiredText = z.string().check(z.minLength(1));

/** Each is made when it is asked for: to hold 80,000 tiny ones at a time costs more than to read them. */
export interface FieldsList {
  readonly length: number;
  forEach(read: (fields: Fields, index: number) => void): void;
  map<T>(read: (fields: Fields, index: number) => T): readonly T[];
}

/** The fields of one object of a request. `null` means "not given". */
export interface Fields {
  get(name: string): Json | undefined;
  /** Where the field stands, in the spelling that the client used. */
  path(name: string): Path;
  read<S extends z.ZodMiniType>(name: string, schema: S): z.output<S>;
  /** Undefined where it is not given. Throws where it is no object. */
  object(name: string): Fields | undefined;
  /** Throws where it is neither a list of objects nor one object. */
  objects(name: string, list?: typeof objectList): FieldsList;
  /** What has none of these names, under the names that the documentation uses. */
  others(known: ReadonlySet<string>): JsonObject;
  readonly at: Path;
  readonly value: JsonObject;
}

export function fieldsOf(value: JsonObject, at: Path): Fields {
  const spelling = (name: string): string => {
    if (value[name] !== undefined) return name;
    const other = snakeCase(name);
    return value[other] === undefined ? name : other;
  };
  const fields: Fields = {
    at,
    value,
    get: (name) => value[spelling(name)] ?? undefined,
    path: (name) => [...at, spelling(name)],
    read: (name, schema) => parseRequest(schema, fields.get(name), fields.path(name)),
    object(name) {
      const inner = fields.get(name);
      return inner === undefined ? undefined : asFields(inner, fields.path(name));
    },
    objects(name, list = objectList) {
      const inner = fields.get(name);
      if (inner === undefined) return [];
      const place = fields.path(name);
      if (!Array.isArray(inner)) return [asFields(inner, place, 'a list or an object')];
      const items = parseRequest(list, inner, place);
      const at = (item: JsonObject, index: number): Fields => fieldsOf(item, [...place, index]);
      return {
        length: items.length,
        forEach: (read) => items.forEach((item, index) => void read(at(item, index), index)),
        map: (read) => items.map((item, index) => read(at(item, index), index)),
      };
    },
    others(known) {
      const others = Object.entries(unknownFields(value, (name) => known.has(camelCase(name)), at));
      return Object.fromEntries(others.map(([name, item]) => [camelCase(name), item]));
    },
  };
  return fields;
}

function asFields(value: Json, at: Path, expected = 'an object'): Fields {
  if (isJsonObject(value)) return fieldsOf(value, at);
  throw invalidRequest(at, `must be ${expected}`);
}

/** Filled with the names in this folder's code, and with nothing that comes from a request. */
const SNAKE_NAMES = new Map<string, string>();

function snakeCase(name: string): string {
  const known = SNAKE_NAMES.get(name);
  if (known !== undefined) return known;
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  SNAKE_NAMES.set(name, snake);
  return snake;
}

export function camelCase(name: string): string {
  return name.includes('_') ? name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) : name;
}

/** Undefined where the text is not JSON: what that means is the caller's to say. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `gemini-3.8-flash` as a path; `tunedModels/x` and `publishers/google/models/x` name their collection themselves. */
export function modelPath(model: string): string {
  const name = model.includes('/') ? model : `models/${model}`;
  return `/${name.split('/').map(encodeURIComponent).join('/')}`;
}
