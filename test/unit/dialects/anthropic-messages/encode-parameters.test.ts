import { describe, expect, it } from 'vitest';
import type {
  AssistantPart,
  ChatRequest,
  Dialect,
  Message,
  ReasoningSettings,
  ResponseFormat,
} from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { encode, encodeTarget } from './support.ts';

describe('the request', () => {
  it('is a POST with the version, and only what was said', () => {
    expect(encode({})).toEqual({
      method: 'POST',
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: {
        model: 'claude-sonnet-4-5',
        max_tokens: 8_192,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      },
      dropped: [],
    });
  });

  it('streams where asked', () => {
    expect(encode({ stream: true }).body.stream).toBe(true);
    expect(encode({ stream: false }).body).not.toHaveProperty('stream');
  });

  it('takes the cap of the client, or the default', () => {
    expect(encode({ maxOutputTokens: 100 }).body.max_tokens).toBe(100);
    expect(encode({}).body.max_tokens).toBe(8_192);
  });
});

describe('parameters without a counterpart', () => {
  it.each<[string, Partial<ChatRequest>]>([
    ['n', { candidates: 2 }],
    ['seed', { seed: 0 }],
    ['presence_penalty', { presencePenalty: 0.5 }],
    ['frequency_penalty', { frequencyPenalty: -0.5 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { topLogprobs: 3 }],
    ['logit_bias', { logitBias: { '50256': -100 } }],
    ['metadata', { metadata: { project: 'x' } }],
    ['prompt_cache_key', { promptCacheKey: 'x' }],
    ['response_format', { responseFormat: { type: 'json' } }],
    ['service_tier', { serviceTier: 'flex' }],
    ['temperature', { temperature: 1.2 }],
    ['stop', { stop: ['\n\n'] }],
  ])('reports %s and sends the request without it', (name, fields) => {
    const { body, dropped } = encode(fields);
    expect(dropped).toEqual([name]);
    expect(body).toEqual(encode({}).body);
  });

  it.each<[string, Partial<ChatRequest>]>([
    ['n', { candidates: 1 }],
    ['presence_penalty', { presencePenalty: 0 }],
    ['frequency_penalty', { frequencyPenalty: 0 }],
    ['logprobs', { logprobs: false }],
    ['top_logprobs', { topLogprobs: 0 }],
    ['logit_bias', { logitBias: {} }],
    ['metadata', { metadata: {} }],
    ['response_format', { responseFormat: { type: 'text' } }],
  ])('says nothing of %s that changes nothing', (_, fields) => {
    expect(encode(fields)).toEqual(encode({}));
  });

  it('reports what the configuration says that a provider refuses', () => {
    const target = encodeTarget('kimi-k3', ['metadata', 'top_k', 'model']);
    const { body, dropped } = encode({ endUser: 'u', topK: 5, topP: 0.5 }, target);
    expect(body).not.toHaveProperty('metadata');
    expect(body).not.toHaveProperty('top_k');
    expect(body).toMatchObject({ model: 'kimi-k3', top_p: 0.5 });
    expect(dropped).toEqual(['metadata', 'top_k']);
  });
});

describe('stop, user and service tier', () => {
  it('keeps the stop sequences that the API takes', () => {
    const { body, dropped } = encode({ stop: ['END', ' ', 'a b'] });
    expect(body.stop_sequences).toEqual(['END', 'a b']);
    expect(dropped).toEqual(['stop']);
  });

  it('sends the end user', () => {
    expect(encode({ endUser: 'u-1' }).body.metadata).toEqual({ user_id: 'u-1' });
  });

  it.each([
    ['auto', 'auto'],
    ['default', 'standard_only'],
    ['standard_only', 'standard_only'],
  ])('maps service tier %s to %s', (serviceTier, expected) => {
    expect(encode({ serviceTier })).toMatchObject({ body: { service_tier: expected }, dropped: [] });
  });
});

describe('sampling', () => {
  it.each<[string, string, Partial<ChatRequest>, JsonObject, readonly string[]]>([
    [
      'all of a model that takes all',
      'claude-sonnet-4-20250514',
      { temperature: 0.5, topP: 0.9, topK: 5 },
      { temperature: 0.5, top_p: 0.9, top_k: 5 },
      [],
    ],
    ['one of two', 'claude-sonnet-4-5', { temperature: 0.5, topP: 0.9 }, { temperature: 0.5 }, ['top_p']],
    ['the other alone', 'claude-sonnet-4-5', { topP: 0.9 }, { top_p: 0.9 }, []],
    ['two where one says nothing', 'claude-haiku-4-5', { temperature: 0.5, topP: 1 }, { temperature: 0.5 }, []],
    ['the bounds', 'claude-sonnet-4-5', { temperature: 0 }, { temperature: 0 }, []],
    [
      'none of a newer model',
      'claude-opus-4-7',
      { temperature: 0.5, topP: 0.9, topK: 5 },
      {},
      ['temperature', 'top_p', 'top_k'],
    ],
    ['none of the newest', 'claude-haiku-5-5', { temperature: 0 }, {}, ['temperature']],
    ['none of models to come', 'claude-opus-7', { topK: 5 }, {}, ['top_k']],
    ['defaults, which nobody has to take', 'claude-opus-5', { temperature: 1, topP: 1 }, {}, []],
    [
      'all of a model that is not Claude',
      'deepseek-v4',
      { temperature: 0.5, topP: 0.9, topK: 5 },
      { temperature: 0.5, top_p: 0.9, top_k: 5 },
      [],
    ],
    ['too hot', 'deepseek-v4', { temperature: 1.01 }, {}, ['temperature']],
    [
      'thinking, with what it allows',
      'claude-sonnet-4-5',
      { reasoning: { effort: 'low' }, temperature: 1, topP: 0.95 },
      { top_p: 0.95 },
      [],
    ],
    [
      'thinking, with what it does not',
      'claude-sonnet-4-5',
      { reasoning: { effort: 'low' }, temperature: 0, topP: 0.5, topK: 5 },
      {},
      ['temperature', 'top_p', 'top_k'],
    ],
  ])('%s (%s)', (_, model, fields, expected, dropped) => {
    const result = encode(fields, encodeTarget(model));
    const { temperature, top_p, top_k } = result.body;
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected);
    expect(result.dropped).toEqual(dropped);
  });
});

