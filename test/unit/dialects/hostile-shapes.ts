/** Bodies that are made to be dear, or to break something: a few hundred kilobytes of one thing each. */
import type { ClientDialect } from '../../../functions/core/chat.ts';
import type { Json, JsonObject } from '../../../functions/core/json.ts';

export interface HostileShape {
  readonly dialect: ClientDialect;
  readonly name: string;
  make(count: number): JsonObject;
  /** The place that is wrong; absent where the body is strange, but nothing that could be refused. */
  readonly param?: string;
}

const list = (count: number, item: (index: number) => Json): Json[] =>
  Array.from({ length: count }, (_, at) => item(at));
const record = (count: number, value: (index: number) => Json): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, value(at)]));
const ones = (count: number): Json[] => list(count, () => 1);
const deep = (count: number): Json[] =>
  list(Math.ceil(count / 50), () => Array.from({ length: 50 }).reduce<Json>((inner) => [inner], 1));
const chain = (count: number): JsonObject => ({
  type: 'object',
  properties: { a: { $ref: '#/$defs/k0' } },
  $defs: record(count, (at) => ({ $ref: `#/$defs/k${at + 1}` })),
  required: ['a'],
});
const wide = (count: number): JsonObject => ({
  type: 'object',
  properties: record(count, () => ({ type: 'string' })),
  required: Array.from({ length: count }, (_, at) => `k${at}`),
});
const nested = (count: number): string => `{"a":${'['.repeat(count)}${']'.repeat(count)}}`;

interface Words {
  body(fields: JsonObject): JsonObject;
  readonly messages: string;
  readonly parts: string;
  readonly stop: readonly string[];
  readonly cap: readonly string[];
  user(parts: Json): JsonObject;
  tool(schema: JsonObject): JsonObject;
  format(schema: JsonObject): JsonObject;
}

const openaiUser = (content: Json): JsonObject => ({ role: 'user', content });
const WORDS: { readonly [D in ClientDialect]: Words } = {
  'openai-chat': {
    body: (fields) => ({ model: 'm', messages: [openaiUser('a')], ...fields }),
    messages: 'messages',
    parts: 'content',
    stop: ['stop'],
    cap: ['max_tokens'],
    user: openaiUser,
    tool: (parameters) => ({ type: 'function', function: { name: 'f', strict: true, parameters } }),
    format: (schema) => ({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }),
  },
  'openai-responses': {
    body: (fields) => ({ model: 'm', input: [openaiUser('a')], ...fields }),
    messages: 'input',
    parts: 'content',
    stop: ['include'],
    cap: ['max_output_tokens'],
    user: openaiUser,
    tool: (parameters) => ({ type: 'function', name: 'f', strict: true, parameters }),
    format: (schema) => ({ text: { format: { type: 'json_schema', name: 'x', schema } } }),
  },
  'anthropic-messages': {
    body: (fields) => ({ model: 'm', max_tokens: 100, messages: [openaiUser('a')], ...fields }),
    messages: 'messages',
    parts: 'content',
    stop: ['stop_sequences'],
    cap: ['max_tokens'],
    user: openaiUser,
    tool: (schema) => ({ name: 'f', strict: true, input_schema: schema }),
    format: (schema) => ({ output_config: { format: { type: 'json_schema', schema } } }),
  },
  gemini: {
    body: (fields) => ({ contents: [{ role: 'user', parts: [{ text: 'a' }] }], ...fields }),
    messages: 'contents',
    parts: 'parts',
    stop: ['generationConfig', 'stopSequences'],
    cap: ['generationConfig', 'maxOutputTokens'],
    user: (parts) => ({ role: 'user', parts }),
    tool: (schema) => ({ functionDeclarations: [{ name: 'f', parametersJsonSchema: schema }] }),
    format: (schema) => ({
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
    }),
  },
};

const nest = (path: readonly string[], value: Json): JsonObject =>
  path.reduceRight<Json>((inner, name) => ({ [name]: inner }), value) as JsonObject;

type Shape = Omit<HostileShape, 'dialect'>;

