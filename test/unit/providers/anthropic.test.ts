import type { Message, MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import { describe, expect, test } from 'vitest';
import { NOTHING, post, useProviders, WEATHER } from './support.ts';

/** All that answers can be held to: closed objects, and no bounds. */
const CLOSED = {
  type: 'object',
  properties: { city: { $ref: '#/$defs/city' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
  $defs: { city: { type: 'string' } },
};

type Params = MessageCreateParamsNonStreaming;
type Messages = Params['messages'];

const start = useProviders();
const model = 'claude-sonnet-4-5@fast';
const max_tokens = 4096;
const user = (content: string): Messages => [{ role: 'user', content }];
const weather = { name: 'get_weather', input_schema: WEATHER };
const clock = { name: 'get_time', input_schema: NOTHING };
const thinking = { type: 'enabled', budget_tokens: 1024 } as const;

const REQUESTS: { readonly [name: string]: Params } = {
  text: { model, max_tokens, messages: user('Hello') },
  max_tokens: { model, max_tokens: 5, messages: user('Hello') },
  'a stop sequence': { model, max_tokens, messages: user('Say one, two'), stop_sequences: ['two', 'never'] },
  'one tool': { model, max_tokens, messages: user('Weather?'), tools: [weather] },
  'parallel tools': { model, max_tokens, messages: user('Weather and time?'), tools: [weather, clock] },
  'parallel calls forbidden': {
    model,
    max_tokens,
    messages: user('Both'),
    tools: [weather, clock],
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  },
  'a tool without arguments': { model, max_tokens, messages: user('Time?'), tools: [clock] },
  'any tool': { model, max_tokens, messages: user('Time?'), tools: [clock], tool_choice: { type: 'any' } },
  'a named tool': {
    model,
    max_tokens,
    messages: user('Time?'),
    tools: [weather, clock],
    tool_choice: { type: 'tool', name: 'get_time' },
  },
  'a call cut by max_tokens': { model, max_tokens: 10, messages: user('Weather?'), tools: [weather] },
  'tool results': {
    model,
    max_tokens,
    tools: [weather],
    messages: [
      ...user('Weather?'),
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '21 degrees' }] },
    ],
  },
  thinking: { model, max_tokens, messages: user('Think'), thinking },
  'thinking that is not shown': {
    model,
    max_tokens,
    messages: user('Think'),
    thinking: { type: 'adaptive', display: 'omitted' },
  },
  'thinking that is encrypted': { model, max_tokens, messages: user('SIMULATE_REDACTED_THINKING'), thinking },
  'thinking before tools': { model, max_tokens, messages: user('Weather?'), tools: [weather], thinking },
  'a JSON schema': {
    model,
    max_tokens,
    messages: user('Weather?'),
    output_config: { format: { type: 'json_schema', schema: CLOSED } },
  },
  refusal: { model, max_tokens, messages: user('SIMULATE_REFUSAL') },
  'the content filter': { model: `${model}+content-filter-at-4`, max_tokens, messages: user('Hello') },
  'a cache marker on a short prompt': {
    model,
    max_tokens,
    system: [{ type: 'text', text: 'Short.', cache_control: { type: 'ephemeral' } }],
    messages: user('Hello'),
  },
};

function whole(name: string): Promise<Message> {
  return start().anthropic.messages.create(REQUESTS[name] as Params);
}

test.each(Object.keys(REQUESTS))('streamed and whole are the same answer: %s', async (name) => {
  const expected = await whole(name);
  const got = await start()
    .anthropic.messages.stream(REQUESTS[name] as Params)
    .finalMessage();

  const { content, model: served, stop_reason, stop_sequence, usage } = expected;
  expect(got).toMatchObject({ content, model: served, stop_reason, stop_sequence, usage });
});

