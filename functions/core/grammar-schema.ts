/**
 * JSON Schema as Anthropic and Bedrock take it, who make a grammar of it and refuse what a grammar cannot hold: objects that
 * are open, bounds of numbers, lengths and counts. Objects are closed, and what else is refused is told to the model in the
 * description, as Anthropic's own SDKs do.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
 */
import { GatewayError } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { isRecursive } from './recursive-schema.ts';

/**
 * `path` names the schema for the client; `missing` is taken as said where it is not. Throws where no answer could be held
 * to the schema.
 */
export function grammarSchema(schema: JsonObject, path: string, missing: JsonObject = {}): JsonObject {
  if (sizeOf(schema) > MOST_FIELDS) throw unsupported(`JSON schemas of more than ${MOST_FIELDS} fields`, path);
  if (isRecursive(schema)) throw unsupported('recursive JSON schemas', path);
  return convert(Object.keys(missing).every((keyword) => keyword in schema) ? schema : { ...missing, ...schema }, path);
}

/** OpenAI takes 5,000 properties, and no grammar that is made of more is ever finished. */
const MOST_FIELDS = 20_000;

/** Keywords, names and elements, in all depths; no more of them are counted than are accepted. */
function sizeOf(value: Json | undefined, before = 0): number {
  if (typeof value !== 'object' || value === null) return before;
  const inner = Object.values(value);
  let size = before + inner.length;
  for (let index = 0; index < inner.length && size <= MOST_FIELDS; index += 1) size = sizeOf(inner[index], size);
  return size;
}

function unsupported(what: string, path: string): GatewayError {
  return new GatewayError('unsupported-parameter', `The target model does not take ${what}`, { param: path });
}

/** They say nothing of the value. */
const SILENT = new Set(['$schema', '$id', '$comment']);

const FORMATS = new Set<Json | undefined>([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Look-around, back references and word boundaries are refused, and so are repetitions of large counts. */
const COMPLEX_PATTERN = /\(\?[=!<]|\\[bB1-9k]|\{\d{3}|\{\d*,\d{3}/;

/** Which keywords are taken, with which values; those with schemas inside are not here. */
const TAKEN: ReadonlyMap<string, (value: Json) => boolean> = new Map([
  ...['type', 'title', 'description', 'default', 'required', '$ref'].map((keyword) => [keyword, () => true] as const),
  ['const', isPrimitive],
  ['enum', (value) => Array.isArray(value) && value.every(isPrimitive)],
  ['format', (value) => FORMATS.has(value)],
  ['pattern', (value) => typeof value === 'string' && !COMPLEX_PATTERN.test(value)],
  ['minItems', (value) => value === 0 || value === 1],
]);

function isPrimitive(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}

/** The same object where nothing has to change: schemas may have thousands of properties. */
function convert(schema: JsonObject, path: string): JsonObject {
  const kept: [string, Json][] = [];
  const told: [string, Json][] = [];
  let changed = false;
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined || keyword === 'additionalProperties') continue;
    const place = `${path}.${keyword}`;
    const inner = convertInner(keyword, value, place);
    if (inner !== undefined) {
      const name = keyword === 'oneOf' ? 'anyOf' : keyword;
      // Two choices at once: of the second one, the words are left.
      if (name !== keyword && schema.anyOf !== undefined) told.push([keyword, value]);
      else kept.push([name, inner]);
      changed ||= inner !== value || name !== keyword;
    } else if (TAKEN.get(keyword)?.(value) === true) {
      kept.push([keyword, value]);
    } else {
      changed = true;
      if (!SILENT.has(keyword)) told.push([keyword, value]);
    }
  }
  const { $ref: reference } = schema;
  if (typeof reference === 'string' && kept.some(([keyword]) => !keyword.startsWith('$'))) {
    // A reference stands alone: beside it, a description is refused.
    const others = kept.filter(([keyword]) => keyword !== '$ref' && keyword !== 'anyOf');
    return describe([...others, ['anyOf', [{ $ref: reference }]]], told);
  }
  if (isObject(schema)) {
    changed ||= schema.additionalProperties !== false || schema.type === undefined;
    close(schema, kept, path);
  }
  return changed ? describe(kept, told) : schema;
}

/** Undefined for keywords without schemas in them. */
function convertInner(keyword: string, value: Json, path: string): Json | undefined {
  switch (keyword) {
    case 'items':
      return isJsonObject(value) ? convert(value, path) : undefined;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(value) ? convertList(value, path) : undefined;
    case 'properties':
    case '$defs':
    case 'definitions':
      return isJsonObject(value) ? convertMap(value, path) : undefined;
    default:
      return undefined;
  }
}

function convertList(schemas: readonly Json[], path: string): readonly Json[] {
  const converted = schemas.map((schema, index) =>
    isJsonObject(schema) ? convert(schema, `${path}[${index}]`) : schema,
  );
  return converted.every((schema, index) => schema === schemas[index]) ? schemas : converted;
}

function convertMap(schemas: JsonObject, path: string): JsonObject {
  const entries = Object.entries(schemas).map(
    ([name, schema]) => [name, isJsonObject(schema) ? convert(schema, `${path}.${name}`) : schema] as const,
  );
  return entries.every(([name, schema]) => schema === schemas[name]) ? schemas : Object.fromEntries(entries);
}

function isObject({ type, properties }: JsonObject): boolean {
  if (type === undefined) return isJsonObject(properties);
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}

/** Names that are not known beforehand have no place in a grammar: closed, such an object could only be empty. */
function close(schema: JsonObject, kept: [string, Json][], path: string): void {
  const { properties, additionalProperties: more, type } = schema;
  const composed = ['anyOf', 'oneOf', 'allOf'].some((keyword) => schema[keyword] !== undefined);
  if (properties === undefined && composed) {
    // Its parts say what it is, and are closed themselves.
    const place = kept.findIndex(([keyword]) => keyword === 'type');
    if (place !== -1) kept.splice(place, 1);
    return;
  }
  if (isJsonObject(more) ? Object.keys(more).length > 0 : properties === undefined && more !== false) {
    throw unsupported('objects whose names are not in the JSON schema', path);
  }
  if (type === undefined) kept.unshift(['type', 'object']);
  kept.push(['additionalProperties', false]);
}

function describe(kept: readonly [string, Json][], told: readonly [string, Json][]): JsonObject {
  const schema: JsonObject = Object.fromEntries(kept);
  if (told.length === 0) return schema;
  const bounds = JSON.stringify(Object.fromEntries(told));
  const before = typeof schema.description === 'string' ? `${schema.description}\n\n` : '';
  return { ...schema, description: `${before}${bounds}` };
}
