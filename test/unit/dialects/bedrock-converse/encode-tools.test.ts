import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message, Tool } from '../../../../functions/core/chat.ts';
import { CLAUDE, encode, GPT, LLAMA, MISTRAL, NOVA } from './support.ts';

const weather: Tool = {
  kind: 'function',
  name: 'get_weather',
  description: 'The weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};
const clock: Tool = { kind: 'function', name: 'clock', parameters: {} };
const tools = [weather, clock];
const spec = (name: string, json: object = { type: 'object' }, more: object = {}) => ({
  toolSpec: { name, ...more, inputSchema: { json } },
});
const SPECS = [
  spec('get_weather', weather.kind === 'function' ? weather.parameters : {}, { description: 'The weather' }),
  spec('clock'),
];
const HISTORY: readonly Message[] = [
  { role: 'user', content: [{ type: 'text', text: 'a' }] },
  { role: 'assistant', content: [{ type: 'tool-call', id: 'x', name: 'clock', arguments: '{}', kind: 'function' }] },
  { role: 'tool', content: [{ type: 'tool-result', callId: 'x', content: [{ type: 'text', text: 'noon' }] }] },
];

function toolsOf(fields: Partial<ChatRequest>, model?: string) {
  const { body, dropped } = encode(fields, model);
  const { toolConfig, additionalModelRequestFields } = body;
  return {
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...(additionalModelRequestFields === undefined ? {} : { fields: additionalModelRequestFields }),
    ...(dropped.length === 0 ? {} : { dropped }),
  };
}

describe('tools', () => {
  it('carry name, description and schema; the schema of none is an object', () => {
    expect(toolsOf({ tools })).toEqual({ toolConfig: { tools: SPECS } });
    expect(toolsOf({ tools: [{ ...clock, description: ' ' }] })).toEqual({ toolConfig: { tools: [spec('clock')] } });
  });

  it('with names that the API refuses get others, and give theirs back', () => {
    const dotted: Tool = { ...clock, name: 'fs.read' };
    const { body, restore } = encode({ tools: [dotted, { ...clock, name: 'fs_read' }] });
    const names = (body.toolConfig as never as { tools: { toolSpec: { name: string } }[] }).tools.map(
      (tool) => tool.toolSpec.name,
    );
    expect(names[0]).toMatch(/^fs_read_[a-z0-9]{14}$/);
    expect(names[1]).toBe('fs_read');
    expect(restore?.toolNames.get(names[0] ?? '')).toBe('fs.read');
  });

  it('of free text are functions with one string', () => {
    const custom: Tool = { kind: 'custom', name: 'run', description: 'Runs', format: { type: 'grammar' } };
    const { body, dropped, restore } = encode({ tools: [custom] });
    expect(body.toolConfig).toEqual({
      tools: [
        spec(
          'run',
          { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
          { description: 'Runs' },
        ),
      ],
    });
    expect(dropped).toEqual(['tools[0].custom.format']);
    expect(restore?.customTools).toEqual(new Set(['run']));
  });

  it('that the provider runs are its own', () => {
    const grounding: Tool = {
      kind: 'provider',
      origin: 'bedrock-converse',
      name: 'nova_grounding',
      data: { systemTool: { name: 'nova_grounding' } },
    };
    const foreign: Tool = { kind: 'provider', origin: 'openai-responses', name: 'web_search', data: {} };
    expect(toolsOf({ tools: [grounding, foreign] }, NOVA)).toEqual({
      toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] },
      dropped: ['tools[1]'],
    });
  });

  it('are strict where the model can be', () => {
    const strict: Tool = { ...clock, strict: true };
    expect(toolsOf({ tools: [strict] })).toEqual({
      toolConfig: {
        tools: [spec('clock', { type: 'object', properties: {}, additionalProperties: false }, { strict: true })],
      },
    });
    expect(toolsOf({ tools: [strict] }, LLAMA)).toEqual({
      toolConfig: { tools: [spec('clock')] },
      dropped: ['tools[0].function.strict'],
    });
  });

  it('are cached where the model caches them', () => {
    const cached: Tool = { ...clock, cache: { ttl: '1h' } };
    const point = { cachePoint: { type: 'default', ttl: '1h' } };
    expect(toolsOf({ tools: [cached] })).toEqual({ toolConfig: { tools: [spec('clock'), point] } });
    expect(toolsOf({ tools: [cached] }, NOVA)).toEqual({ toolConfig: { tools: [spec('clock')] } });
  });

  it('of the history are declared when none are on offer: the API wants them', () => {
    expect(toolsOf({ messages: HISTORY })).toEqual({
      toolConfig: { tools: [spec('clock')] },
      fields: { tool_choice: { type: 'none' } },
    });
    expect(toolsOf({ messages: HISTORY }, NOVA)).toEqual({ toolConfig: { tools: [spec('clock')] } });
  });
});