describe('what is asked is what comes', () => {
  test('max_tokens and stop sequences', async () => {
    expect(await whole('max_tokens')).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } });
    const stopped = await whole('a stop sequence');
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'two' });
    expect(stopped.content).toEqual([expect.objectContaining({ text: expect.stringMatching(/one, $/) })]);
  });

  test.each([
    ['one tool', ['text', 'get_weather']],
    ['parallel tools', ['text', 'get_weather', 'get_time']],
    ['parallel calls forbidden', ['text', 'get_weather']],
    ['any tool', ['get_time']],
    ['a named tool', ['get_time']],
    ['thinking before tools', ['thinking', 'text', 'get_weather']],
  ])('%s: %j', async (name, blocks) => {
    const { content, stop_reason } = await whole(name);
    expect(stop_reason).toBe('tool_use');
    expect(content.map((block) => (block.type === 'tool_use' ? block.name : block.type))).toEqual(blocks);
  });

  test('a call that max_tokens breaks off is not shown, but paid for', async () => {
    const { content, stop_reason, usage } = await whole('a call cut by max_tokens');
    expect(content.map((block) => block.type)).toEqual(['text']);
    expect([stop_reason, usage.output_tokens]).toEqual(['max_tokens', 10]);
  });

  test('tool results and images are mentioned', async () => {
    expect((await whole('tool results')).content[0]).toMatchObject({ text: expect.stringContaining('21 degrees') });
    const source = { type: 'url', url: 'https://example.com/a.png' } as const;
    const { content } = await start().anthropic.messages.create({
      model,
      max_tokens,
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    });
    expect(content[0]).toMatchObject({ text: expect.stringContaining('one image') });
  });

  test('images in results and documents are mentioned too', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } } as const;
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } } as const;
    const { content } = await start().anthropic.messages.create({
      model,
      max_tokens,
      messages: [
        ...user('Look'),
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [image] }, document] },
      ],
    });
    expect(content[0]).toMatchObject({ text: expect.stringContaining('I can see one image and one file.') });
  });

  test('a JSON schema is kept', async () => {
    const [block] = (await whole('a JSON schema')).content;
    expect(block?.type === 'text' && JSON.parse(block.text)).toEqual({
      city: expect.any(String),
      days: expect.any(Number),
    });
  });

  test('a refusal has no content and says why', async () => {
    expect(await whole('refusal')).toMatchObject({
      content: [],
      stop_reason: 'refusal',
      stop_details: { type: 'refusal' },
    });
  });

  test('a tool without arguments streams an empty delta, as the real ones do', async () => {
    const response = await post(`${start().providers.anthropicBaseUrl}/v1/messages`, {
      ...REQUESTS['any tool'],
      stream: true,
    });
    const deltas = (await response.text()).match(/"partial_json":"[^"]*"/g);
    expect(deltas).toEqual(['"partial_json":""']);
  });
});

describe('thoughts', () => {
  const back = (first: Message): Messages => [
    ...user('Weather?'),
    { role: 'assistant', content: first.content },
    {
      role: 'user',
      content: first.content
        .filter((block) => block.type === 'tool_use')
        .map((block) => ({ type: 'tool_result', tool_use_id: block.id, content: 'sunny' })),
    },
  ];
  const params = REQUESTS['thinking before tools'] as Params;

  test('come back unchanged in the next turn', async () => {
    const first = await whole('thinking before tools');
    expect(first.usage.output_tokens_details?.thinking_tokens).toBe(96);
    const second = await start().anthropic.messages.create({ ...params, messages: back(first) });
    expect(second.stop_reason).toBe('end_turn');
  });

  test('are refused when they were changed, or are missing', async () => {
    const first = await whole('thinking before tools');
    const changed = first.content.map((block) => (block.type === 'thinking' ? { ...block, thinking: 'no' } : block));
    const create = (content: Message['content']) =>
      start().anthropic.messages.create({ ...params, messages: back({ ...first, content }) });
    await expect(create(changed)).rejects.toThrow(/Invalid `signature` in `thinking` block/);
    await expect(create(first.content.slice(1))).rejects.toThrow(/Expected `thinking` or `redacted_thinking`/);
  });
});