describe('reasoning', () => {
  const reason = (reasoning: ReasoningSettings, model: string, maxOutputTokens = 10_000) => {
    const { body, dropped } = encode({ reasoning, maxOutputTokens }, encodeTarget(model));
    return { thinking: body.thinking, output_config: body.output_config, dropped };
  };
  const budget = (tokens: number) => ({ thinking: { type: 'enabled', budget_tokens: tokens }, dropped: [] });
  const adaptive = (effort?: string) => ({
    thinking: { type: 'adaptive' },
    ...(effort === undefined ? {} : { output_config: { effort } }),
    dropped: [],
  });
  const nothing = (...dropped: readonly string[]) => ({ dropped });

  it.each<[ReasoningSettings, string, JsonObject]>([
    // A budget, where the model wants one.
    [{ effort: 'minimal' }, 'claude-sonnet-4-5', budget(1_024)],
    [{ effort: 'low' }, 'claude-sonnet-4-5', budget(2_000)],
    [{ effort: 'medium' }, 'claude-haiku-4-5', budget(5_000)],
    [{ effort: 'high' }, 'claude-3-7-sonnet-20250219', budget(8_000)],
    [{ effort: 'max' }, 'claude-opus-4-5', budget(9_500)],
    [{ mode: 'on' }, 'claude-opus-4-1-20250805', budget(5_000)],
    [{ mode: 'adaptive' }, 'claude-sonnet-4-20250514', budget(5_000)],
    [{ budgetTokens: 4_000 }, 'claude-sonnet-4-5', budget(4_000)],
    [{ budgetTokens: 40_000 }, 'claude-sonnet-4-5', budget(9_999)],
    [{ budgetTokens: 1_023 }, 'claude-sonnet-4-5', nothing('thinking.budget_tokens')],
    [{ budgetTokens: 4_000 }, 'claude-sonnet-4-6', budget(4_000)],
    // An effort, where the model decides itself; the next lower one that it knows.
    [{ effort: 'high' }, 'claude-sonnet-4-6', adaptive('high')],
    [{ effort: 'xhigh' }, 'claude-sonnet-4-6', adaptive('high')],
    [{ effort: 'xhigh' }, 'claude-opus-4.7', adaptive('xhigh')],
    [{ effort: 'minimal' }, 'claude-opus-5', adaptive('low')],
    [{ effort: 'max' }, 'claude-fable-5-1', adaptive('max')],
    [{ mode: 'adaptive' }, 'claude-sonnet-5', adaptive()],
    [{ mode: 'on', effort: 'low' }, 'claude-haiku-5-5', adaptive('low')],
    [{ budgetTokens: 4_000 }, 'claude-opus-5', { ...adaptive(), dropped: ['thinking.budget_tokens'] }],
    [
      { effort: 'low', summary: 'auto' },
      'claude-opus-5',
      { ...adaptive('low'), thinking: { type: 'adaptive', display: 'summarized' } },
    ],
    // Off, in the way of the model.
    [{ effort: 'none' }, 'claude-sonnet-4-5', nothing()],
    [{ mode: 'off' }, 'claude-opus-4-8', nothing()],
    [{ budgetTokens: 0 }, 'claude-opus-5', { thinking: { type: 'disabled' }, dropped: [] }],
    [{ effort: 'none' }, 'claude-sonnet-5-5', { thinking: { type: 'between_tools' }, dropped: [] }],
    [{ effort: 'none' }, 'claude-opus-5-5', nothing('reasoning_effort')],
    // Nothing to think with.
    [{ effort: 'low' }, 'claude-3-5-haiku-20241022', nothing('reasoning_effort')],
    [{}, 'claude-opus-5', nothing()],
    [{ summary: 'auto' }, 'claude-opus-5', nothing()],
  ])('%j to %s', (settings, model, expected) => {
    expect(reason(settings, model)).toEqual({ thinking: undefined, output_config: undefined, ...expected });
  });

  describe('behind calls', () => {
    const behind = (...thoughts: readonly AssistantPart[]) => {
      const call = { type: 'tool-call', id: 'a', name: 'f', arguments: '{}', kind: 'function' } as const;
      const result = { type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'x' }] } as const;
      const messages: readonly Message[] = [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        { role: 'assistant', content: [...thoughts, call] },
        { role: 'tool', content: [result] },
      ];
      return (model: string) => encode({ messages, reasoning: { effort: 'low' } }, encodeTarget(model));
    };
    const thought = (origin: Dialect): AssistantPart => ({
      type: 'reasoning',
      text: 'Hm',
      signature: { origin, value: 'EqQB' },
    });

    it("goes without a budget where no thought of Claude's precedes them, and reports nothing", () => {
      for (const encoded of [behind(), behind(thought('gemini')), behind({ type: 'reasoning', text: 'Hm' })]) {
        expect(encoded('claude-sonnet-4-5').body.thinking).toBeUndefined();
        expect(encoded('claude-sonnet-4-5').dropped).toEqual([]);
        expect(encoded('claude-sonnet-5').body.thinking).toEqual({ type: 'adaptive' });
      }
    });

    it.each<Dialect>(['anthropic-messages', 'bedrock-converse'])('keeps it where they come from %s', (origin) => {
      expect(behind(thought(origin))('claude-sonnet-4-5').body.thinking).toMatchObject({ type: 'enabled' });
    });
  });

  it.each([1_024, 500])('reports that %i tokens of output leave no room for a budget', (maxTokens) => {
    expect(reason({ effort: 'high' }, 'claude-sonnet-4-5', maxTokens)).toMatchObject(nothing('reasoning_effort'));
  });

  it('keeps a budget below the cap, however small the room', () => {
    expect(reason({ effort: 'low' }, 'claude-sonnet-4-5', 1_025)).toMatchObject(budget(1_024));
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { point: { $ref: '#/$defs/point' }, other: { $ref: '#/$defs/point' } },
    required: ['point', 'other'],
    additionalProperties: false,
    $defs: { point: { type: 'object', properties: { x: { type: 'number' } }, additionalProperties: false } },
  };
  const format = (over: JsonObject = schema, description?: string): ResponseFormat => ({
    type: 'json-schema',
    name: 'shape',
    schema: over,
    strict: true,
    ...(description === undefined ? {} : { description }),
  });

  it('asks for a schema in the field that takes it, whole', () => {
    expect(encode({ responseFormat: format() })).toMatchObject({
      body: { output_config: { format: { type: 'json_schema', schema } } },
      dropped: [],
    });
  });

  it('keeps the description', () => {
    expect(encode({ responseFormat: format(schema, 'A shape') }).body.output_config).toEqual({
      format: { type: 'json_schema', schema: { description: 'A shape', ...schema } },
    });
  });

  it('stands beside the effort', () => {
    const { body } = encode({ responseFormat: format(), reasoning: { effort: 'low' } }, encodeTarget('claude-opus-5'));
    expect(body.output_config).toEqual({ effort: 'low', format: { type: 'json_schema', schema } });
  });

  it('is reported where a model cannot do it', () => {
    expect(encode({ responseFormat: format() }, encodeTarget('claude-opus-4-1')).dropped).toEqual(['response_format']);
  });

  it.each<[string, JsonObject]>([
    ['itself', { type: 'object', properties: { next: { $ref: '#' } } }],
    ['a part that it is part of', { $ref: '#/$defs/a', $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } }],
    [
      'a part by way of another',
      {
        anyOf: [{ $ref: '#/$defs/a' }],
        $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { not: { $ref: '#/$defs/a' } } },
      },
    ],
  ])('refuses a schema that refers to %s', (_, recursive) => {
    expect(() => encode({ responseFormat: format(recursive) })).toThrow(
      expect.objectContaining({ kind: 'unsupported-parameter', param: 'response_format.json_schema.schema' }),
    );
  });

  it('walks each definition once: by every way to it, it would never end', () => {
    const defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `d${index}`,
        { anyOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] },
      ]),
    );
    const schema = { $ref: '#/$defs/d0', $defs: { ...defs, d40: { type: 'string' } } };
    const { body } = encode({ responseFormat: format(schema) });
    expect(JSON.stringify(body).match(/"anyOf"/g)).toHaveLength(40);
  });
});

describe('extensions', () => {
  it('are merged into the body, objects too, but never over what is metered', () => {
    const { body } = encode(
      {
        reasoning: { effort: 'low' },
        extensions: {
          'anthropic-messages': {
            container: 'c1',
            output_config: { task_budget: 5 },
            max_tokens: 1_000_000,
            model: 'claude-opus-5-5',
            stream: true,
            messages: [],
          },
          gemini: { safetySettings: [] },
        },
      },
      encodeTarget('claude-opus-5'),
    );
    expect(body).toEqual({
      model: 'claude-opus-5',
      max_tokens: 8_192,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low', task_budget: 5 },
      container: 'c1',
    });
  });
});

it('leaves the request as it was', () => {
  const request = chatRequest();
  const before = structuredClone(request);
  encode(request);
  expect(request).toEqual(before);
});
