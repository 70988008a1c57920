import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiClient as client } from '../../../../functions/dialects/gemini/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { decode, HELLO } from './support.ts';
import { model, user } from './turns.ts';

describe('a request', () => {
  it('takes model and streaming from the path, and always counts', () => {
    const request = client.decodeRequest(HELLO, { model: 'google/gemini-3.8-flash', stream: true });
    expect(request).toMatchObject({ model: 'google/gemini-3.8-flash', stream: true, includeUsage: true });
    expect(client.decodeRequest({ ...HELLO, model: 'models/x' })).toMatchObject({ model: 'x', stream: false });
    expect(errorOf(() => client.decodeRequest(HELLO))).toMatchObject({ param: 'model', kind: 'invalid-request' });
  });

  it('is understood in either spelling, and without the brackets of a list of one', () => {
    const camel = decode({
      contents: [user({ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, { text: 'what' })],
      systemInstruction: { parts: [{ text: 'be brief' }] },
      generationConfig: {
        maxOutputTokens: 5,
        topP: 0.5,
        topK: 3,
        stopSequences: ['x'],
        candidateCount: 2,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        responseLogprobs: true,
        logprobs: 4,
        seed: 7,
        temperature: 0.3,
        responseMimeType: 'application/json',
        responseSchema: { type: 'ARRAY', items: { type: 'STRING' }, minItems: '1' },
        thinkingConfig: { thinkingBudget: 100, includeThoughts: true },
      },
      tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
    });
    const snake = decode({
      contents: { role: 'user', parts: [{ inline_data: { mime_type: 'image/png', data: 'AAAA' } }, { text: 'what' }] },
      system_instruction: { parts: { text: 'be brief' } },
      generation_config: {
        max_output_tokens: 5,
        top_p: 0.5,
        top_k: 3,
        stop_sequences: ['x'],
        candidate_count: 2,
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        response_logprobs: true,
        logprobs: 4,
        seed: 7,
        temperature: 0.3,
        response_mime_type: 'application/json',
        response_schema: { type: 'ARRAY', items: { type: 'STRING' }, min_items: '1' },
        thinking_config: { thinking_budget: 100, include_thoughts: true },
      },
      tools: { function_declarations: { name: 'f', parameters_json_schema: { type: 'object' } } },
      tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['f'] } },
    });
    expect(snake).toEqual(camel);
    expect(camel).toMatchObject({
      maxOutputTokens: 5,
      topP: 0.5,
      topK: 3,
      stop: ['x'],
      candidates: 2,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      logprobs: true,
      topLogprobs: 4,
      seed: 7,
      temperature: 0.3,
      responseFormat: {
        type: 'json-schema',
        name: 'response',
        schema: { type: 'array', items: { type: 'string' }, minItems: 1 },
      },
      reasoning: { budgetTokens: 100, summary: 'auto' },
      tools: [{ kind: 'function', name: 'f', parameters: { type: 'object' } }],
      toolChoice: { type: 'tool', name: 'f' },
      extensions: {},
    });
    expect(camel.messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
          { type: 'text', text: 'what' },
        ],
      },
    ]);
  });

  it('keeps what only Google understands, under its path', () => {
    const request = decode({
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      cached_content: 'cachedContents/abc',
      generationConfig: { responseModalities: ['AUDIO'], speech_config: { a: 1 }, topP: null },
      toolConfig: { retrievalConfig: { languageCode: 'de' } },
      serviceTier: 'flex',
      labels: { team: 'x' },
    });
    expect(request.extensions).toEqual({
      gemini: {
        safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
        cachedContent: 'cachedContents/abc',
        'toolConfig.retrievalConfig': { languageCode: 'de' },
        'generationConfig.responseModalities': ['AUDIO'],
        'generationConfig.speechConfig': { a: 1 },
      },
    });
    expect(request).toMatchObject({ nativeOnly: ['cachedContent'], serviceTier: 'flex', metadata: { team: 'x' } });
  });

  it.each([
    [{ contents: [] }, 'contents'],
    [{ contents: undefined }, 'contents'],
    [{ contents: 'hi' }, 'contents'],
    [{ contents: [model()] }, 'contents'],
    [{ contents: [user()] }, 'contents[0].parts'],
    [{ contents: [user({})] }, 'contents[0].parts[0]'],
    [{ contents: [{ role: 'system', parts: [{ text: 'x' }] }] }, 'contents[0].role'],
    [{ contents: [user({ text: 1 })] }, 'contents[0].parts[0].text'],
    [{ contents: [user({ inline_data: { mimeType: 'image/png' } })] }, 'contents[0].parts[0].inline_data.data'],
    [
      { contents: [user({ functionResponse: { name: 'f', response: {} } })] },
      'contents[0].parts[0].functionResponse.name',
    ],
    [
      { contents: [user({ functionResponse: { id: 'a', name: 'f', response: {} } })] },
      'contents[0].parts[0].functionResponse.id',
    ],
    [{ contents: [model({ functionCall: { name: 'f', args: [1] } })] }, 'contents[0].parts[0].functionCall.args'],
    [{ contents: [model({ functionCall: {} })] }, 'contents[0].parts[0].functionCall.name'],
    [{ systemInstruction: { parts: [{ inlineData: {} }] } }, 'systemInstruction.parts[0]'],
    [{ generationConfig: { maxOutputTokens: 0 } }, 'generationConfig.maxOutputTokens'],
    [{ generation_config: { max_output_tokens: 'x' } }, 'generation_config.max_output_tokens'],
    [{ generationConfig: { responseSchema: {} } }, 'generationConfig.responseSchema'],
    [{ generationConfig: { stopSequences: ['a', 1] } }, 'generationConfig.stopSequences[1]'],
    [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'MUCH' } } },
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 5 } } },
      'generationConfig.thinkingConfig.thinkingBudget',
    ],
    [{ tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
    [
      { tools: [{ functionDeclarations: [{ name: 'f', parameters: { properties: { a: { type: ['X'] } } } }] }] },
      'tools[0].functionDeclarations[0].parameters.properties.a.type',
    ],
    [{ toolConfig: { functionCallingConfig: { mode: 'SOME' } } }, 'toolConfig.functionCallingConfig.mode'],
    [{ toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 'toolConfig.functionCallingConfig.mode'],
    [
      { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } } },
      'toolConfig.functionCallingConfig.allowedFunctionNames[0]',
    ],
  ])('%j is wrong at %s', (fields, param) => {
    expect(errorOf(() => decode(fields))).toMatchObject({ kind: 'invalid-request', param });
  });
});