describe('the prompt cache', () => {
  const long = (word: string) => `${word}: ${'every wagon pays its toll at the gate. '.repeat(300)}`;
  const ask = async (name: string, parts: readonly (readonly [string, '5m' | '1h' | undefined])[]) => {
    const { usage } = await start().anthropic.messages.create({
      model: `${name}@fast`,
      max_tokens,
      system: parts.map(([text, ttl]) =>
        ttl === undefined ? { type: 'text', text } : { type: 'text', text, cache_control: { type: 'ephemeral', ttl } },
      ),
      messages: user('Hello'),
    });
    const { cache_creation: written, cache_read_input_tokens: read, input_tokens: input } = usage;
    return { input, read, write5m: written?.ephemeral_5m_input_tokens, write1h: written?.ephemeral_1h_input_tokens };
  };

  test('is written first and read then', async () => {
    const first = await ask('claude-cache', [[long('a'), '5m']]);
    expect(first).toMatchObject({ read: 0, write1h: 0, write5m: expect.toSatisfy((tokens) => tokens > 2000) });
    expect(await ask('claude-cache', [[long('a'), '5m']])).toEqual({
      input: first.input,
      read: first.write5m,
      write5m: 0,
      write1h: 0,
    });
  });

  test('keeps what lives an hour apart from what lives five minutes', async () => {
    const both = [
      [long('b'), '1h'],
      [long('c'), '5m'],
    ] as const;
    const first = await ask('claude-two', both);
    expect(first.write1h).toBeGreaterThan(2000);
    expect(first.write5m).toBeGreaterThan(2000);
    // A changed end is written anew, the beginning is read.
    const second = await ask('claude-two', [both[0], [long('d'), '5m']]);
    expect(second).toMatchObject({ read: first.write1h, write1h: 0 });
    expect(second.write5m).toBeGreaterThan(2000);
  });

  test('holds nothing without a marker', async () => {
    expect(await ask('claude-none', [[long('e'), undefined]])).toMatchObject({ read: 0, write5m: 0, write1h: 0 });
  });
});

