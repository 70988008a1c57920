import { describe, expect, it } from 'vitest';
import type { AssistantPart, ChatRequest, Message } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiProvider as provider } from '../../../../functions/dialects/gemini/index.ts';
import { growth } from '../../../support/growth.ts';
import { chatRequest, encode, encodeTarget, errorOf } from './support.ts';

const text = (value: string) => ({ type: 'text', text: value }) as const;
const user = (...content: Extract<Message, { role: 'user' }>['content']): Message => ({ role: 'user', content });
const assistant = (...content: readonly AssistantPart[]): Message => ({ role: 'assistant', content });
const call = (id: string, name = 'f', more: Partial<AssistantPart> = {}): AssistantPart =>
  ({ type: 'tool-call', kind: 'function', id, name, arguments: '{"n":1}', ...more }) as AssistantPart;
const result = (callId: string, value: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', callId, content: [text(value)] }],
});
const contentsOf = (messages: readonly Message[], model?: string) =>
  encode({ messages }, model).body.contents as readonly { role: string; parts: readonly JsonObject[] }[];
const configOf = (fields: Partial<ChatRequest>, model?: string) => encode(fields, model).body.generationConfig;

describe('the path', () => {
  it.each([
    ['gemini-3.8-flash', false, '/models/gemini-3.8-flash:generateContent'],
    ['gemini-3.8-flash', true, '/models/gemini-3.8-flash:streamGenerateContent?alt=sse'],
    ['tunedModels/mine', false, '/tunedModels/mine:generateContent'],
    ['a b?c', false, '/models/a%20b%3Fc:generateContent'],
  ])('of %s, streamed: %s', (model, stream, path) => {
    expect(encode({ stream }, model)).toMatchObject({ method: 'POST', path, headers: {} });
  });
});

