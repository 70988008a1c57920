import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesClient as client } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { decode, HELLO, partsOf, problemOf } from './client-support.ts';

describe('decodeRequest: parameters', () => {
  it('needs a model, messages and a cap only', () => {
    expect(decode({})).toEqual({
      model: 'smart',
      stream: false,
      includeUsage: true,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      tools: [],
      candidates: 1,
      stop: [],
      maxOutputTokens: 100,
      extensions: {},
    });
  });

  it.each<[JsonObject, object]>([
    [{ stream: true }, { stream: true }],
    [{ max_tokens: 0 }, { maxOutputTokens: 0 }],
    [{ temperature: 0 }, { temperature: 0 }],
    [{ top_p: 0.5 }, { topP: 0.5 }],
    [{ top_k: 40 }, { topK: 40 }],
    [{ stop_sequences: ['a', 'b'] }, { stop: ['a', 'b'] }],
    [{ service_tier: 'auto' }, { serviceTier: 'auto' }],
    [{ service_tier: 'standard_only' }, { serviceTier: 'default' }],
    [{ metadata: { user_id: 'u1' } }, { endUser: 'u1', extensions: {} }],
    [{ metadata: { user_id: null } }, { extensions: {} }],
    [
      { metadata: { user_id: 'u1', trace: 't' } },
      { endUser: 'u1', extensions: { 'anthropic-messages': { metadata: { trace: 't' } } } },
    ],
    [{ thinking: { type: 'enabled', budget_tokens: 2_000 } }, { reasoning: { mode: 'on', budgetTokens: 2_000 } }],
    [
      { thinking: { type: 'adaptive', display: 'summarized' } },
      {
        reasoning: { mode: 'adaptive', summary: 'auto' },
        extensions: { 'anthropic-messages': { thinking: { display: 'summarized' } } },
      },
    ],
    [
      { thinking: { type: 'adaptive', display: 'omitted' } },
      {
        reasoning: { mode: 'adaptive' },
        extensions: { 'anthropic-messages': { thinking: { display: 'omitted' } } },
      },
    ],
    [{ thinking: { type: 'disabled' } }, { reasoning: { mode: 'off' }, extensions: {} }],
    [
      { thinking: { type: 'between_tools' } },
      {
        reasoning: { mode: 'off' },
        extensions: { 'anthropic-messages': { thinking: { type: 'between_tools' } } },
      },
    ],
    [
      { thinking: { type: 'tomorrow', depth: 3 } },
      { extensions: { 'anthropic-messages': { thinking: { type: 'tomorrow', depth: 3 } } } },
    ],
    [{ output_config: { effort: 'xhigh' } }, { reasoning: { effort: 'xhigh' }, extensions: {} }],
    [
      { output_config: { effort: 'gigantic', task_budget: 5 } },
      { extensions: { 'anthropic-messages': { output_config: { effort: 'gigantic', task_budget: 5 } } } },
    ],
    [
      { thinking: { type: 'disabled' }, output_config: { effort: 'low' } },
      { reasoning: { mode: 'off' }, extensions: { 'anthropic-messages': { output_config: { effort: 'low' } } } },
    ],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      { reasoning: { mode: 'adaptive', effort: 'low' } },
    ],
    [
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      { responseFormat: { type: 'json-schema', name: 'output', schema: { type: 'object' } } },
    ],
    [
      { output_format: { type: 'json_schema', schema: { type: 'object' } } },
      { responseFormat: { type: 'json-schema', name: 'output', schema: { type: 'object' } } },
    ],
    [
      { output_config: { format: { type: 'grammar', rules: 'x' } } },
      { extensions: { 'anthropic-messages': { output_config: { format: { type: 'grammar', rules: 'x' } } } } },
    ],
    [
      { a_field_of_tomorrow: [1], inference_geo: null },
      { extensions: { 'anthropic-messages': { a_field_of_tomorrow: [1] } } },
    ],
    [
      { container: 'c_1', mcp_servers: [{ url: 'https://x.test' }] },
      {
        nativeOnly: ['container', 'mcp_servers'],
        extensions: { 'anthropic-messages': { container: 'c_1', mcp_servers: [{ url: 'https://x.test' }] } },
      },
    ],
    [{ temperature: null, top_p: null, tools: null, thinking: null, system: null, metadata: null }, { tools: [] }],
  ])('%j', (fields, expected) => {
    expect(decode(fields)).toMatchObject(expected);
  });

  it('says nothing of what is null', () => {
    const nothing = { temperature: null, top_k: null, service_tier: null, output_config: null, tool_choice: null };
    expect(decode(nothing)).toEqual(decode({}));
  });
});

