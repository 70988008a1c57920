/** A request's body as one provider wants it: what its quirks say, for requests that were translated and forwarded alike. */
import { createAliases } from '../../core/alias.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { type Quirks, TOOL_ID_RULES } from '../../core/quirks.ts';
import { readList, readObject } from '../../core/read.ts';

export interface Adapted {
  readonly body: JsonObject;
  /** The parameters that the client meant and the provider refuses. */
  readonly dropped: readonly string[];
}

/**
 * Saying the default is the same as saying nothing: clients send `n: 1` and `frequency_penalty: 0` with everything. It
 * is left out without a word where the provider refuses the field.
 */
const DEFAULTS: { readonly [field: string]: Json } = {
  n: 1,
  logprobs: false,
  frequency_penalty: 0,
  presence_penalty: 0,
  parallel_tool_calls: true,
  tool_choice: 'auto',
  service_tier: 'auto',
  store: false,
};

export function adaptBody(given: JsonObject, quirks: Quirks, priority = 0): Adapted {
  const body = quirks.priority === undefined ? given : withPriority(given, quirks.priority, priority);
  const refused = new Set(quirks.unsupported);
  const dropped = Object.entries(body).flatMap(([field, value]) =>
    refused.has(field) && value !== null && value !== DEFAULTS[field] ? [field] : [],
  );
  const entries = Object.entries(body).flatMap(([field, value]): [string, Json | undefined][] => {
    if (refused.has(field)) return [];
    if (field === 'messages' && Array.isArray(value)) return [[field, adaptMessages(value, quirks)]];
    if (field === 'response_format' && quirks.jsonSchema === false && readObject(value).type === 'json_schema') {
      dropped.push('response_format.json_schema');
      return [[field, { type: 'json_object' }]];
    }
    return [[quirks.renamed?.[field] ?? field, value]];
  });
  const paths = quirks.unsupported.filter((field) => field.includes('.')).map((field) => field.split('.'));
  return { body: paths.reduce(without, Object.fromEntries(entries)), dropped };
}

/** Who asks for nothing in particular says nothing: both kinds of servers put that last. */
function withPriority(body: JsonObject, order: NonNullable<Quirks['priority']>, priority: number): JsonObject {
  const rest = omit(body, ['priority']);
  return priority === 0 ? rest : { ...rest, priority: order === 'low-first' ? -priority : priority };
}

/**
 * Servers that refuse unknown fields (Groq, Mistral) also refuse what clients echo from answers, such as
 * `messages[].reasoning_details` and `messages[].tool_calls[].extra_content`. That is history, not a wish: leaving it
 * out is not reported.
 */
function without(object: JsonObject, [step = '', ...rest]: readonly string[]): JsonObject {
  const field = step.replace(/\[\]$/, '');
  const value = object[field];
  if (value === undefined) return object;
  if (rest.length === 0) return omit(object, [field]);
  if (isJsonObject(value)) return { ...object, [field]: without(value, rest) };
  if (!Array.isArray(value)) return object;
  return { ...object, [field]: value.map((item: Json) => (isJsonObject(item) ? without(item, rest) : item)) };
}

function adaptMessages(messages: readonly Json[], quirks: Quirks): readonly Json[] {
  const steps = [
    quirks.developerRole === false ? renameDeveloper : undefined,
    quirks.reasoningField === undefined ? undefined : (message: JsonObject) => placeReasoning(message, quirks),
    quirks.toolIds === undefined ? undefined : aliasIds(messages, TOOL_ID_RULES[quirks.toolIds]),
  ].filter((step) => step !== undefined);
  const adapted = messages.map((message) =>
    isJsonObject(message) ? steps.reduce<JsonObject>((changed, step) => step(changed), message) : message,
  );
  return quirks.alternateRoles === true ? joinNeighbours(adapted) : adapted;
}

function renameDeveloper(message: JsonObject): JsonObject {
  return message.role === 'developer' ? { ...message, role: 'system' } : message;
}

/** Clients echo reasoning under the name that they got it by, from whichever provider answered then. */
function placeReasoning(message: JsonObject, { reasoningField, reasoningRequired }: Quirks): JsonObject {
  if (message.role !== 'assistant') return message;
  const { reasoning_content: content, reasoning, ...rest } = message;
  const text = [content, reasoning].find((value) => typeof value === 'string' && value !== '');
  if (reasoningField === undefined || reasoningField === 'none') return rest;
  if (text !== undefined) return { ...rest, [reasoningField]: text };
  // There is no way to have what was never there, or what another provider sealed; an empty text counts as missing.
  return reasoningRequired === true && readList(message.tool_calls).length > 0
    ? { ...rest, [reasoningField]: ' ' }
    : rest;
}

function aliasIds(
  messages: readonly Json[],
  rule: Parameters<typeof createAliases>[1],
): (message: JsonObject) => JsonObject {
  const ids = messages.flatMap((message) => {
    const { tool_calls: calls, tool_call_id: answered } = readObject(message);
    return [...readList(calls).map((call) => readObject(call).id), answered].filter((id) => typeof id === 'string');
  });
  const aliases = createAliases(ids, rule);
  const alias = (object: JsonObject, field: string): JsonObject =>
    typeof object[field] === 'string' ? { ...object, [field]: aliases.of(object[field]) } : object;
  return (message) => {
    const named = alias(message, 'tool_call_id');
    if (!Array.isArray(named.tool_calls)) return named;
    const calls = named.tool_calls.map((call: Json) => (isJsonObject(call) ? alias(call, 'id') : call));
    return { ...named, tool_calls: calls };
  };
}

/** Only what has no calls: a turn that called tools is followed by their results, never by one like it. */
function joinNeighbours(messages: readonly Json[]): readonly Json[] {
  const joined: Json[] = [];
  for (const message of messages) {
    const before = joined.at(-1);
    const fits = isPlain(message) && isPlain(before) && message.role === before.role;
    if (fits) joined[joined.length - 1] = { ...before, content: joinContent(before.content, message.content) };
    else joined.push(message);
  }
  return joined;
}

function isPlain(message: Json | undefined): message is JsonObject {
  if (!isJsonObject(message) || message.tool_calls !== undefined) return false;
  return message.role === 'user' || message.role === 'assistant';
}

function joinContent(one: Json | undefined, other: Json | undefined): Json {
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n\n${other}`;
  return [...partsOf(one), ...partsOf(other)];
}

function partsOf(content: Json | undefined): readonly Json[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return readList(content);
}

function omit(object: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)));
}
