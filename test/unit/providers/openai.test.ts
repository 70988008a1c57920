import OpenAI from 'openai';
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { describe, expect, test } from 'vitest';
import { NOTHING, post, useProviders, WEATHER } from './support.ts';

type Params = ChatCompletionCreateParamsNonStreaming;
type Messages = Params['messages'];

const start = useProviders();
const model = 'gpt-4.1@fast';
const user = (content: string): Messages => [{ role: 'user', content }];
const tool = (name: string, parameters: Record<string, unknown>) =>
  ({ type: 'function', function: { name, parameters } }) as const;
const weather = tool('get_weather', WEATHER);
const clock = tool('get_time', NOTHING);

const REQUESTS: { readonly [name: string]: Params } = {
  text: { model, messages: user('Hello') },
  'a set length': { model: 'gpt-4.1@fast+tokens-300', messages: user('Hello') },
  max_tokens: { model, messages: user('Hello'), max_tokens: 5 },
  'a stop sequence': { model, messages: user('Say one, two, three'), stop: ['two'] },
  'one tool': { model, messages: user('Weather?'), tools: [weather] },
  'parallel tools': { model, messages: user('Weather and time?'), tools: [weather, clock] },
  'several calls of one tool': { model, messages: user('Weather in three cities'), tools: [weather] },
  'parallel calls forbidden': {
    model,
    messages: user('Both'),
    tools: [weather, clock],
    parallel_tool_calls: false,
  },
  'a tool without arguments': { model, messages: user('Time?'), tools: [clock] },
  'a named tool': {
    model,
    messages: user('Time?'),
    tools: [weather, clock],
    tool_choice: { type: 'function', function: { name: 'get_time' } },
  },
  'a custom tool': { model, messages: user('Run'), tools: [{ type: 'custom', custom: { name: 'run_code' } }] },
  'tools forbidden': { model, messages: user('Weather?'), tools: [weather], tool_choice: 'none' },
  'a call cut by max_tokens': { model, messages: user('Weather?'), tools: [weather], max_tokens: 3 },
  'tool results': {
    model,
    tools: [weather],
    messages: [
      ...user('Weather?'),
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
    ],
  },
  'a JSON schema': {
    model,
    messages: user('Weather?'),
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'weather', schema: { ...WEATHER, additionalProperties: false }, strict: true },
    },
  },
  'any JSON': { model, messages: user('As JSON, please'), response_format: { type: 'json_object' } },
  reasoning: { model: 'gpt-5-mini@fast', messages: user('Think'), reasoning_effort: 'medium' },
  'nothing but reasoning': {
    model: 'gpt-5-mini@fast',
    messages: user('Think'),
    reasoning_effort: 'high',
    max_completion_tokens: 16,
  },
  refusal: { model, messages: user('SIMULATE_REFUSAL') },
  'two answers': { model, messages: user('Hello'), n: 2 },
  'the content filter': { model: 'gpt-4.1@fast+content-filter-at-4', messages: user('Hello') },
};

async function whole(name: string): Promise<ChatCompletion> {
  return start().openai.chat.completions.create(REQUESTS[name] as Params);
}

async function firstChoice(name: string): Promise<ChatCompletion.Choice> {
  const [choice] = (await whole(name)).choices;
  if (choice === undefined) throw new Error('There is no choice.');
  return choice;
}

test.each(Object.keys(REQUESTS))('streamed and whole are the same answer: %s', async (name) => {
  const params = REQUESTS[name] as Params;
  const expected = await whole(name);
  const stream = start().openai.chat.completions.stream({
    ...params,
    stream: true,
    stream_options: { include_usage: true },
  });
  const got = await stream.finalChatCompletion();

  const essence = (completion: ChatCompletion) => ({
    model: completion.model,
    usage: completion.usage,
    choices: completion.choices.map(({ finish_reason, message }) => ({
      finish_reason,
      content: message.content,
      refusal: message.refusal,
      // The client's helper parses arguments into a field of its own; what came over the wire is compared.
      calls: (message.tool_calls ?? []).map((call) =>
        call.type === 'function'
          ? [call.id, call.function.name, call.function.arguments]
          : [call.id, call.custom.name, call.custom.input],
      ),
    })),
  });
  expect(essence(got)).toEqual(essence(expected));
});

test('the same request gets the same answer, another one another', async () => {
  const again = await firstChoice('text');
  expect((await firstChoice('text')).message).toEqual(again.message);
  const other = await start().openai.chat.completions.create({ model, messages: user('Hello there') });
  expect(other.choices[0]?.message.content).not.toBe(again.message.content);
});