describe('decodeRequest: schemas', () => {
  const closed = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  it.each<[JsonObject, boolean]>([
    [closed, true],
    [{ ...closed, properties: { a: { type: 'array', items: closed } } }, true],
    [{ ...closed, properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: closed } }, true],
    [{ ...closed, required: [] }, false],
    [{ ...closed, additionalProperties: true }, false],
    [{ ...closed, properties: { a: { anyOf: [closed, { type: 'object' }] } } }, false],
  ])('asks for %j strictly: %s', (schema, strict) => {
    const { responseFormat } = decode({ output_config: { format: { type: 'json_schema', schema } } });
    expect(responseFormat).toEqual({ type: 'json-schema', name: 'output', schema, ...(strict ? { strict } : {}) });
  });
});

describe('decodeRequest: tools', () => {
  const input_schema = { type: 'object', properties: { city: { type: 'string' } } };
  const weather = { name: 'weather', input_schema };

  it('reads functions with and without a type, their markers and what only Claude knows', () => {
    const more = { description: 'of a city', strict: true, cache_control: { type: 'ephemeral', ttl: '1h' } };
    expect(decode({ tools: [weather, { type: 'custom', ...weather, ...more, defer_loading: true }] }).tools).toEqual([
      { kind: 'function', name: 'weather', parameters: input_schema },
      {
        kind: 'function',
        name: 'weather',
        description: 'of a city',
        parameters: input_schema,
        strict: true,
        cache: { ttl: '1h' },
        extensions: { 'anthropic-messages': { defer_loading: true } },
      },
    ]);
  });

  it("keeps Anthropic's own tools as they are", () => {
    const search = { type: 'web_search_20260318', name: 'web_search', max_uses: 3 };
    const toolset = { type: 'mcp_toolset', mcp_server_name: 'files' };
    expect(decode({ tools: [search, toolset] }).tools).toEqual([
      { kind: 'provider', origin: 'anthropic-messages', name: 'web_search', data: search },
      { kind: 'provider', origin: 'anthropic-messages', name: 'mcp_toolset', data: toolset },
    ]);
  });

  it.each<[JsonObject, object]>([
    [{ type: 'auto' }, { toolChoice: { type: 'auto' } }],
    [{ type: 'none' }, { toolChoice: { type: 'none' } }],
    [{ type: 'any' }, { toolChoice: { type: 'required' } }],
    [{ type: 'tool', name: 'weather' }, { toolChoice: { type: 'tool', name: 'weather' } }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { toolChoice: { type: 'auto' }, parallelToolCalls: false },
    ],
    [
      { type: 'any', disable_parallel_tool_use: false },
      { toolChoice: { type: 'required' }, parallelToolCalls: true },
    ],
    [{ type: 'later' }, { extensions: { 'anthropic-messages': { tool_choice: { type: 'later' } } } }],
  ])('tool_choice %j', (tool_choice, expected) => {
    expect(decode({ tools: [weather], tool_choice })).toMatchObject(expected);
  });

  it('cannot tell the names of a set of tools', () => {
    const tools = [weather, { type: 'mcp_toolset', mcp_server_name: 'files' }];
    expect(decode({ tools, tool_choice: { type: 'tool', name: 'read' } }).toolChoice).toEqual({
      type: 'tool',
      name: 'read',
    });
  });
});