describe('tools', () => {
  const declared = (declaration: JsonObject) => decode({ tools: [{ functionDeclarations: [declaration] }] }).tools[0];

  it('have their OpenAPI schemas made JSON schemas', () => {
    expect(
      declared({
        name: 'find',
        description: 'finds',
        parameters: {
          type: 'OBJECT',
          required: ['kind'],
          property_ordering: ['kind', 'range'],
          properties: {
            range: {
              type: 'OBJECT',
              nullable: true,
              properties: {
                from: { type: 'INTEGER', minimum: 1, format: 'int32' },
                tags: { type: 'ARRAY', maxItems: '3' },
              },
            },
            kind: { type: 'STRING', format: 'enum', enum: ['a', 'b'], nullable: true, example: 'a' },
            either: { anyOf: [{ type: 'NUMBER' }, { type: 'TYPE_UNSPECIFIED' }], nullable: true },
          },
        },
      }),
    ).toEqual({
      kind: 'function',
      name: 'find',
      description: 'finds',
      parameters: {
        type: 'object',
        required: ['kind'],
        properties: {
          kind: { type: ['string', 'null'], enum: ['a', 'b', null], examples: ['a'] },
          range: {
            type: ['object', 'null'],
            properties: {
              from: { type: 'integer', format: 'int32', minimum: 1 },
              tags: { type: 'array', maxItems: 3 },
            },
          },
          either: { anyOf: [{ anyOf: [{ type: 'number' }, {}] }, { type: 'null' }] },
        },
      },
    });
    const parameters = (
      declared({ name: 'f', parameters: { properties: { b: {}, a: {} }, propertyOrdering: ['a'] } }) as {
        parameters: JsonObject;
      }
    ).parameters;
    expect(JSON.stringify(parameters)).toBe('{"properties":{"a":{},"b":{}}}');
  });

  it('may have no parameters, and be Google’s own', () => {
    expect(declared({ name: 'now', behavior: 'NON_BLOCKING' })).toEqual({
      kind: 'function',
      name: 'now',
      parameters: { type: 'object', properties: {} },
      extensions: { gemini: { behavior: 'NON_BLOCKING' } },
    });
    expect(decode({ tools: [{ googleSearch: {} }, { code_execution: {} }] }).tools).toEqual([
      { kind: 'provider', origin: 'gemini', name: 'googleSearch', data: { googleSearch: {} } },
      { kind: 'provider', origin: 'gemini', name: 'codeExecution', data: { codeExecution: {} } },
    ]);
  });

  const tools = [{ functionDeclarations: [{ name: 'f' }, { name: 'g' }, { name: 'h' }] }];
  it.each([
    [{ mode: 'AUTO' }, { type: 'auto' }, ['f', 'g', 'h']],
    [{ mode: 'auto' }, { type: 'auto' }, ['f', 'g', 'h']],
    [{ mode: 'NONE' }, { type: 'none' }, ['f', 'g', 'h']],
    [{ mode: 'ANY' }, { type: 'required' }, ['f', 'g', 'h']],
    [{ mode: 'ANY', allowedFunctionNames: ['g'] }, { type: 'tool', name: 'g' }, ['f', 'g', 'h']],
    [{ mode: 'ANY', allowedFunctionNames: ['g', 'h'] }, { type: 'required' }, ['g', 'h']],
    [{ mode: 'VALIDATED', allowedFunctionNames: ['g'] }, { type: 'auto' }, ['g']],
    [{}, undefined, ['f', 'g', 'h']],
  ])('are chosen from by %j', (functionCallingConfig, toolChoice, names) => {
    const request = decode({ tools, toolConfig: { functionCallingConfig } });
    expect(request.toolChoice).toEqual(toolChoice);
    expect(request.tools.map((tool) => tool.name)).toEqual(names);
  });
});

