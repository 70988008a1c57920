import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message, Tool } from '../../../../functions/core/chat.ts';
import { encode, encodeTarget } from './support.ts';

const weather: Tool = {
  kind: 'function',
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const history = (name: string): readonly Message[] => [
  { role: 'user', content: [{ type: 'text', text: 'a' }] },
  { role: 'assistant', content: [{ type: 'tool-call', id: '1', name, arguments: '{}', kind: 'function' }] },
  { role: 'tool', content: [{ type: 'tool-result', callId: '1', content: [] }] },
];

describe('tools', () => {
  it('encodes functions', () => {
    expect(encode({ tools: [weather] }).body.tools).toEqual([
      {
        name: 'get_weather',
        description: 'Weather of a city',
        input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    ]);
  });

  it('gives parameters that say nothing the type that the API wants', () => {
    expect(encode({ tools: [{ kind: 'function', name: 'f', parameters: {} }] }).body.tools).toEqual([
      { name: 'f', input_schema: { type: 'object' } },
    ]);
  });

  it('is strict where the model can be, and says where it cannot', () => {
    const tools: readonly Tool[] = [{ ...weather, strict: true }];
    expect(encode({ tools }).body.tools).toMatchObject([{ strict: true }]);
    const old = encode({ tools }, encodeTarget('claude-sonnet-4-20250514'));
    expect(old.body.tools).not.toMatchObject([{ strict: true }]);
    expect(old.dropped).toEqual(['tools[0].function.strict']);
  });

  it('adds extensions', () => {
    const tools: readonly Tool[] = [{ ...weather, extensions: { 'anthropic-messages': { defer_loading: true } } }];
    expect(encode({ tools }).body.tools).toMatchObject([{ name: 'get_weather', defer_loading: true }]);
  });

  it('offers free-text tools as functions of one string, and tells the decoder', () => {
    const { body, dropped, restore } = encode({ tools: [{ kind: 'custom', name: 'py', description: 'Runs Python' }] });
    expect(body.tools).toEqual([
      {
        name: 'py',
        description: 'Runs Python',
        input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      },
    ]);
    expect(dropped).toEqual([]);
    expect(restore?.customTools).toEqual(new Set(['py']));
  });

  it('reports a grammar that nobody will hold the free text to', () => {
    const custom = (format: { readonly type: string }): readonly Tool[] => [{ kind: 'custom', name: 'py', format }];
    expect(encode({ tools: custom({ type: 'grammar' }) }).dropped).toEqual(['tools[0].custom.format']);
    expect(encode({ tools: custom({ type: 'text' }) }).dropped).toEqual([]);
  });

  it("passes its own provider's tools on, and reports those of others", () => {
    const own = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };
    const { body, dropped } = encode({
      tools: [
        { kind: 'provider', origin: 'openai-responses', name: 'web_search', data: { type: 'web_search' } },
        { kind: 'provider', origin: 'anthropic-messages', name: 'web_search', data: own },
      ],
    });
    expect(body.tools).toEqual([own]);
    expect(dropped).toEqual(['tools[0]']);
  });

  it('declares the tools of a history that are no longer on offer, and forbids them', () => {
    const { body } = encode({ messages: history('f') });
    expect(body.tools).toEqual([{ name: 'f', input_schema: { type: 'object' } }]);
    expect(body.tool_choice).toEqual({ type: 'none' });
  });
});

describe('names that the API refuses', () => {
  const names = ['functions.get weather', 'x'.repeat(65), 'grüße'];

  it.each(names)('aliases %s in tools, choice and history alike', (name) => {
    const { body, restore } = encode({
      messages: history(name),
      tools: [{ kind: 'function', name, parameters: {} }],
      toolChoice: { type: 'tool', name },
    });
    const [tool] = body.tools as readonly { readonly name: string }[];
    expect(tool?.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(body.tool_choice).toEqual({ type: 'tool', name: tool?.name });
    expect(body.messages).toContainEqual({
      role: 'assistant',
      content: [{ type: 'tool_use', id: '1', name: tool?.name, input: {} }],
    });
    expect(restore?.toolNames.get(tool?.name ?? '')).toBe(name);
  });

  it('leaves good names alone, with nothing to restore', () => {
    expect(encode({ tools: [weather] }).restore).toBeUndefined();
  });
});

describe('tool_choice × parallel_tool_calls', () => {
  const serial = { disable_parallel_tool_use: true };
  it.each<[ChatRequest['toolChoice'], boolean | undefined, unknown]>([
    [undefined, undefined, undefined],
    [undefined, true, undefined],
    [undefined, false, { type: 'auto', ...serial }],
    [{ type: 'auto' }, undefined, { type: 'auto' }],
    [{ type: 'auto' }, true, { type: 'auto' }],
    [{ type: 'auto' }, false, { type: 'auto', ...serial }],
    [{ type: 'none' }, undefined, { type: 'none' }],
    [{ type: 'none' }, true, { type: 'none' }],
    [{ type: 'none' }, false, { type: 'none' }],
    [{ type: 'required' }, undefined, { type: 'any' }],
    [{ type: 'required' }, true, { type: 'any' }],
    [{ type: 'required' }, false, { type: 'any', ...serial }],
    [{ type: 'tool', name: 'get_weather' }, undefined, { type: 'tool', name: 'get_weather' }],
    [{ type: 'tool', name: 'get_weather' }, true, { type: 'tool', name: 'get_weather' }],
    [{ type: 'tool', name: 'get_weather' }, false, { type: 'tool', name: 'get_weather', ...serial }],
  ])('%j × %s', (toolChoice, parallelToolCalls, expected) => {
    const { body, dropped } = encode({
      tools: [weather],
      ...(toolChoice === undefined ? {} : { toolChoice }),
      ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
    });
    expect(body.tool_choice).toEqual(expected);
    expect(dropped).toEqual([]);
  });

  it.each<ChatRequest['toolChoice']>([{ type: 'auto' }, { type: 'none' }])(
    'says nothing without tools: %j',
    (choice) => {
      const { body } = encode({ parallelToolCalls: false, ...(choice === undefined ? {} : { toolChoice: choice }) });
      expect(body).not.toHaveProperty('tool_choice');
      expect(body).not.toHaveProperty('tools');
    },
  );

  it('refuses to force one of no tools', () => {
    expect(() => encode({ toolChoice: { type: 'required' } })).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'tool_choice' }),
    );
  });

  it.each(['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5-1', 'us.anthropic.claude-opus-5-5-v1:0'])(
    'reports that %s cannot be forced',
    (model) => {
      const target = encodeTarget(model);
      const forced = encode({ tools: [weather], toolChoice: { type: 'required' } }, target);
      expect(forced.body).not.toHaveProperty('tool_choice');
      expect(forced.dropped).toEqual(['tool_choice']);
      const one = encode({ tools: [weather], toolChoice: { type: 'required' }, parallelToolCalls: false }, target);
      expect(one.body.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    },
  );

  it('keeps a forced call and gives up thinking, where a model cannot do both', () => {
    const { body, dropped } = encode({
      tools: [weather],
      toolChoice: { type: 'required' },
      reasoning: { effort: 'high' },
    });
    expect(body.tool_choice).toEqual({ type: 'any' });
    expect(body).not.toHaveProperty('thinking');
    expect(dropped).toEqual(['reasoning_effort']);
  });
});