describe('decodeRequest: content', () => {
  it('reads a system prompt, plain and in blocks', () => {
    expect(decode({ system: 'Be brief.' }).messages[0]).toEqual({
      role: 'system',
      content: [{ type: 'text', text: 'Be brief.' }],
    });
    const blocks = [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Long.', cache_control: { type: 'ephemeral' } },
    ];
    expect(decode({ system: blocks }).messages[0]).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Long.', cache: { ttl: '5m' } },
      ],
    });
    expect(decode({ system: '' }).messages).toHaveLength(1);
    expect(decode({ system: [] }).messages).toHaveLength(1);
  });

  it.each<[JsonObject, object]>([
    [
      { type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'x', cache: { ttl: '1h' } },
    ],
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aW1n' } },
    ],
    [
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' }, cache_control: null },
      { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
    ],
    [
      { type: 'image', source: { type: 'file', file_id: 'file_1' }, transformations: { oversized_image: 'error' } },
      {
        type: 'image',
        source: { type: 'reference', origin: 'anthropic-messages', id: 'file_1' },
        extensions: { 'anthropic-messages': { transformations: { oversized_image: 'error' } } },
      },
    ],
    [
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'cGRm' },
        title: 'A.pdf',
        context: 'old',
        citations: { enabled: true },
      },
      {
        type: 'file',
        source: { type: 'base64', mediaType: 'application/pdf', data: 'cGRm' },
        filename: 'A.pdf',
        extensions: { 'anthropic-messages': { context: 'old', citations: { enabled: true } } },
      },
    ],
    [
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße 🌍' } },
      {
        type: 'file',
        source: { type: 'base64', mediaType: 'text/plain', data: Buffer.from('Grüße 🌍').toString('base64') },
      },
    ],
    [
      { type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } },
      { type: 'file', source: { type: 'url', url: 'https://x.test/a.pdf', mediaType: 'application/pdf' } },
    ],
  ])('%j', (block, part) => {
    expect(partsOf('user', block)).toEqual([part]);
  });

  it.each<[JsonObject]>([
    [{ type: 'search_result', source: 'x', title: 'y', content: [{ type: 'text', text: 'z' }] }],
    [{ type: 'document', source: { type: 'content', content: 'custom' } }],
    [{ type: 'image', source: { type: 'hologram', id: 1 } }],
    [{ type: 'container_upload', file_id: 'f', cache_control: { type: 'ephemeral' } }],
    [{ type: 'block_of_tomorrow', x: [1, null] }],
  ])('keeps %j as it is', (block) => {
    expect(partsOf('user', block)).toEqual([{ type: 'opaque', origin: 'anthropic-messages', data: block }]);
  });

  it('takes a document of a megabyte', () => {
    const data = 'ü'.repeat(500_000);
    const [part] = partsOf('user', { type: 'document', source: { type: 'text', data } }) ?? [];
    expect(part).toMatchObject({ source: { data: Buffer.from(data).toString('base64') } });
  });

  it('reads an answer of the past', () => {
    const server = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } };
    expect(
      partsOf(
        'assistant',
        { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'text', text: 'I look.', citations: null },
        server,
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
        { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { b: 1, a: [2] }, caller: { type: 'direct' } },
      ),
    ).toEqual([
      { type: 'reasoning', text: 'Hm.', signature: { origin: 'anthropic-messages', value: 'c2ln' } },
      { type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value: 'ZGF0YQ==' } },
      { type: 'text', text: 'I look.' },
      { type: 'opaque', origin: 'anthropic-messages', data: server },
      { type: 'tool-call', kind: 'function', id: 'toolu_1', name: 'weather', arguments: '{}' },
      {
        type: 'tool-call',
        kind: 'function',
        id: 'toolu_2',
        name: 'weather',
        arguments: '{"b":1,"a":[2]}',
        extensions: { 'anthropic-messages': { caller: { type: 'direct' } } },
      },
    ]);
  });

  it('takes thoughts without a signature', () => {
    expect(partsOf('assistant', { type: 'thinking', thinking: 'Hm.', signature: '' })).toEqual([
      { type: 'reasoning', text: 'Hm.' },
    ]);
    expect(partsOf('assistant', { type: 'thinking', thinking: 'Hm.' })).toEqual([{ type: 'reasoning', text: 'Hm.' }]);
  });

  it('puts results of calls in front of what the user says', () => {
    const { messages } = decode({
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'a', name: 'weather', input: {} },
            { type: 'tool_use', id: 'b', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Here:' },
            {
              type: 'tool_result',
              tool_use_id: 'b',
              is_error: true,
              content: [
                { type: 'text', text: 'broken' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
              ],
              cache_control: { type: 'ephemeral' },
            },
            { type: 'tool_result', tool_use_id: 'a', content: 'sunny' },
            { type: 'tool_result', tool_use_id: 'a' },
          ],
        },
      ],
    });
    expect(messages.slice(2)).toEqual([
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            callId: 'b',
            isError: true,
            content: [
              { type: 'text', text: 'broken' },
              { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aW1n' } },
            ],
            cache: { ttl: '5m' },
          },
          { type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'sunny' }] },
          { type: 'tool-result', callId: 'a', content: [] },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Here:' }] },
    ]);
  });

  it('leaves instructions where they stand', () => {
    const addition = { type: 'tool_addition', tool: { type: 'tool_reference', name: 'x' } };
    const { messages } = decode({
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'system', content: 'Be brief now.' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'Go on' },
        { role: 'system', content: [{ type: 'text', text: 'More tools.' }, addition] },
      ],
    });
    expect(messages.map((message) => message.role)).toEqual(['user', 'system', 'assistant', 'user', 'system', 'user']);
    expect(messages.at(-1)?.content).toEqual([{ type: 'opaque', origin: 'anthropic-messages', data: addition }]);
  });

  it('leaves out instructions that are over', () => {
    const brief = { role: 'system', content: 'Be brief.', clear_at: 'next_user_message' };
    const hello = { role: 'user', content: 'Hello' };
    expect(decode({ messages: [hello, brief, { role: 'assistant', content: 'Hi.' }, hello] }).messages).toHaveLength(3);
    expect(decode({ messages: [hello, brief] }).messages).toHaveLength(2);
  });

  it('takes empty answers for no turn', () => {
    const hello = { role: 'user', content: 'Hello' };
    const empty = [
      { role: 'assistant', content: [] },
      { role: 'assistant', content: '' },
    ];
    expect(decode({ messages: [hello, ...empty, hello] }).messages.map((message) => message.role)).toEqual([
      'user',
      'user',
    ]);
  });

  it('puts a marker on the request to its last block', () => {
    const cache_control = { type: 'ephemeral', ttl: '1h' };
    expect(decode({ cache_control, system: 'x' }).messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'x' }] },
      { role: 'user', content: [{ type: 'text', text: 'Hello', cache: { ttl: '1h' } }] },
    ]);
    const marked = [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }];
    expect(decode({ cache_control, messages: marked }).messages[0]?.content).toEqual([
      { type: 'text', text: 'x', cache: { ttl: '5m' } },
    ]);
  });
});