describe('refuses what Anthropic refuses', () => {
  const result = { type: 'tool_result', tool_use_id: 'toolu_9', content: 'x' };
  const call = { type: 'tool_use', id: 'toolu_8', name: 'get_time', input: {} };
  const text = { type: 'text', text: 'Hi' };
  const marked = { ...text, cache_control: { type: 'ephemeral' } };
  const cases: { readonly [name: string]: readonly [object, RegExp] } = {
    'no max_tokens': [{ max_tokens: undefined }, /^max_tokens: Field required/],
    'a temperature above 1': [{ temperature: 1.5 }, /^temperature: range: 0\.\.1/],
    'temperature with top_p': [{ temperature: 1, top_p: 0.5 }, /cannot both be specified/],
    'no messages': [{ messages: [] }, /at least one message/],
    'a system message at the front': [{ messages: [{ role: 'system', content: 'x' }] }, /Unexpected role "system"/],
    'an unknown role': [{ messages: [...user('Hi'), { role: 'tool', content: 'x' }] }, /Unexpected role "tool"/],
    'an empty text': [{ messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, /must be non-empty/],
    'a result without its call': [{ messages: [{ role: 'user', content: [result] }] }, /unexpected `tool_use_id`/],
    'a call without its result': [
      { messages: [...user('Hi'), { role: 'assistant', content: [call] }, ...user('Well?')] },
      /ids were found without `tool_result` blocks immediately after: toolu_8/,
    ],
    'an id with a dot': [
      { messages: [...user('Hi'), { role: 'assistant', content: [{ ...call, id: 'a.b:0' }] }] },
      /tool_use\.id: String should match pattern/,
    ],
    'a tool name with a dot': [{ tools: [{ ...clock, name: 'a.b' }] }, /tools\.0\.custom\.name/],
    'a tool that is not there': [{ tools: [clock], tool_choice: { type: 'tool', name: 'x' } }, /'x' not found/],
    'a budget below 1024': [{ thinking: { type: 'enabled', budget_tokens: 5 } }, /greater than or equal to 1024/],
    'a budget above max_tokens': [
      { thinking: { type: 'enabled', budget_tokens: 5000 } },
      /`max_tokens` must be greater than/,
    ],
    'forced tools while thinking': [
      { thinking, tools: [clock], tool_choice: { type: 'any' } },
      /may not be enabled when tool_choice forces/,
    ],
    'five cache markers': [
      { messages: [{ role: 'user', content: [marked, marked, marked, marked, marked] }] },
      /A maximum of 4 blocks with cache_control may be provided\. Found 5/,
    ],
    'an hour after five minutes': [
      {
        messages: [{ role: 'user', content: [marked, { ...text, cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
      },
      /must not come after a ttl='5m'/,
    ],
    'an answer in an open object': [
      { output_config: { format: { type: 'json_schema', schema: WEATHER } } },
      /^output_config\.format\.schema: For 'object' type, 'additionalProperties' must be explicitly set to false/,
    ],
    'an answer with bounds': [
      {
        output_config: {
          format: { type: 'json_schema', schema: { ...CLOSED, properties: { n: { type: 'integer', minimum: 1 } } } },
        },
      },
      /For 'integer' type, property 'minimum' is not supported/,
    ],
    'an answer that recurses': [
      { output_config: { format: { type: 'json_schema', schema: { ...CLOSED, properties: { n: { $ref: '#' } } } } } },
      /Circular reference detected/,
    ],
    'a strict tool with an open object': [
      { tools: [{ ...weather, strict: true }] },
      /^tools\.0\.custom: For 'object' type, 'additionalProperties' must be/,
    ],
    'an http image': [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://x/a.png' } }] }] },
      /Only HTTPS URLs/,
    ],
  };
  test.each(Object.entries(cases))('%s', async (_, [change, message]) => {
    const response = await post(`${start().providers.anthropicBaseUrl}/v1/messages`, { ...REQUESTS.text, ...change });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringMatching(message) },
      request_id: response.headers.get('request-id'),
    });
  });

  test('but not consecutive turns of one role, nor unknown fields', async () => {
    const response = await post(`${start().providers.anthropicBaseUrl}/v1/messages`, {
      ...REQUESTS.text,
      messages: [...user('Hello'), ...user('again')],
      brand_new: 1,
    });
    expect(response.status).toBe(200);
  });

  test('a missing version and a wrong key', async () => {
    const url = `${start().providers.anthropicBaseUrl}/v1/messages`;
    const headers = { 'content-type': 'application/json', 'x-api-key': 'k' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(REQUESTS.text) });
    expect(await response.text()).toContain('anthropic-version: header is required');
    const refused = await post(url, REQUESTS.text, { 'x-api-key': 'invalid' });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({
      error: { type: 'authentication_error', message: 'invalid x-api-key' },
    });
  });
});

describe('tokens are counted', () => {
  test('as they are charged, and for nothing', async () => {
    const { system, ...counted } = { ...(REQUESTS['one tool'] as Params), system: 'Be brief.' };
    const { max_tokens: _, stream: __, ...request } = counted as Params;
    const { input_tokens } = await start().anthropic.messages.countTokens({ ...request, system });
    const { usage } = await start().anthropic.messages.create({ ...counted, system });
    expect(input_tokens).toBe(usage.input_tokens);
    expect(input_tokens).toBeGreaterThan(346);
  });

  test('and what is no part of the prompt is refused', async () => {
    const url = `${start().providers.anthropicBaseUrl}/v1/messages/count_tokens`;
    const response = await post(url, REQUESTS.text);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('max_tokens: Extra inputs are not permitted'),
    ]);
    expect((await post(url, { model, messages: [] })).status).toBe(400);
    expect((await post(url, { model: 'm@429', messages: user('Hi') })).status).toBe(429);
  });
});

test('lists its models', async () => {
  const { data } = await start().anthropic.models.list();
  expect(data.map((item) => item.id)).toContain('claude-sonnet-4-5');
});