function common(dialect: ClientDialect): readonly Shape[] {
  const { body, messages, parts, stop, cap, user, tool, format } = WORDS[dialect];
  const stopPlace = stop.join('.');
  const type = dialect === 'openai-responses' ? 'input_text' : 'text';
  const textPart = dialect === 'gemini' ? { text: 'a' } : { type, text: 'a' };
  const shapes: readonly Shape[] = [
    { name: 'messages that are none', make: (n) => body({ [messages]: ones(n) }), param: `${messages}[0]` },
    {
      name: 'parts that are none',
      make: (n) => body({ [messages]: [user(ones(n))] }),
      param: `${messages}[0].${parts}[0]`,
    },
    { name: 'a list of lists', make: (n) => body({ [messages]: list(n, () => []) }), param: `${messages}[0]` },
    {
      name: 'a list of empty objects',
      make: (n) => body({ [messages]: [user(list(n, () => ({})))] }),
      param: `${messages}[0].${parts}[0]${dialect === 'gemini' ? '' : '.type'}`,
    },
    {
      name: 'the last message wrong',
      make: (n) =>
        body({ [messages]: [...list(999, () => user(dialect === 'gemini' ? [{ text: 'a' }] : 'a')), ...ones(n)] }),
      param: `${messages}[999]`,
    },
    {
      name: 'neighbours of one role',
      make: (n) => body({ [messages]: list(n / 3, () => user([textPart])) }),
    },
    { name: 'tools that are none', make: (n) => body({ tools: ones(Math.min(n, 10_000)) }), param: 'tools[0]' },
    { name: 'too many tools', make: (n) => body({ tools: list(n, () => ({})) }), param: 'tools' },
    { name: 'texts that are none', make: (n) => body(nest(stop, ones(n))), param: `${stopPlace}[0]` },
    {
      name: 'very many texts',
      make: (n) =>
        body(
          nest(
            stop,
            list(n, () => 'a'),
          ),
        ),
    },
    { name: 'unknown fields', make: (n) => body(record(n, () => 1)) },
    { name: 'unknown fields that are null', make: (n) => body(record(n, () => null)) },
    { name: 'a field that is deep', make: (n) => body({ unknown: deep(n) }) },
    {
      name: 'a long name of a model',
      make: (n) => body({ model: 'm'.repeat(n) }),
      param: 'model',
    },
    { name: 'a cap beyond all money', make: () => body(nest(cap, 1e15)), param: cap.join('.') },
    { name: 'references in a chain', make: (n) => body({ tools: [tool(chain(n / 10))] }) },
    { name: 'a chain in the format', make: (n) => body(format(chain(n / 10))) },
    { name: 'very many properties', make: (n) => body({ tools: [tool(wide(n / 10))] }) },
    { name: 'very many properties in the format', make: (n) => body(format(wide(n / 10))) },
    {
      name: 'a reference of a megabyte',
      make: (n) => body({ tools: [tool({ items: { $ref: `#${'/a'.repeat(n)}` } })] }),
    },
    { name: 'a schema that is deep', make: (n) => body(format({ anyOf: deep(n) })) },
  ];
  // The model of Gemini stands in the path.
  return dialect === 'gemini' ? shapes.filter((shape) => shape.param !== 'model') : shapes;
}

