import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiProvider as provider } from '../../../../functions/dialects/gemini/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { errorOf } from '../../../support/error-of.ts';
import { assistant, call, result, text, user } from './messages.ts';
import { encode, encodeTarget } from './support.ts';

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