describe('messages', () => {
  it('keep leading instructions in order, and later ones in their place', () => {
    const system = (value: string): Message => ({ role: 'system', content: [text(value)] });
    expect(
      encode({
        messages: [
          system('one'),
          system('two'),
          user(text('hi')),
          assistant(text('ho')),
          system('three'),
          user(text('?')),
        ],
      }).body,
    ).toEqual({
      systemInstruction: { parts: [{ text: 'one' }, { text: 'two' }] },
      contents: [
        { role: 'user', parts: [{ text: 'hi' }] },
        { role: 'model', parts: [{ text: 'ho' }] },
        { role: 'user', parts: [{ text: '<system>\nthree\n</system>' }, { text: '?' }] },
      ],
    });
    expect(encode({ messages: [system('alone')] }).body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'alone' }] }],
    });
  });

  it('answer parallel calls in one turn, in the order of the calls, under the right names', () => {
    expect(
      contentsOf([
        user(text('go')),
        assistant(call('a', 'f'), call('b', 'g'), call('c', 'f')),
        result('c', 'third'),
        {
          role: 'tool',
          content: [{ type: 'tool-result', callId: 'b', content: [text('x'), text('y')], isError: true }],
        },
        result('a', 'first'),
        user(text('next')),
      ]).slice(1),
    ).toEqual([
      {
        role: 'model',
        parts: ['a f', 'b g', 'c f'].map((pair) => {
          const [id, name] = pair.split(' ');
          return { functionCall: { id, name, args: { n: 1 } } };
        }),
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'f', response: { output: 'first' } } },
          { functionResponse: { id: 'b', name: 'g', response: { error: 'x\ny' } } },
          { functionResponse: { id: 'c', name: 'f', response: { output: 'third' } } },
          { text: 'next' },
        ],
      },
    ]);
  });

  it('put media of results where the model takes them', () => {
    const media: Message = {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          callId: 'a',
          content: [
            text('see'),
            { type: 'image', source: { type: 'base64', mediaType: 'image/jpg', data: 'AA' } },
            { type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: 'BB' } },
          ],
        },
      ],
    };
    const image = { inlineData: { mimeType: 'image/jpeg', data: 'AA' } };
    const audio = { inlineData: { mimeType: 'audio/wav', data: 'BB' } };
    const response = { id: 'a', name: 'f', response: { output: 'see' } };
    expect(contentsOf([assistant(call('a')), media], 'gemini-2.5-pro')[1]?.parts).toEqual([
      { functionResponse: response },
      image,
      audio,
    ]);
    expect(contentsOf([assistant(call('a')), media], 'gemini-3.8-flash')[1]?.parts).toEqual([
      { functionResponse: { ...response, parts: [image] } },
      audio,
    ]);
  });

  it('take media inline or by URL', () => {
    const parts = contentsOf([
      user(
        { type: 'image', source: { type: 'url', url: 'https://example.org/a/b.PNG?x=1' } },
        { type: 'image', source: { type: 'url', url: 'https://example.org/image' } },
        { type: 'file', source: { type: 'base64', mediaType: 'application/pdf', data: 'CC' }, filename: 'x.pdf' },
        { type: 'file', source: { type: 'reference', origin: 'gemini', id: 'gs://b/c' } },
        { type: 'audio', source: { type: 'base64', mediaType: 'audio/mpeg', data: 'DD' } },
        { type: 'opaque', origin: 'gemini', data: { executableCode: { code: '1' } } },
        text(''),
      ),
    ])[0]?.parts;
    expect(parts).toEqual([
      { fileData: { fileUri: 'https://example.org/a/b.PNG?x=1', mimeType: 'image/png' } },
      { fileData: { fileUri: 'https://example.org/image' } },
      { inlineData: { mimeType: 'application/pdf', data: 'CC' } },
      { fileData: { fileUri: 'gs://b/c' } },
      { inlineData: { mimeType: 'audio/mp3', data: 'DD' } },
      { executableCode: { code: '1' } },
    ]);
  });

  it.each<[string, readonly Message[], string]>([
    ['nothing but blanks', [user(text(''))], 'messages'],
    ['a result without its call', [user(text('x')), result('a', 'y')], 'messages[1].content[0].tool_call_id'],
    [
      'arguments that are no object',
      [assistant(call('a', 'f', { arguments: '[1]' } as Partial<AssistantPart>))],
      'messages[0].content[0].arguments',
    ],
    [
      "another provider's file",
      [user(text('x'), { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } })],
      'messages[0].content[1]',
    ],
  ])('refuse %s', (_, messages, param) => {
    const error = errorOf(() => encode({ messages }));
    expect(error).toMatchObject({ status: 400, param });
  });

  it('say what they had to leave out', () => {
    const { dropped } = encode({
      messages: [
        {
          role: 'user',
          name: 'ann',
          content: [text('x'), { type: 'opaque', origin: 'openai-chat', data: { type: 'y' } }],
        },
      ],
      seed: 1,
      topK: 2,
      logitBias: { 1: 2 },
      metadata: { a: 'b' },
      endUser: 'ann',
      promptCacheKey: 'k',
      serviceTier: 'scale',
      parallelToolCalls: false,
      tools: [
        { kind: 'function', name: 'f', parameters: {} },
        { kind: 'provider', origin: 'anthropic-messages', name: 'web_search', data: {} },
      ],
      extensions: { 'openai-chat': { store: true }, gemini: { safetySettings: [] } },
    });
    expect([...dropped].sort()).toEqual(
      [
        'logit_bias',
        'messages[0].content[1]',
        'messages[0].name',
        'metadata',
        'parallel_tool_calls',
        'prompt_cache_key',
        'service_tier',
        'store',
        'tools[1]',
        'user',
      ].sort(),
    );
  });

  it('take time in proportion to their number', () => {
    const many = (count: number) =>
      encode({
        messages: Array.from({ length: count }, (_, index) => [
          assistant(call(`c${index}`)),
          result(`c${index}`, 'x'),
          user(text('a')),
          user(text('b')),
        ]).flat(),
      });
    expect(growth(many, 1_000, 8_000)).toBeLessThan(24);
  });
});