const CALL = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const chat = (...messages: Json[]): JsonObject => ({ model: 'm', messages: [openaiUser('a'), ...messages] });
const OWN: { readonly [D in ClientDialect]: readonly Shape[] } = {
  'openai-chat': [
    {
      name: 'calls that are none',
      make: (n) => chat({ role: 'assistant', tool_calls: ones(n) }),
      param: 'messages[1].tool_calls[0]',
    },
    { name: 'metadata of numbers', make: (n) => ({ ...chat(), metadata: record(n, () => 1) }), param: 'metadata.k0' },
    { name: 'biases of texts', make: (n) => ({ ...chat(), logit_bias: record(n, () => '') }), param: 'logit_bias.k0' },
    {
      name: 'arguments that are deep',
      make: (n) =>
        chat({ role: 'assistant', tool_calls: [{ ...CALL, function: { name: 'f', arguments: nested(n) } }] }),
    },
    {
      name: 'a message with many fields',
      make: (n) => chat({ role: 'user', content: 'a', ...record(n, () => 1) }),
      param: 'messages[1]',
    },
    {
      name: 'reasoning of many pieces',
      make: (n) =>
        chat({
          role: 'assistant',
          content: 'a',
          reasoning_details: list(n, () => ({ type: 'reasoning.text', text: 'a' })),
        }),
    },
    {
      name: 'roles out of the prototype',
      make: () => chat({ role: 'constructor', content: 'a' }),
      param: 'messages[1].role',
    },
    {
      name: 'many calls with bad ids',
      make: (n) => chat(...list(n / 100, (at) => ({ role: 'assistant', tool_calls: [{ ...CALL, id: `ä${at}` }] }))),
    },
  ],
  'openai-responses': [
    {
      name: 'metadata of numbers',
      make: (n) => ({ model: 'm', input: 'a', metadata: record(n, () => 1) }),
      param: 'metadata.k0',
    },
    {
      name: 'passages that are none',
      make: (n) => ({ model: 'm', input: [{ type: 'reasoning', summary: ones(n) }] }),
      param: 'input[0].summary[0]',
    },
    {
      name: 'an item with many fields',
      make: (n) => ({ model: 'm', input: [{ role: 'user', content: 'a', ...record(n, () => 1) }] }),
      param: 'input[0]',
    },
    {
      name: 'kinds of items without end',
      make: (n) => ({ model: 'm', input: [openaiUser('a'), ...list(n / 3, (at) => ({ type: `x${at}` }))] }),
    },
  ],
  'anthropic-messages': [
    {
      name: 'a system prompt of nothing',
      make: (n) => ({ ...WORDS['anthropic-messages'].body({}), system: ones(n) }),
      param: 'system[0]',
    },
    {
      name: 'metadata of numbers',
      make: (n) => ({ ...WORDS['anthropic-messages'].body({}), metadata: record(n, () => 1) }),
      param: 'metadata',
    },
    {
      name: 'a block with many fields',
      make: (n) =>
        WORDS['anthropic-messages'].body({
          messages: [openaiUser([{ type: 'text', text: 'a', ...record(n, () => 1) }])],
        }),
      param: 'messages[0].content[0]',
    },
    {
      name: 'a call with many arguments',
      make: (n) =>
        WORDS['anthropic-messages'].body({
          messages: [
            openaiUser('a'),
            { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: record(n, () => 1) }] },
          ],
        }),
    },
    {
      name: 'system and assistant in turn',
      make: (n) =>
        WORDS['anthropic-messages'].body({
          messages: list(n / 10, (at) => ({ role: at % 2 ? 'assistant' : 'system', content: 'a' })),
        }),
    },
    {
      name: 'a budget beyond all money',
      make: () => WORDS['anthropic-messages'].body({ thinking: { type: 'enabled', budget_tokens: 1e15 } }),
      param: 'thinking.budget_tokens',
    },
  ],
  gemini: [
    { name: 'labels of numbers', make: (n) => WORDS.gemini.body({ labels: record(n, () => 1) }), param: 'labels.k0' },
    {
      name: 'settings that are unknown',
      make: (n) => WORDS.gemini.body({ generationConfig: record(n, () => 1) }),
      param: 'generationConfig',
    },
    {
      name: 'names of functions that are none',
      make: (n) => WORDS.gemini.body({ toolConfig: { functionCallingConfig: { allowedFunctionNames: ones(n) } } }),
      param: 'toolConfig.functionCallingConfig.allowedFunctionNames[0]',
    },
    {
      name: 'all functions allowed one by one',
      make: (n) => {
        const names = Array.from({ length: Math.min(n / 5, 9_999) }, (_, at) => `f${at}`);
        return WORDS.gemini.body({
          tools: [{ functionDeclarations: names.map((name) => ({ name })) }],
          toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: names } },
        });
      },
    },
    {
      name: 'too many functions',
      make: (n) => WORDS.gemini.body({ tools: [{ functionDeclarations: list(n, () => ({ name: 'f' })) }] }),
      param: 'tools[0].functionDeclarations',
    },
    {
      name: 'a level out of the prototype',
      make: () => WORDS.gemini.body({ generationConfig: { thinkingConfig: { thinkingLevel: 'constructor' } } }),
      param: 'generationConfig.thinkingConfig.thinkingLevel',
    },
    {
      name: 'more answers than anybody gives',
      make: () => WORDS.gemini.body({ generationConfig: { candidateCount: 1_000 } }),
      param: 'generationConfig.candidateCount',
    },
    {
      name: 'a budget beyond all money',
      make: () => WORDS.gemini.body({ generationConfig: { thinkingConfig: { thinkingBudget: 1e15 } } }),
      param: 'generationConfig.thinkingConfig.thinkingBudget',
    },
  ],
};

export const HOSTILE_SHAPES: readonly HostileShape[] = (Object.keys(WORDS) as ClientDialect[]).flatMap((dialect) =>
  [...common(dialect), ...OWN[dialect]].map((shape) => ({ dialect, ...shape })),
);
