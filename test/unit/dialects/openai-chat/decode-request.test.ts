import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { openaiChatClient } from '../../../../functions/dialects/openai-chat/index.ts';
import { growth } from '../../../support/growth.ts';
import { ASSISTANT } from './calls.ts';
import { HELLO, request } from './support.ts';

describe('decodeRequest: parameters', () => {
  it('needs a model and messages only', () => {
    expect(request()).toEqual({
      model: 'smart',
      stream: false,
      includeUsage: false,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      tools: [],
      candidates: 1,
      stop: [],
      extensions: {},
    });
  });

  it.each<[JsonObject, object]>([
    [{ stream: true }, { stream: true, includeUsage: false }],
    [{ stream: true, stream_options: { include_usage: true } }, { includeUsage: true }],
    [
      { stream_options: null, stream: null },
      { stream: false, includeUsage: false },
    ],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    [{ max_tokens: 5, max_completion_tokens: null }, { maxOutputTokens: 5 }],
    [{ temperature: 0 }, { temperature: 0 }],
    [{ top_p: 0.5 }, { topP: 0.5 }],
    [{ top_k: 40 }, { topK: 40 }],
    [{ stop: 'END' }, { stop: ['END'] }],
    [{ stop: ['a', 'b'] }, { stop: ['a', 'b'] }],
    [{ stop: null }, { stop: [] }],
    [{ seed: -1 }, { seed: -1 }],
    [{ presence_penalty: -2 }, { presencePenalty: -2 }],
    [{ frequency_penalty: 1.5 }, { frequencyPenalty: 1.5 }],
    [{ n: 3 }, { candidates: 3 }],
    [
      { logprobs: true, top_logprobs: 2 },
      { logprobs: true, topLogprobs: 2 },
    ],
    [{ logit_bias: { 50256: -100 } }, { logitBias: { 50256: -100 } }],
    [{ response_format: { type: 'text' } }, { responseFormat: { type: 'text' } }],
    [{ response_format: { type: 'json_object' } }, { responseFormat: { type: 'json' } }],
    [
      {
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } },
      },
      { responseFormat: { type: 'json-schema', name: 'x', schema: { type: 'object' }, strict: true } },
    ],
    [{ reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
    [{ user: 'u1' }, { endUser: 'u1' }],
    [{ service_tier: 'flex' }, { serviceTier: 'flex' }],
    [{ prompt_cache_key: 'k' }, { promptCacheKey: 'k' }],
    [{ metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    [{ parallel_tool_calls: false }, { parallelToolCalls: false }],
    [{ tool_choice: 'required' }, { toolChoice: { type: 'required' } }],
    [{ tool_choice: 'none' }, { toolChoice: { type: 'none' } }],
  ])('%j', (fields, expected) => {
    expect(request(fields)).toMatchObject(expected);
    expect(request(fields).extensions).toEqual({});
  });

  it('keeps what it does not know for the dialect itself', () => {
    const choice = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } };
    expect(
      request({ verbosity: 'low', brand_new: [1], reasoning_effort: 'ultra', tool_choice: choice, store: null }),
    ).toMatchObject({
      extensions: {
        'openai-chat': { verbosity: 'low', brand_new: [1], reasoning_effort: 'ultra', tool_choice: choice },
      },
    });
    expect(request({ reasoning_effort: 'ultra' }).reasoning).toBeUndefined();
    expect(request({ store: null }).extensions).toEqual({});
  });

  it('decodes tools', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } };
    const { tools, toolChoice } = request({
      tools: [
        { type: 'function', function: { name: 'weather', description: 'd', parameters, strict: true } },
        {
          type: 'function',
          function: { name: 'now', description: null },
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
        { type: 'custom', custom: { name: 'sql', format: { type: 'text' } } },
        { type: 'web_search', filters: {} },
      ],
      tool_choice: { type: 'function', function: { name: 'now' } },
    });
    expect(tools).toEqual([
      { kind: 'function', name: 'weather', description: 'd', parameters, strict: true },
      { kind: 'function', name: 'now', parameters: { type: 'object', properties: {} }, cache: { ttl: '1h' } },
      { kind: 'custom', name: 'sql', format: { type: 'text' } },
      { kind: 'provider', origin: 'openai-chat', name: 'web_search', data: { type: 'web_search', filters: {} } },
    ]);
    expect(toolChoice).toEqual({ type: 'tool', name: 'now' });
  });
});