describe('signatures', () => {
  const own = { signature: { origin: 'gemini', value: 'c2ln' } } as const;
  const foreign = { signature: { origin: 'anthropic-messages', value: 'EqQB' } } as const;
  const unsigned = 'skip_thought_signature_validator';

  it('go back with the parts that they came with', () => {
    expect(
      contentsOf(
        [
          assistant(
            { type: 'reasoning', text: 'hm', ...own },
            text('Hello'),
            { type: 'reasoning', text: '', signature: { origin: 'gemini', value: 'dGV4dA==' } },
            call('a', 'f', own),
            call('b'),
          ),
        ],
        'gemini-3.8-flash',
      ),
    ).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'hm', thought: true, thoughtSignature: 'c2ln' },
          { text: 'Hello', thoughtSignature: 'dGV4dA==' },
          { functionCall: { id: 'a', name: 'f', args: { n: 1 } }, thoughtSignature: 'c2ln' },
          { functionCall: { id: 'b', name: 'f', args: { n: 1 } } },
        ],
      },
    ]);
  });

  it('of a text stand behind it, also where a client has to tell them first, or alone', () => {
    const signature: AssistantPart = { type: 'reasoning', text: '', ...own };
    const textPart = { text: 'Hello', thoughtSignature: 'c2ln' };
    expect(contentsOf([assistant(signature, text('Hello'))])[0]?.parts).toEqual([textPart]);
    expect(
      contentsOf([assistant({ ...text('Hello'), extensions: { gemini: { signature: 'c2ln' } } })])[0]?.parts,
    ).toEqual([textPart]);
    expect(contentsOf([assistant(signature)])[0]?.parts).toEqual([{ text: '', thoughtSignature: 'c2ln' }]);
  });

  it('of others stay away, with the thoughts that they prove', () => {
    const messages = [
      assistant(
        { type: 'reasoning', text: 'secret', ...foreign },
        { type: 'reasoning', text: 'bare' },
        call('a', 'f', foreign),
      ),
    ];
    const functionCall = { id: 'a', name: 'f', args: { n: 1 } };
    expect(contentsOf(messages, 'gemini-2.5-flash')[0]?.parts).toEqual([{ functionCall }]);
    // The newer models refuse a first call without one, and Google documents what to say instead.
    expect(contentsOf(messages, 'gemini-3.8-flash')[0]?.parts).toEqual([{ functionCall, thoughtSignature: unsigned }]);
    expect(contentsOf([assistant(call('a'), call('b'))], 'gemini-4-argon')[0]?.parts).toEqual([
      { functionCall, thoughtSignature: unsigned },
      { functionCall: { ...functionCall, id: 'b' } },
    ]);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false } as const;

  it('are declared with JSON schemas, and renamed where their names are refused', () => {
    const encoded = encode({
      tools: [
        { kind: 'function', name: 'plain.name:v-1', description: 'd', parameters },
        { kind: 'function', name: '9 lives!', parameters: { type: 'object', properties: {} } },
        { kind: 'custom', name: 'shell', format: { type: 'grammar' } },
        { kind: 'provider', origin: 'gemini', name: 'googleSearch', data: { googleSearch: {} } },
      ],
      toolChoice: { type: 'tool', name: '9 lives!' },
      messages: [user(text('x')), assistant(call('1', '9 lives!')), result('1', 'ok')],
    });
    const declarations = (encoded.body.tools as readonly JsonObject[])[0]
      ?.functionDeclarations as readonly JsonObject[];
    const alias = String(declarations[1]?.name);
    expect(alias).toMatch(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/);
    expect(encoded.body.tools).toEqual([
      {
        functionDeclarations: [
          { name: 'plain.name:v-1', description: 'd', parametersJsonSchema: parameters },
          { name: alias },
          {
            name: 'shell',
            parametersJsonSchema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
          },
        ],
      },
      { googleSearch: {} },
    ]);
    expect(encoded.body.toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [alias] } });
    expect(JSON.stringify(encoded.body.contents)).not.toContain('9 lives!');
    expect(encoded.restore?.toolNames.get(alias)).toBe('9 lives!');
    expect(encoded.restore?.customTools).toEqual(new Set(['shell']));
    expect(encoded.dropped).toEqual(['tools[2].custom.format']);
  });

  const tool = { kind: 'function', name: 'f', parameters } as const;
  it.each<[Partial<ChatRequest>, JsonObject | undefined, readonly string[]]>([
    [{}, undefined, []],
    [{ toolChoice: { type: 'auto' } }, { mode: 'AUTO' }, []],
    [{ toolChoice: { type: 'none' }, parallelToolCalls: false }, { mode: 'NONE' }, []],
    [{ toolChoice: { type: 'required' } }, { mode: 'ANY' }, []],
    [{ toolChoice: { type: 'tool', name: 'f' } }, { mode: 'ANY', allowedFunctionNames: ['f'] }, []],
    [{ toolChoice: { type: 'required' }, parallelToolCalls: false }, { mode: 'ANY' }, ['parallel_tool_calls']],
    [{ parallelToolCalls: true }, undefined, []],
    [{ tools: [{ ...tool, strict: true }] }, { mode: 'VALIDATED' }, []],
  ])('%j', (fields, calling, dropped) => {
    const encoded = encode({ tools: [tool], ...fields });
    expect(encoded.body.toolConfig).toEqual(calling === undefined ? undefined : { functionCallingConfig: calling });
    expect(encoded.dropped).toEqual(dropped);
  });

  it('cannot be forced where there are none, nor held to a schema by old models', () => {
    expect(errorOf(() => encode({ toolChoice: { type: 'required' } }))).toMatchObject({ param: 'tool_choice' });
    expect(encode({ tools: [{ ...tool, strict: true }] }, 'gemini-2.0-flash')).toMatchObject({
      dropped: ['tools[0].function.strict'],
    });
  });
});

