/** A value that fits a JSON Schema: what a model's tool arguments and structured outputs look like. */
import { isJsonObject, type Json, type JsonObject } from '../../functions/core/json.ts';
import { sampleString } from './sample-string.ts';
import { between, pick, type Random } from './seed.ts';

/** Recursive schemas end here: what is optional is left out, arrays are empty. */
const MAX_DEPTH = 5;

interface Context {
  readonly root: JsonObject;
  readonly random: Random;
  readonly depth: number;
  /** The property that the value is for. */
  readonly name: string;
}

export function sampleJson(schema: JsonObject, random: Random): Json {
  return sample(schema, { root: schema, random, depth: 0, name: '' });
}

function sample(schema: Json | undefined, context: Context): Json {
  if (!isJsonObject(schema)) return 'anything'; // `true` allows everything.
  if (schema.const !== undefined) return schema.const;
  const choices = asList(schema.enum);
  if (choices.length > 0) return choices[Math.floor(context.random() * choices.length)] ?? null;
  if (typeof schema.$ref === 'string') return sample(resolve(schema.$ref, context.root), deeper(context));
  const variants = [...asList(schema.anyOf), ...asList(schema.oneOf)];
  if (variants.length > 0) return sample(pickVariant(variants, context), deeper(context));
  const parts = asList(schema.allOf).filter(isJsonObject);
  if (parts.length > 0) return sample(merge({ ...schema, allOf: undefined }, parts, context.root), context);
  return sampleType(schema, context);
}

function sampleType(schema: JsonObject, context: Context): Json {
  switch (typeOf(schema, context)) {
    case 'object':
      return sampleObject(schema, context);
    case 'array':
      return sampleArray(schema, context);
    case 'integer':
      return sampleNumber(schema, context, 1);
    case 'number':
      return sampleNumber(schema, context, 0.1);
    case 'boolean':
      return context.random() < 0.5;
    case 'null':
      return null;
    default:
      return sampleString(schema, context.name, context.random);
  }
}

function typeOf(schema: JsonObject, context: Context): string {
  const type = schema.type;
  if (typeof type === 'string') return type;
  const types = asList(type).filter((item) => typeof item === 'string');
  const [first] = types;
  // Of several, `null` is the way out of a recursion, and otherwise the rarer case.
  if (first !== undefined) return types.includes('null') && context.depth >= MAX_DEPTH ? 'null' : first;
  if (isJsonObject(schema.properties)) return 'object';
  if (schema.items !== undefined) return 'array';
  return 'string';
}

function sampleObject(schema: JsonObject, context: Context): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = asList(schema.required);
  const entries: (readonly [string, Json])[] = [];
  for (const [name, property] of Object.entries(properties)) {
    const optional = !required.includes(name);
    if (optional && (context.depth >= MAX_DEPTH || context.random() < 0.3)) continue;
    entries.push([name, sample(property, deeper(context, name))]);
  }
  return Object.fromEntries(entries);
}

function sampleArray(schema: JsonObject, context: Context): Json {
  const prefix = asList(schema.prefixItems);
  const low = numberOr(schema.minItems, context.depth >= MAX_DEPTH ? 0 : 1);
  const high = Math.max(low, numberOr(schema.maxItems, low + 1));
  const length = context.depth >= MAX_DEPTH ? low : between(context.random, low, Math.min(high, low + 2));
  return Array.from({ length: Math.max(length, prefix.length) }, (_, index) =>
    sample(prefix[index] ?? schema.items, deeper(context)),
  );
}

function sampleNumber(schema: JsonObject, context: Context, unit: number): number {
  const step = numberOr(schema.multipleOf, unit);
  const low = Math.max(numberOr(schema.minimum, -Infinity), numberOr(schema.exclusiveMinimum, -Infinity) + step);
  const high = Math.min(numberOr(schema.maximum, Infinity), numberOr(schema.exclusiveMaximum, Infinity) - step);
  const from = Number.isFinite(low) ? low : Math.min(0, high - 20 * step);
  const to = Number.isFinite(high) ? high : from + 40 * step;
  const first = Math.ceil(from / step - 1e-9);
  const steps = between(context.random, first, Math.max(first, Math.floor(to / step + 1e-9)));
  return Number((steps * step).toFixed(10));
}

function pickVariant(variants: readonly Json[], context: Context): Json {
  const isNull = (item: Json): boolean => isJsonObject(item) && item.type === 'null';
  const useful = variants.filter((item) => isNull(item) === context.depth >= MAX_DEPTH);
  const [first, ...rest] = useful.length > 0 ? useful : variants;
  return first === undefined ? {} : pick(context.random, [first, ...rest]);
}

/** Properties and requirements add up; of the rest the later part wins. */
function merge(base: JsonObject, parts: readonly JsonObject[], root: JsonObject): JsonObject {
  const all = [base, ...parts.map((part) => (typeof part.$ref === 'string' ? resolve(part.$ref, root) : part))];
  const properties = all.flatMap((part) => Object.entries(asObject(part.properties)));
  return {
    ...Object.fromEntries(all.flatMap((part) => Object.entries(part))),
    properties: Object.fromEntries(properties),
    required: all.flatMap((part) => asList(part.required)),
  };
}

function resolve(reference: string, root: JsonObject): JsonObject {
  let value: Json | undefined = root;
  for (const step of reference.split('/').slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    value = isJsonObject(value) ? value[key] : undefined;
  }
  return asObject(value);
}

const deeper = (context: Context, name = context.name): Context => ({ ...context, name, depth: context.depth + 1 });
const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const asObject = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const numberOr = (value: Json | undefined, otherwise: number): number =>
  typeof value === 'number' ? value : otherwise;