describe('the choice of a tool', () => {
  const all = { tools: SPECS };

  it.each<readonly [string, Partial<ChatRequest>, string, object]>([
    ['auto', { toolChoice: { type: 'auto' } }, CLAUDE, { toolConfig: { ...all, toolChoice: { auto: {} } } }],
    ['required', { toolChoice: { type: 'required' } }, CLAUDE, { toolConfig: { ...all, toolChoice: { any: {} } } }],
    [
      'one',
      { toolChoice: { type: 'tool', name: 'clock' } },
      NOVA,
      { toolConfig: { ...all, toolChoice: { tool: { name: 'clock' } } } },
    ],
    [
      'one, where only any can be forced',
      { toolChoice: { type: 'tool', name: 'clock' } },
      MISTRAL,
      { toolConfig: { tools: [spec('clock')], toolChoice: { any: {} } } },
    ],
    [
      'one, where none can be forced',
      { toolChoice: { type: 'tool', name: 'clock' } },
      LLAMA,
      { toolConfig: { ...all, toolChoice: { auto: {} } }, dropped: ['tool_choice'] },
    ],
    [
      'none, said to Claude in its own words',
      { toolChoice: { type: 'none' } },
      CLAUDE,
      { toolConfig: all, fields: { tool_choice: { type: 'none' } } },
    ],
    ['none, to others, by leaving the tools out', { toolChoice: { type: 'none' } }, NOVA, {}],
    [
      'none, to others, where the history needs them',
      { toolChoice: { type: 'none' }, messages: HISTORY },
      NOVA,
      { toolConfig: all, dropped: ['tool_choice'] },
    ],
    // Never in both places: "The additional field tool_choice/type conflicts with the existing field".
    [
      'one call at a time',
      { parallelToolCalls: false },
      CLAUDE,
      { toolConfig: all, fields: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } } },
    ],
    [
      'one certain call',
      { parallelToolCalls: false, toolChoice: { type: 'tool', name: 'clock' } },
      CLAUDE,
      { toolConfig: all, fields: { tool_choice: { type: 'tool', name: 'clock', disable_parallel_tool_use: true } } },
    ],
    [
      'one call at a time, of others',
      { parallelToolCalls: false },
      GPT,
      { toolConfig: all, dropped: ['parallel_tool_calls'] },
    ],
    ['many calls', { parallelToolCalls: true }, GPT, { toolConfig: all }],
  ])('%s', (_, fields, model, expected) => {
    expect(toolsOf({ tools, ...fields }, model)).toEqual(expected);
  });

  it('without tools is a mistake where it forces one, and nothing otherwise', () => {
    expect(() => encode({ toolChoice: { type: 'required' } })).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'tool_choice' }),
    );
    expect(toolsOf({ toolChoice: { type: 'none' }, parallelToolCalls: false })).toEqual({});
  });

  it('that is not offered is a mistake', () => {
    expect(() => encode({ tools, toolChoice: { type: 'tool', name: 'compass' } })).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'tool_choice' }),
    );
  });

  it('forced, takes the thinking away that forbids it', () => {
    const fields = { tools, toolChoice: { type: 'required' }, reasoning: { effort: 'high' } } as const;
    expect(toolsOf(fields)).toEqual({ toolConfig: { ...all, toolChoice: { any: {} } }, dropped: ['reasoning_effort'] });
  });
});