describe('schemas', () => {
  const format = (schema: JsonObject) => configOf({ responseFormat: { type: 'json-schema', name: 'x', schema } });

  it('go out whole, with references alone in their places', () => {
    const schema = {
      $defs: { city: { type: 'object', properties: { name: { type: 'string', pattern: '^.' } }, required: ['name'] } },
      type: 'object',
      properties: {
        home: { $ref: '#/$defs/city' },
        work: { $ref: '#/$defs/city', description: 'where' },
      },
      required: ['home', 'work'],
      additionalProperties: false,
    };
    expect(format(schema)).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: {
        ...schema,
        properties: {
          home: { $ref: '#/$defs/city' },
          work: { description: 'where', anyOf: [{ $ref: '#/$defs/city' }] },
        },
      },
    });
    expect(configOf({ responseFormat: { type: 'json' } })).toEqual({ responseMimeType: 'application/json' });
    expect(configOf({ responseFormat: { type: 'text' } })).toBeUndefined();
  });

  const node = (required: readonly string[], child: JsonObject): JsonObject => ({
    $defs: { node: { type: 'object', properties: { value: { type: 'string' }, next: child }, required } },
    $ref: '#/$defs/node',
  });
  it('may recur where a value can be left out, and nowhere else', () => {
    const reference = { $ref: '#/$defs/node' };
    expect(format(node(['value'], reference))).toBeDefined();
    expect(format({ type: 'object', properties: { self: { type: 'array', items: { $ref: '#' } } } })).toBeDefined();
    for (const schema of [
      node(['value', 'next'], reference),
      node(['next'], { anyOf: [reference, { type: 'null' }] }),
      node(['next'], { type: 'array', items: reference }),
      { type: 'object', properties: { self: { $ref: '#' } }, required: ['self'] },
      // The circle lies behind a property that may be left out.
      { ...node(['next'], reference), $ref: undefined, properties: { list: reference } },
      { $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' },
    ]) {
      expect(errorOf(() => format(schema as JsonObject))).toMatchObject({
        kind: 'unsupported-parameter',
        param: 'response_format.json_schema.schema',
      });
    }
    const error = errorOf(() =>
      encode({ tools: [{ kind: 'function', name: 'f', parameters: node(['next'], reference) }] }),
    );
    expect(error.param).toBe('tools[0].function.parameters');
    expect(error.message).toContain('#/$defs/node');
  });
});