describe('decodeRequest: what is wrong', () => {
  const user = (...content: readonly JsonObject[]): JsonObject => ({ messages: [{ role: 'user', content }] });
  const assistant = (...content: readonly JsonObject[]): JsonObject => ({
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content },
    ],
  });

  it.each<[string, JsonObject, string]>([
    ['model', { model: undefined }, 'is missing'],
    ['model', { model: '' }, 'must not be empty'],
    ['max_tokens', { max_tokens: undefined }, 'is missing'],
    ['max_tokens', { max_tokens: 'many' }, 'must be a number, but is a string'],
    ['max_tokens', { max_tokens: 1.5 }, 'must be'],
    ['max_tokens', { max_tokens: -1 }, 'must be at least 0'],
    ['messages', { messages: undefined }, 'is missing'],
    ['messages', { messages: [] }, 'must not be empty'],
    ['messages', { messages: 'Hello' }, 'must be a list, but is a string'],
    ['messages[0]', { messages: ['Hello'] }, 'must be an object'],
    ['messages[0].role', { messages: [{ content: 'x' }] }, 'is missing'],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }, 'must be "user", "assistant" or "system"'],
    ['messages[0].content', { messages: [{ role: 'user' }] }, 'must be a string or a list of blocks'],
    ['messages[0].content', { messages: [{ role: 'user', content: '' }] }, 'must not be empty'],
    ['messages[0].content', { messages: [{ role: 'user', content: [] }] }, 'must not be empty'],
    ['messages[0].content[0]', { messages: [{ role: 'user', content: ['x'] }] }, 'must be an object'],
    ['messages[0].content[0].type', user({ text: 'x' }), 'is missing'],
    ['messages[0].content[0].text', user({ type: 'text' }), 'is missing'],
    ['messages[0].content[0].text', user({ type: 'text', text: 7 }), 'must be a string'],
    ['messages[0].content[0].source', user({ type: 'image' }), 'must be an object'],
    ['messages[0].content[0].source.type', user({ type: 'image', source: {} }), 'is missing'],
    [
      'messages[0].content[0].source.media_type',
      user({ type: 'image', source: { type: 'base64', data: 'x' } }),
      'is missing',
    ],
    [
      'messages[0].content[0].source.url',
      user({ type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } }),
      'must be an http, https or data URL',
    ],
    ['messages[0].content[0].source.file_id', user({ type: 'document', source: { type: 'file' } }), 'is missing'],
    [
      'messages[0].content[1].cache_control.ttl',
      user({ type: 'text', text: 'x' }, { type: 'text', text: 'y', cache_control: { type: 'ephemeral', ttl: '2h' } }),
      'must be "5m" or "1h"',
    ],
    ['messages[0].content[0].type', user({ type: 'tool_use', id: 'x' }), 'only assistant messages may hold'],
    ['messages[0].content[0].type', user({ type: 'thinking', thinking: 'x' }), 'only assistant messages may hold'],
    ['messages[0].content[0].tool_use_id', user({ type: 'tool_result' }), 'is missing'],
    [
      'messages[0].content[0].tool_use_id',
      user({ type: 'tool_result', tool_use_id: 'toolu_9' }),
      'is not the id of a tool_use block in an assistant message before it',
    ],
    [
      'messages[1].content[0].type',
      assistant({ type: 'tool_result', tool_use_id: 'x' }),
      'only user messages may hold',
    ],
    ['messages[1].content[0].id', assistant({ type: 'tool_use', name: 'x', input: {} }), 'is missing'],
    ['messages[1].content[0].name', assistant({ type: 'tool_use', id: 'x', name: '', input: {} }), 'must not be empty'],
    [
      'messages[1].content[0].input',
      assistant({ type: 'tool_use', id: 'x', name: 'x', input: '{}' }),
      'must be an object',
    ],
    ['messages[1].content[0].thinking', assistant({ type: 'thinking', signature: 'x' }), 'is missing'],
    ['messages[1].content[0].data', assistant({ type: 'redacted_thinking' }), 'is missing'],
    ['system', { system: 7 }, 'must be a string or a list of blocks'],
    ['system[1].type', { system: [{ type: 'text', text: 'x' }, { type: 'image' }] }, 'must be "text" in system'],
    ['stop_sequences[1]', { stop_sequences: ['a', 1] }, 'must be a string'],
    ['temperature', { temperature: 'hot' }, 'must be a number'],
    ['stream', { stream: 'yes' }, 'must be true or false'],
    ['tools[0].input_schema', { tools: [{ name: 'x' }] }, 'must be an object'],
    ['tools[0].name', { tools: [{ type: 'custom', input_schema: {} }] }, 'is missing'],
    ['tool_choice.type', { tool_choice: {} }, 'is missing'],
    ['tool_choice.name', { tool_choice: { type: 'tool' } }, 'is missing'],
    ['tool_choice.name', { tool_choice: { type: 'tool', name: 'nobody' } }, 'is "nobody", which is none of the tools'],
    [
      'tool_choice.disable_parallel_tool_use',
      { tool_choice: { type: 'auto', disable_parallel_tool_use: 1 } },
      'must be true or false',
    ],
    ['thinking.type', { thinking: {} }, 'is missing'],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }, 'is missing'],
    ['output_config.effort', { output_config: { effort: 3 } }, 'must be a string'],
    ['output_config.format.schema', { output_config: { format: { type: 'json_schema' } } }, 'must be an object'],
    ['metadata.user_id', { metadata: { user_id: 5 } }, 'must be a string'],
    ['cache_control.type', { cache_control: {} }, 'must be "ephemeral"'],
  ])('%s: %j', (param, fields, problem) => {
    const found = problemOf({ ...HELLO, ...fields });
    expect(found.param).toBe(param);
    expect(found.message).toContain(problem);
  });

  it('names a result whose call comes later', () => {
    const messages = [
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }] },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
    ];
    expect(problemOf({ ...HELLO, messages }).param).toBe('messages[0].content[0].tool_use_id');
  });
});

it('reads four times as many messages in about four times the time', () => {
  const bodyOf = (count: number): JsonObject => ({
    ...HELLO,
    messages: Array.from({ length: count }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: [
        index % 2 === 0 ? { type: 'text', text: 'x' } : { type: 'tool_use', id: `t${index}`, name: 'f', input: {} },
      ],
    })),
  });
  const fastest = (body: JsonObject): number =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const before = performance.now();
        client.decodeRequest(body);
        return performance.now() - before;
      }),
    );
  const few = fastest(bodyOf(2_500));
  // Growth, not time: a busy machine is no quadratic decoder. Quadratic would be 16.
  expect(fastest(bodyOf(10_000)) / few).toBeLessThan(12);
});