describe('what is asked is what comes', () => {
  test('a set length is exact', async () => {
    expect((await whole('a set length')).usage?.completion_tokens).toBe(300);
  });

  test('max_tokens cuts with "length", reasoning included', async () => {
    const cut = await whole('max_tokens');
    expect([cut.choices[0]?.finish_reason, cut.usage?.completion_tokens]).toEqual(['length', 5]);
    const thought = await whole('nothing but reasoning');
    expect(thought.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '' } });
    expect(thought.usage?.completion_tokens_details?.reasoning_tokens).toBe(16);
  });

  test('a stop sequence ends the text before it', async () => {
    const { finish_reason, message } = await firstChoice('a stop sequence');
    expect(finish_reason).toBe('stop');
    expect(message.content).toMatch(/one, $/);
  });

  test.each([
    ['one tool', ['get_weather']],
    ['parallel tools', ['get_weather', 'get_time']],
    ['several calls of one tool', ['get_weather', 'get_weather', 'get_weather']],
    ['parallel calls forbidden', ['get_weather']],
    ['a named tool', ['get_time']],
  ])('%s: calls %j', async (name, names) => {
    const { finish_reason, message } = await firstChoice(name);
    const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function');
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(calls.map((call) => call.function.name)).toEqual(names);
    expect(new Set(calls.map((call) => call.id)).size).toBe(names.length);
    for (const { function: called } of calls) {
      const value: unknown = JSON.parse(called.arguments);
      expect(value).toEqual(
        called.name === 'get_time' ? {} : { city: expect.any(String), days: expect.toSatisfy((days) => days <= 5) },
      );
    }
  });

  test('a custom tool gets free text', async () => {
    const { message } = await firstChoice('a custom tool');
    expect(message.tool_calls?.[0]).toMatchObject({ type: 'custom', custom: { name: 'run_code' } });
  });

  test('tool results and images are mentioned', async () => {
    expect((await firstChoice('tool results')).message.content).toContain('21 degrees');
    const seen = await start().openai.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
            { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          ],
        },
      ],
    });
    expect(seen.choices[0]?.message.content).toContain('I can see one image and one file and one recording.');
    expect(seen.usage?.prompt_tokens).toBeGreaterThan(700);
  });

  test('a JSON schema is kept', async () => {
    const { message } = await firstChoice('a JSON schema');
    expect(JSON.parse(message.content ?? '')).toEqual({ city: expect.any(String), days: expect.any(Number) });
  });

  test('refusals, filters and several answers', async () => {
    expect((await firstChoice('refusal')).message).toMatchObject({
      content: null,
      refusal: expect.stringMatching(/sorry/),
    });
    expect((await firstChoice('the content filter')).finish_reason).toBe('content_filter');
    const { choices } = await whole('two answers');
    expect(choices.map((choice) => choice.index)).toEqual([0, 1]);
    expect(choices[0]?.message.content).not.toBe(choices[1]?.message.content);
  });
});

test('a long prompt that was sent before is cached, with what it has in common with the new one', async () => {
  const prompt = Array.from({ length: 900 }, (_, index) => `Rule ${index}: pay.`).join(' ');
  const ask = async (question: string) => {
    const messages: Messages = [{ role: 'system', content: prompt }, ...user(question)];
    const { usage } = await start().openai.chat.completions.create({ model: 'gpt-4.1-cache@fast', messages });
    return usage;
  };
  const first = await ask('One?');
  const second = await ask('Two?');
  expect(first?.prompt_tokens_details?.cached_tokens).toBe(0);
  const cached = second?.prompt_tokens_details?.cached_tokens ?? 0;
  expect(cached % 128).toBe(0);
  expect(cached).toBeGreaterThan(1024);
  expect(cached).toBeLessThan(second?.prompt_tokens ?? 0);
});

describe('models of others that speak the same format show their thoughts', () => {
  test.each([
    ['deepseek-reasoner@fast', 'reasoning_content'],
    ['openai/gpt-oss-120b@fast', 'reasoning'],
  ])('%s in %s, streamed and whole', async (name, field) => {
    const params = { model: name, messages: user('Think'), tools: [weather] };
    const { choices, usage } = await start().openai.chat.completions.create(params);
    const message = choices[0]?.message as unknown as Record<string, string>;
    expect(message[field]).toMatch(/\w+ \w+/);
    const stream = await start().openai.chat.completions.create({ ...params, stream: true });
    let thoughts = '';
    for await (const chunk of stream) {
      thoughts += (chunk.choices[0]?.delta as unknown as Record<string, string | undefined>)?.[field] ?? '';
    }
    expect(thoughts).toBe(message[field]);
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(16);
  });

  test('and DeepSeek takes them back', async () => {
    const params = { model: 'deepseek-reasoner@fast', tools: [weather] };
    const first = await start().openai.chat.completions.create({ ...params, messages: user('Weather?') });
    const message = first.choices[0]?.message;
    const second = await start().openai.chat.completions.create({
      ...params,
      messages: [
        ...user('Weather?'),
        ...(message === undefined ? [] : [message]),
        { role: 'tool', tool_call_id: message?.tool_calls?.[0]?.id ?? '', content: '21 degrees' },
      ],
    });
    expect(second.choices[0]?.message.content).toContain('21 degrees');
  });
});