describe('settings', () => {
  it('have their own names', () => {
    expect(
      configOf({
        maxOutputTokens: 5,
        temperature: 0,
        topP: 0.1,
        topK: 2,
        stop: ['a', 'b'],
        candidates: 2,
        seed: 3,
        presencePenalty: 0.4,
        frequencyPenalty: 0.5,
        logprobs: true,
        topLogprobs: 6,
      }),
    ).toEqual({
      maxOutputTokens: 5,
      temperature: 0,
      topP: 0.1,
      topK: 2,
      stopSequences: ['a', 'b'],
      candidateCount: 2,
      seed: 3,
      presencePenalty: 0.4,
      frequencyPenalty: 0.5,
      responseLogprobs: true,
      logprobs: 6,
    });
    expect(encode({}).body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] });
    expect(encode({ serviceTier: 'default' }).body.serviceTier).toBe('standard');
    expect(encode({ serviceTier: 'auto' }).body).not.toHaveProperty('serviceTier');
  });

  it('are left out where the model, or the server, refuses them', () => {
    const fields = { candidates: 2, presencePenalty: 1, frequencyPenalty: 0, seed: 4 };
    expect(encode(fields, 'gemini-4-neon')).toMatchObject({
      body: { generationConfig: { seed: 4 } },
      dropped: ['n', 'presence_penalty'],
    });
    const target = encodeTarget('gemini-2.5-pro', ['generationConfig.seed', 'serviceTier', 'labels']);
    expect(provider.encodeRequest(chatRequest({ seed: 4, topP: 0.5, serviceTier: 'flex' }), target)).toMatchObject({
      body: { contents: expect.anything(), generationConfig: { topP: 0.5 } },
      dropped: ['generationConfig.seed', 'serviceTier'],
    });
  });

  it('of this dialect go to their places, and never over what was asked', () => {
    const { body } = encode({
      temperature: 0.5,
      extensions: {
        gemini: {
          safetySettings: [{ category: 'x' }],
          'generationConfig.responseModalities': ['TEXT'],
          'generationConfig.temperature': 2,
          'generationConfig.maxOutputTokens': 1_000_000,
          'toolConfig.retrievalConfig': { a: 1 },
        },
      },
    });
    expect(body).toMatchObject({
      safetySettings: [{ category: 'x' }],
      generationConfig: { temperature: 0.5, responseModalities: ['TEXT'] },
      toolConfig: { retrievalConfig: { a: 1 } },
    });
    expect(body.generationConfig).not.toHaveProperty('maxOutputTokens');
  });

  it.each<[string, ChatRequest['reasoning'], JsonObject | undefined, readonly string[]]>([
    ['gemini-2.5-flash', undefined, undefined, []],
    ['gemini-2.5-flash', { effort: 'medium' }, { includeThoughts: true, thinkingBudget: 8_192 }, []],
    ['gemini-2.5-flash', { effort: 'max' }, { includeThoughts: true, thinkingBudget: 24_576 }, []],
    ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }, []],
    ['gemini-2.5-flash', { mode: 'adaptive' }, { includeThoughts: true, thinkingBudget: -1 }, []],
    ['gemini-2.5-flash', { budgetTokens: 3 }, { includeThoughts: true, thinkingBudget: 3 }, []],
    ['gemini-2.5-flash-lite', { budgetTokens: 3 }, { includeThoughts: true, thinkingBudget: 512 }, []],
    ['gemini-2.5-pro', { budgetTokens: 3 }, { includeThoughts: true, thinkingBudget: 128 }, []],
    ['gemini-2.5-pro', { budgetTokens: 99_999 }, { includeThoughts: true, thinkingBudget: 32_768 }, []],
    ['gemini-2.5-pro', { mode: 'off' }, undefined, ['reasoning_effort']],
    ['gemini-2.5-flash-image', { effort: 'low' }, undefined, ['reasoning_effort']],
    ['gemini-2.0-flash', { budgetTokens: 5 }, undefined, ['thinking.budget_tokens']],
    ['gemini-2.0-flash', { mode: 'off' }, undefined, []],
    ['gemini-3-pro-preview', { effort: 'medium' }, { includeThoughts: true, thinkingLevel: 'LOW' }, []],
    ['gemini-3-flash-preview', { effort: 'minimal' }, { includeThoughts: true, thinkingLevel: 'MINIMAL' }, []],
    ['gemini-3.5-flash-lite', { effort: 'none' }, { thinkingLevel: 'MINIMAL' }, []],
    ['gemini-3.1-pro-preview', { effort: 'xhigh' }, { includeThoughts: true, thinkingLevel: 'HIGH' }, []],
    ['gemini-3.8-flash', { effort: 'minimal' }, { includeThoughts: true, thinkingLevel: 'LOW' }, []],
    ['gemini-3.8-flash', { budgetTokens: 10_000 }, { includeThoughts: true, thinkingLevel: 'MEDIUM' }, []],
    ['gemini-3.8-flash', { mode: 'on' }, { includeThoughts: true }, []],
    ['gemini-4-argon', { effort: 'none' }, undefined, ['reasoning_effort']],
    ['gemini-pro-latest', { effort: 'high' }, { includeThoughts: true, thinkingLevel: 'HIGH' }, []],
    ['gemma-4-31b', { effort: 'high' }, undefined, ['reasoning_effort']],
  ])('of thinking, for %s: %j', (model, reasoning, thinkingConfig, dropped) => {
    const encoded = encode(reasoning === undefined ? {} : { reasoning }, model);
    const config = encoded.body.generationConfig as JsonObject | undefined;
    expect(config?.thinkingConfig).toEqual(thinkingConfig);
    expect(encoded.dropped).toEqual(dropped);
  });
});