describe('settings', () => {
  it.each([
    [{ thinkingLevel: 'HIGH' }, { effort: 'high' }],
    [
      { thinkingLevel: 'minimal', includeThoughts: true },
      { effort: 'minimal', summary: 'auto' },
    ],
    [{ thinkingBudget: 0 }, { mode: 'off' }],
    [{ thinkingBudget: -1 }, { mode: 'adaptive' }],
    [{ thinkingBudget: 2_000 }, { budgetTokens: 2_000 }],
    [{ includeThoughts: true }, { mode: 'adaptive', summary: 'auto' }],
    [{ includeThoughts: false }, undefined],
  ])('thinkingConfig %j', (thinkingConfig, reasoning) => {
    expect(decode({ generationConfig: { thinkingConfig } }).reasoning).toEqual(reasoning);
  });

  it.each([
    [{ responseMimeType: 'text/plain' }, { type: 'text' }, {}],
    [{ responseMimeType: 'application/json' }, { type: 'json' }, {}],
    [
      { responseMimeType: 'application/json', responseJsonSchema: { title: 'My answer', $ref: '#/x' } },
      { type: 'json-schema', name: 'My_answer', schema: { title: 'My answer', $ref: '#/x' } },
      {},
    ],
    [
      { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['a'] } },
      undefined,
      {
        gemini: {
          'generationConfig.responseMimeType': 'text/x.enum',
          'generationConfig.responseSchema': { type: 'STRING', enum: ['a'] },
        },
      },
    ],
  ])('format %j', (generationConfig, responseFormat, extensions) => {
    const request = decode({ generationConfig });
    expect(request.responseFormat).toEqual(responseFormat);
    expect(request.extensions).toEqual(extensions);
  });
});
