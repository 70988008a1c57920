import { ApiError, type Content, type GenerateContentResponse } from '@google/genai';
import { describe, expect, test } from 'vitest';
import { model, referring, result, user } from './gemini-contents.ts';
import { post, useProviders } from './support.ts';

const start = useProviders();

describe('refuses what Gemini refuses', () => {
  const turn = user({ text: 'Hi' });
  const call: Content = { role: 'model', parts: [{ functionCall: { name: 'get_weather', args: {} } }] };
  const declare = (declaration: object) => ({ tools: [{ functionDeclarations: [{ name: 'f', ...declaration }] }] });
  const cases: { readonly [name: string]: readonly [object, RegExp] } = {
    'no contents': [{ contents: [] }, /contents is not specified/],
    'an unknown role': [{ contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role: user, model/],
    'a turn without parts': [{ contents: [{ role: 'user', parts: [] }] }, /parts must not be empty/],
    'an unknown field': [{ messages: [] }, /Unknown name "messages": Cannot find field/],
    'an unknown setting': [{ generationConfig: { n: 2 } }, /Unknown name "n" at 'generation_config'/],
    'a part without data': [{ contents: [user({ thought: true })] }, /must have one initialized field/],
    'a part with two data': [
      { contents: [user({ text: 'x', inlineData: { mimeType: 'image/png', data: 'AAAA' } })] },
      /oneof field 'data' is already set/,
    ],
    'an instruction that is text': [{ systemInstruction: 'x' }, /Invalid value at 'system_instruction'/],
    'an image that is no base64': [
      { contents: [user({ inlineData: { mimeType: 'image/png', data: '***' } })] },
      /inline_data\.data' \(TYPE_BYTES\), Base64 decoding failed/,
    ],
    'a GIF': [{ contents: [user({ inlineData: { mimeType: 'image/gif', data: 'AAAA' } })] }, /MIME type: image\/gif/],
    '$ref in parameters': [
      declare({ parameters: { type: 'OBJECT', properties: { a: { $ref: '#/x' } } } }),
      /Unknown name "\$ref" at 'tools\[0\]\.function_declarations\[0\]\.parameters\.properties\[0\]\.value'/,
    ],
    'additionalProperties in parameters': [
      declare({ parameters: { type: 'object', properties: {}, additionalProperties: false } }),
      /Unknown name "additionalProperties"/,
    ],
    'several types in parameters': [
      declare({ parameters: { type: 'object', properties: { a: { type: ['string', 'null'] } } } }),
      /Proto field is not repeating, cannot start list/,
    ],
    'a number in an enum': [declare({ parameters: { type: 'integer', enum: [1] } }), /enum\[0\]' \(TYPE_STRING\), 1/],
    '$ref in a response schema': [
      { generationConfig: { responseMimeType: 'application/json', responseSchema: { $ref: '#' } } },
      /Unknown name "\$ref" at 'generation_config\.response_schema'/,
    ],
    'a schema of plain text': [
      { generationConfig: { responseJsonSchema: referring } },
      /response_mime_type must be application\/json/,
    ],
    'a function name with a space': [declare({ name: 'a b' }), /Invalid function name/],
    'JSON with functions, of an older model': [
      { ...declare({}), generationConfig: { responseMimeType: 'application/json' } },
      /Function calling with a response mime type: 'application\/json' is unsupported/,
    ],
    'a choice without functions': [
      { toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
      /set without function_declarations/,
    ],
    'names to choose from in mode AUTO': [
      { ...declare({}), toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['f'] } } },
      /only allowed with the mode ANY/,
    ],
    'a result without its call': [{ contents: [turn, user(result)] }, /function response turn comes immediately after/],
    'fewer results than calls': [
      { contents: [turn, { ...call, parts: [...(call.parts ?? []), { functionCall: { name: 'g' } }] }, user(result)] },
      /number of function response parts is equal/,
    ],
    'a call without its result': [{ contents: [turn, call, turn] }, /number of function response parts is equal/],
    'a call at the front': [{ contents: [call, user(result)] }, /comes immediately after a user turn/],
    'a result that is text': [
      { contents: [turn, call, user({ functionResponse: { name: 'get_weather', response: 'x' as never } })] },
      /function_response\.response' \(type\.googleapis\.com\/google\.protobuf\.Struct\), "x"/,
    ],
    'a result without a name': [
      { contents: [turn, call, user({ functionResponse: { response: {} } })] },
      /Name cannot be empty/,
    ],
    'a temperature above 2': [{ generationConfig: { temperature: 3 } }, /temperature: must be in the range/],
    'six stop sequences': [{ generationConfig: { stopSequences: [...'abcdef'] } }, /at most 5/],
    'a level for an older model': [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } },
      /Thinking level is not supported/,
    ],
    'both a level and a budget': [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 5 } } },
      /only one of thinking budget and thinking level/,
    ],
  };
  test.each(Object.entries(cases))('%s', async (_, [change, message]) => {
    const url = `${start().providers.geminiBaseUrl}/models/${model}:generateContent`;
    const response = await post(url, { contents: [turn], ...change });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringMatching(message) },
    });
  });

  test('says where a field is that it does not know', async () => {
    const url = `${start().providers.geminiBaseUrl}/models/${model}:generateContent`;
    const body = { contents: [turn], ...declare({ parameters: { $ref: '#' } }) };
    expect(await (await post(url, body)).json()).toMatchObject({
      error: {
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field: 'tools[0].function_declarations[0].parameters' }],
          },
        ],
      },
    });
  });

  test('takes names in both spellings', async () => {
    const response = await post(`${start().providers.geminiBaseUrl}/models/${model}:generateContent`, {
      contents: [turn],
      system_instruction: { parts: [{ text: 'x' }] },
      generation_config: { max_output_tokens: 3 },
      tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { properties: { some_name: {} } } }] }],
      tool_config: { function_calling_config: { mode: 'NONE' } },
    });
    const answer = (await response.json()) as GenerateContentResponse;
    expect(answer.usageMetadata?.candidatesTokenCount).toBe(3);
  });

  test('a wrong key with 400, none with 403, an unknown path with 404', async () => {
    const { url } = start().providers;
    const send = (path: string, headers: Record<string, string>) =>
      fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify({ contents: [turn] }) });
    const path = `/gemini/v1beta/models/${model}:generateContent`;
    const wrong = await send(path, { 'x-goog-api-key': 'invalid' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('API_KEY_INVALID')]);
    expect((await send(path, {})).status).toBe(403);
    const missing = await send('/gemini/v1beta/models/x:predict', { 'x-goog-api-key': 'k' });
    expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('NOT_FOUND')]);
  });
});

