import { describe, expect, test } from 'vitest';
import { clock, closed, include, model, tool, weather } from './responses-tools.ts';
import { NOTHING, post, useProviders, WEATHER } from './support.ts';

const start = useProviders();

describe('refuses what OpenAI refuses', () => {
  const user = { role: 'user', content: 'Hi' };
  const output = { type: 'function_call_output', call_id: 'call_x', output: 'x' };
  const call = { type: 'function_call', call_id: 'call_y', name: 'f', arguments: '{}' };
  const cases: { readonly [name: string]: readonly [object, string | null, RegExp] } = {
    'no input': [{ input: undefined }, 'input', /must be provided/],
    'an empty input': [{ input: [] }, 'input', /empty array/],
    'an input of numbers': [{ input: [1] }, 'input[0]', /expected an object/],
    'an unknown item': [{ input: [{ type: 'song' }] }, 'input[0].type', /Invalid value: 'song'/],
    'an unknown role': [{ input: [{ role: 'tool', content: 'x' }] }, 'input[0].role', /Invalid value: 'tool'/],
    'no content': [{ input: [{ role: 'user' }] }, 'input[0].content', /Missing required parameter/],
    'the parts of Chat Completions': [
      { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
      'input[0].content[0].type',
      /Invalid value: 'text'\. Supported values are: 'input_text', 'input_image'/,
    ],
    'input from the assistant': [
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      'input[0].content[0].type',
      /Supported values are: 'output_text' and 'refusal'\./,
    ],
    'an image that is none': [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'ftp://x' }] }] },
      'input[0].content[0].image_url',
      /Expected a base64-encoded data URL/,
    ],
    'a result without its call': [{ input: [user, output] }, 'input', /No tool call found for function call output/],
    'a call without its result': [
      { input: [user, call, user] },
      'input',
      /No tool output found for function call call_y/,
    ],
    'a call without arguments': [
      { input: [user, { ...call, arguments: undefined }] },
      'input[1].arguments',
      /Missing required parameter/,
    ],
    'parameters of Chat Completions': [{ messages: [user] }, 'messages', /has moved to 'input'/],
    'stop sequences': [{ stop: ['x'] }, 'stop', /Unknown parameter: 'stop'/],
    'a cap below 16': [{ max_output_tokens: 5 }, 'max_output_tokens', /Expected a value >= 16/],
    'a nested function': [
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      'tools[0].name',
      /Missing required parameter/,
    ],
    'a tool name with a dot': [{ tools: [tool('a.b', NOTHING)] }, 'tools[0].name', /pattern/],
    'a strict function with an open object': [
      { tools: [{ ...weather, strict: true }] },
      'tools[0].parameters',
      /Invalid schema for function 'get_weather': In context=\(\), 'additionalProperties'/,
    ],
    'a tool that is not there': [
      { tools: [clock], tool_choice: { type: 'function', name: 'x' } },
      'tool_choice',
      /not found in 'tools'/,
    ],
    'a format without a name': [
      { text: { format: { type: 'json_schema', schema: closed } } },
      'text.format.name',
      /Missing required parameter/,
    ],
    'a strict format with an open object': [
      { text: { format: { type: 'json_schema', name: 'x', strict: true, schema: WEATHER } } },
      'text.format.schema',
      /Invalid schema for response_format 'x'/,
    ],
    'JSON that nobody mentions': [{ text: { format: { type: 'json_object' } } }, 'input', /word 'json'/],
    'effort of a model that does not think': [
      { reasoning: { effort: 'low' } },
      'reasoning.effort',
      /not supported with this model/,
    ],
    'encrypted thoughts of one': [{ include }, 'include', /Encrypted content is not supported/],
    'an unknown inclusion': [{ include: ['everything'] }, 'include[0]', /Invalid value: 'everything'/],
    'an unknown fault': [{ model: 'gpt-4.1@typo' }, 'model', /no fault "typo"/],
  };
  test.each(Object.entries(cases))('%s', async (_, [change, param, message]) => {
    const response = await post(`${start().providers.responsesBaseUrl}/responses`, {
      model,
      input: 'Hello',
      ...change,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param, message: expect.stringMatching(message) },
    });
  });
});
