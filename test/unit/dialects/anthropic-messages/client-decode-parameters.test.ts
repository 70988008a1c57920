import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { decode } from './client-support.ts';

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