describe('errors', () => {
  test.each([
    ['400', 400, 'INVALID_ARGUMENT'],
    ['401', 401, 'UNAUTHENTICATED'],
    ['403', 403, 'PERMISSION_DENIED'],
    ['404', 404, 'NOT_FOUND'],
    ['429', 429, 'RESOURCE_EXHAUSTED'],
    ['500', 500, 'INTERNAL'],
    ['503', 503, 'UNAVAILABLE'],
    ['529', 529, 'UNAVAILABLE'],
    ['context-length', 400, 'INVALID_ARGUMENT'],
  ])('%s', async (fault, code, status) => {
    const request = { model: `gemini-2.0-flash@${fault}`, contents: 'Hi' };
    const { models } = start().gemini;
    for (const send of [() => models.generateContent(request), () => models.generateContentStream(request)]) {
      const error: unknown = await send().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ status: code, message: expect.stringContaining(`"status":"${status}"`) });
    }
  });

  test.each([
    ['429', '34.4s'],
    ['429-retry-after-2', '2s'],
    ['429-retry-after-ms-250', '0.25s'],
    ['429-retry-after-date-2', expect.stringMatching(/^[12]s$/)],
  ])('%s says in its body when to come back: %s', async (fault, retryDelay) => {
    const url = `${start().providers.geminiBaseUrl}/models/m@${fault}:generateContent`;
    const response = await post(url, { contents: [user({ text: 'Hi' })] });
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, null]);
    expect(await response.json()).toMatchObject({
      error: { details: [{}, { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }] },
    });
  });

  test('in the middle of a stream reach the client as such, in both framings', async () => {
    const name = 'gemini-2.0-flash@fast+error-event-at-3';
    const stream = await start().gemini.models.generateContentStream({ model: name, contents: 'Hi' });
    const texts: (string | undefined)[] = [];
    const reading = (async () => {
      for await (const chunk of stream) texts.push(chunk.text);
    })();
    await expect(reading).rejects.toMatchObject({ status: 503 });
    expect(texts).toHaveLength(3);
    const url = `${start().providers.geminiBaseUrl}/models/${name}:streamGenerateContent`;
    const array = (await (await post(url, { contents: [user({ text: 'Hi' })] })).json()) as unknown[];
    expect(array).toHaveLength(4);
    expect(array.at(-1)).toMatchObject({ error: { code: 503 } });
  });
});