test('usage is streamed only where it is asked for, and other chunks carry null then', async () => {
  const text = async (extra: object): Promise<string> =>
    (
      await post(`${start().providers.openaiBaseUrl}/chat/completions`, { ...REQUESTS.text, stream: true, ...extra })
    ).text();
  const silent = await text({});
  expect(silent).not.toContain('"usage"');
  expect(silent).toMatch(/data: \[DONE\]\n\n$/);
  const chunks = (await text({ stream_options: { include_usage: true } })).split('\n\n').filter((line) => line !== '');
  const usages = chunks.slice(0, -1).map((line) => (JSON.parse(line.slice(6)) as { usage: unknown }).usage);
  expect(usages.slice(0, -1).every((usage) => usage === null)).toBe(true);
  expect(usages.at(-1)).toMatchObject({ prompt_tokens: expect.any(Number) });
});

describe('refuses what OpenAI refuses', () => {
  const cases: { readonly [name: string]: readonly [object, string | null, RegExp] } = {
    'no messages': [{ messages: undefined }, 'messages', /Missing required parameter/],
    'empty messages': [{ messages: [] }, 'messages', /empty array/],
    'an unknown role': [{ messages: [{ role: 'boss', content: 'x' }] }, 'messages[0].role', /Invalid value: 'boss'/],
    'no content': [{ messages: [{ role: 'user' }] }, 'messages[0].content', /expected one of a string/],
    'a tool result without its call': [
      { messages: [...user('Hi'), { role: 'tool', tool_call_id: 'call_x', content: 'x' }] },
      'messages[1].role',
      /must be a response to a preceeding message/,
    ],
    'a call without its result': [
      {
        messages: [
          ...user('Hi'),
          {
            role: 'assistant',
            tool_calls: [{ id: 'call_y', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          ...user('Well?'),
        ],
      },
      'messages',
      /did not have response messages: call_y/,
    ],
    'stream_options without stream': [
      { stream_options: { include_usage: true } },
      'stream_options',
      /only allowed when/,
    ],
    'a temperature above 2': [{ temperature: 3 }, 'temperature', /above maximum/],
    'max_tokens for a model that thinks': [{ model: 'gpt-5', max_tokens: 5 }, 'max_tokens', /max_completion_tokens/],
    'tool_choice without tools': [{ tool_choice: 'auto' }, 'tool_choice', /only allowed when 'tools'/],
    'a tool name with a dot': [{ tools: [tool('a.b', NOTHING)] }, 'tools[0].function.name', /pattern/],
    'five stop sequences': [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', /too long/],
    'JSON that nobody mentions': [{ response_format: { type: 'json_object' } }, 'messages', /word 'json'/],
    'a strict function with an open object': [
      { tools: [{ type: 'function', function: { name: 'f', parameters: WEATHER, strict: true } }] },
      'tools[0].function.parameters',
      /Invalid schema for function 'f': In context=\(\), 'additionalProperties' is required/,
    ],
    'a strict answer with an optional field': [
      {
        response_format: {
          type: 'json_schema',
          json_schema: {
            name: 'x',
            strict: true,
            schema: { ...WEATHER, required: ['city'], additionalProperties: false },
          },
        },
      },
      'response_format',
      /Missing 'days'/,
    ],
    'thoughts of DeepSeek that do not come back': [
      {
        model: 'deepseek-reasoner@fast',
        messages: [
          ...user('Hi'),
          {
            role: 'assistant',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'call_1', content: 'x' },
        ],
      },
      null,
      /`reasoning_content` in the thinking mode must be passed back/,
    ],
    'an unknown fault': [{ model: 'gpt-4.1@typo' }, 'model', /no fault "typo"/],
    'no JSON at all': ['{', null, /not a JSON object/] as never,
  };
  test.each(Object.entries(cases))('%s', async (_, [change, param, message]) => {
    const body = typeof change === 'string' ? change : { ...REQUESTS.text, ...change };
    const response = await post(`${start().providers.openaiBaseUrl}/chat/completions`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param, message: expect.stringMatching(message) },
    });
  });

  test.each(['invalid', ''])('the key "%s"', async (apiKey) => {
    const client = new OpenAI({ baseURL: start().providers.openaiBaseUrl, apiKey: 'x', maxRetries: 0 });
    const request = client.chat.completions.create(REQUESTS.text as Params, {
      headers: { authorization: apiKey === '' ? null : `Bearer ${apiKey}` },
    });
    await expect(request).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('but unknown fields are let through', async () => {
    const response = await post(`${start().providers.openaiBaseUrl}/chat/completions`, {
      ...REQUESTS.text,
      brand_new: 1,
    });
    expect(response.status).toBe(200);
  });
});

test('lists its models', async () => {
  const { data } = await start().openai.models.list();
  expect(data.map((item) => item.id)).toContain('gpt-5-mini');
});