describe('decodeRequest: whatever comes', () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>;
  /** Requests that are nearly right: one field, or one part of a message, is anything. */
  const field = fc.constantFrom(
    'model',
    'messages',
    'stream',
    'stream_options',
    'tools',
    'tool_choice',
    'max_tokens',
    'temperature',
    'stop',
    'n',
    'logit_bias',
    'response_format',
    'reasoning_effort',
    'metadata',
    'functions',
    '__proto__',
    'constructor',
    'toString',
    'anything',
  );
  const role = fc.constantFrom('system', 'user', 'assistant', 'tool', 'function', 'toString');
  const key = fc.constantFrom(
    'content',
    'tool_calls',
    'tool_call_id',
    'name',
    'refusal',
    'audio',
    'reasoning_details',
    'reasoning_content',
    'cache_control',
  );
  const type = fc.constantFrom('text', 'image_url', 'input_audio', 'file', 'refusal', 'thinking', 'hologram');
  const wrongPart = fc.record({ type, value: json }).map(({ type: name, value }) => [{ type: name, [name]: value }]);
  const message = fc
    .record({ role, key, value: fc.oneof(json, wrongPart) })
    .map((one): JsonObject => ({ role: one.role, content: 'x', [one.key]: one.value }));
  const body = fc.oneof(
    fc
      .record({ field, value: json })
      .map((one): JsonObject => Object.fromEntries([...Object.entries(HELLO), [one.field, one.value]])),
    fc.array(message, { maxLength: 4 }).map((list): JsonObject => ({ model: 'm', messages: list })),
    fc.dictionary(fc.string(), json) as fc.Arbitrary<JsonObject>,
  );

  it('throws nothing but a 400 with a place, and never changes the body', () => {
    fc.assert(
      fc.property(body, (value) => {
        const before = structuredClone(value);
        let refused: unknown;
        try {
          openaiChatClient.decodeRequest(value);
        } catch (error) {
          refused = error;
        }
        if (refused !== undefined)
          expect(refused).toMatchObject({
            name: 'GatewayError',
            kind: 'invalid-request',
            status: 400,
            param: expect.any(String),
          });
        expect(value).toEqual(before);
      }),
      { numRuns: 1_500 },
    );
  });

  it('reads a body whose every object is frozen', () => {
    const freeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      Object.freeze(value);
      Object.values(value).forEach(freeze);
    };
    const body = {
      ...HELLO,
      messages: [ASSISTANT, { role: 'tool', tool_call_id: 'call_1', content: 'x' }],
      tools: [{ type: 'function', function: { name: 'f' } }],
    };
    freeze(body);
    expect(openaiChatClient.decodeRequest(body).messages).toHaveLength(2);
  });
});

describe('decodeRequest: the most that a megabyte can cost', () => {
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  const call = (index: number) => ({ id: `c${index}`, function: { name: 'f', arguments: '{}' } });
  const detail = (index: number) => ({ type: 'reasoning.encrypted', data: 'a', id: `z${index}` });

  it.each<[string, (size: number) => JsonObject]>([
    ['tiny messages', (size) => ({ messages: range(size * 4).map(() => ({ role: 'user', content: '' })) })],
    [
      'tiny parts',
      (size) => ({ messages: [{ role: 'user', content: range(size * 4).map(() => ({ type: 'text', text: '' })) }] }),
    ],
    [
      'calls, and entries that belong to none of them',
      (size) => ({
        messages: [
          { role: 'assistant', tool_calls: range(size).map(call), reasoning_details: range(size).map(detail) },
        ],
      }),
    ],
    [
      'tools',
      (size) => ({ tools: range(size).map((index) => ({ type: 'function', function: { name: `f${index}` } })) }),
    ],
  ])('grows with the size only: %s', (_, fieldsOf) => {
    const bodies = new Map([1_000, 8_000].map((size) => [size, fieldsOf(size)]));
    // 8 times the size, up to a megabyte: quadratic would be 64 times the time.
    expect(growth((size) => request(bodies.get(size)), 1_000, 8_000)).toBeLessThan(24);
  });
});
