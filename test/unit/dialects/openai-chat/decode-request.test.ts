import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import { openaiChatClient } from '../../../../functions/dialects/openai-chat/index.ts';
import { growth } from '../../../support/growth.ts';
import { errorOf, HELLO, request } from './support.ts';

const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };
const ASSISTANT = { role: 'assistant', content: null, tool_calls: [CALL] };

const messages = (...list: readonly JsonObject[]) => request({ messages: list }).messages;
const user = (...parts: readonly Json[]) => messages({ role: 'user', content: parts })[0]?.content;

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

describe('decodeRequest: messages', () => {
  it('decodes roles, names and texts', () => {
    expect(
      messages(
        { role: 'developer', content: 'be brief' },
        {
          role: 'system',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'user', content: 'hi', name: 'ann' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'yes' },
            { type: 'refusal', refusal: 'but no' },
          ],
        },
        { role: 'assistant', content: null, refusal: 'no' },
      ),
    ).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'system',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'hi' }], name: 'ann' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'yes' },
          { type: 'refusal', text: 'but no' },
        ],
      },
      { role: 'assistant', content: [{ type: 'refusal', text: 'no' }] },
    ]);
  });

  it('decodes parts of every kind', () => {
    expect(
      user(
        { type: 'image_url', image_url: { url: 'https://a.test/x.png', detail: 'low' } },
        { type: 'image_url', image_url: { url: 'data:image/PNG;base64,AAAA' } },
        { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
        { type: 'file', file: { file_id: 'file-1' } },
        { type: 'file', file: { file_data: 'data:application/pdf;name=x;base64,CCCC', filename: 'x.pdf' } },
        { type: 'hologram', hologram: { depth: 3 } },
      ),
    ).toEqual([
      { type: 'image', source: { type: 'url', url: 'https://a.test/x.png' }, detail: 'low' },
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
      { type: 'audio', source: { type: 'base64', mediaType: 'audio/mpeg', data: 'BBBB' } },
      { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } },
      { type: 'file', source: { type: 'base64', mediaType: 'application/pdf', data: 'CCCC' }, filename: 'x.pdf' },
      { type: 'opaque', origin: 'openai-chat', data: { type: 'hologram', hologram: { depth: 3 } } },
    ]);
  });

  it('reads cache markers on parts and on messages', () => {
    expect(user({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } })).toEqual([
      { type: 'text', text: 'a', cache: { ttl: '5m' } },
    ]);
    expect(
      messages({ role: 'system', content: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } })[0]?.content,
    ).toEqual([{ type: 'text', text: 'a', cache: { ttl: '1h' } }]);
  });

  it('decodes calls and their results', () => {
    const custom = { id: 'call_2', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } };
    expect(
      messages(
        { role: 'assistant', content: '', tool_calls: [CALL, custom] },
        { role: 'tool', tool_call_id: 'call_2', content: '1' },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'rain' }] },
      ),
    ).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', kind: 'function', id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
          { type: 'tool-call', kind: 'custom', id: 'call_2', name: 'sql', arguments: 'SELECT 1' },
        ],
      },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'call_2', content: [{ type: 'text', text: '1' }] }] },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'call_1', content: [{ type: 'text', text: 'rain' }] }] },
    ]);
  });

  it.each(['', '  ', null, undefined])('takes arguments %j for {}', (args) => {
    const call = { id: 'c', function: { name: 'now', ...(args === undefined ? {} : { arguments: args }) } };
    expect(messages({ role: 'assistant', content: null, tool_calls: [call] })[0]?.content).toMatchObject([
      { arguments: '{}' },
    ]);
  });

  it('reads the reasoning of former turns from either plain field', () => {
    for (const field of ['reasoning_content', 'reasoning']) {
      expect(messages({ role: 'assistant', content: 'x', [field]: 'because' })[0]?.content).toEqual([
        { type: 'reasoning', text: 'because' },
        { type: 'text', text: 'x' },
      ]);
    }
    expect(
      messages({ role: 'assistant', content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] })[0]
        ?.content,
    ).toEqual([{ type: 'reasoning', text: 'hm' }]);
  });

  it('reads signatures and encrypted reasoning, whose they are, and not the text twice', () => {
    const details = [
      { type: 'reasoning.text', text: 'because', signature: 'sig=', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'blob', format: 'anthropic-claude-v1', index: 1 },
      { type: 'reasoning.summary', summary: 'in short', format: 'openai-responses-v1', id: 'rs_1', index: 2 },
      { type: 'reasoning.encrypted', data: 'enc', format: 'openai-responses-v1', id: 'rs_1', index: 2 },
      { type: 'reasoning.text', text: 'own', signature: 's', format: 'xai-responses-v1' },
      { type: 'reasoning.new', x: 1 },
    ];
    expect(
      messages({ role: 'assistant', content: 'x', reasoning_content: 'because', reasoning_details: details })[0]
        ?.content,
    ).toEqual([
      { type: 'reasoning', text: 'because', signature: { origin: 'anthropic-messages', value: 'sig=' } },
      { type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value: 'blob' } },
      { type: 'reasoning', text: 'in short', id: 'rs_1', redacted: { origin: 'openai-responses', value: 'enc' } },
      { type: 'reasoning', text: 'own', signature: { origin: 'openai-chat', value: 's' } },
      { type: 'text', text: 'x' },
    ]);
  });

  it('puts reasoning together that a client sent back in the pieces it was streamed in', () => {
    const piece = { type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0 };
    const details = [
      { ...piece, text: 'Let' },
      { ...piece, text: ' me.' },
      { ...piece, signature: 'sig1' },
      { ...piece, text: 'Next' },
      { ...piece, signature: 'sig2' },
    ];
    expect(messages({ role: 'assistant', content: 'x', reasoning_details: details })[0]?.content).toEqual([
      { type: 'reasoning', text: 'Let me.', signature: { origin: 'anthropic-messages', value: 'sig1' } },
      { type: 'reasoning', text: 'Next', signature: { origin: 'anthropic-messages', value: 'sig2' } },
      { type: 'text', text: 'x' },
    ]);
  });

  it('reads whose a proof is from its mark, whatever the format says', () => {
    const details = [
      { type: 'reasoning.text', text: 'a', signature: 'tg1.bedrock-converse.EqQB+/=', index: 0 },
      { type: 'reasoning.encrypted', data: 'tg1.openai-responses.gAAA', format: 'anthropic-claude-v1', index: 1 },
    ];
    const call = { ...CALL, extra_content: { google: { thought_signature: 'tg1.anthropic-messages.EqQB' } } };
    expect(
      messages({ ...ASSISTANT, reasoning_details: details, tool_calls: [call] })[0]?.content.map((part) =>
        part.type === 'reasoning' ? (part.signature ?? part.redacted) : part.type === 'tool-call' && part.signature,
      ),
    ).toEqual([
      { origin: 'bedrock-converse', value: 'EqQB+/=' },
      { origin: 'openai-responses', value: 'gAAA' },
      { origin: 'anthropic-messages', value: 'EqQB' },
    ]);
  });

  it.each([
    ['google', {}],
    ['vertex', {}],
  ])("reads Gemini's signature of a call from extra_content.%s", (place) => {
    const call = { ...CALL, extra_content: { [place]: { thought_signature: 'gem=' } } };
    expect(messages({ ...ASSISTANT, tool_calls: [call] })[0]?.content).toMatchObject([
      { type: 'tool-call', signature: { origin: 'gemini', value: 'gem=' } },
    ]);
  });

  it("reads Gemini's signature of a call as OpenRouter gives it", () => {
    const details = [{ type: 'reasoning.encrypted', data: 'gem=', id: 'call_1', format: 'google-gemini-v1', index: 0 }];
    expect(messages({ ...ASSISTANT, reasoning_details: details })[0]?.content).toEqual([
      {
        ...{ type: 'tool-call', kind: 'function', id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        signature: { origin: 'gemini', value: 'gem=' },
      },
    ]);
  });
});

describe('decodeRequest: refusals name the place', () => {
  const part = (value: Json): JsonObject => ({
    messages: [
      { role: 'system', content: 'x' },
      { role: 'user', content: [value] },
    ],
  });
  const second = (value: Json): JsonObject => ({ messages: [{ role: 'user', content: 'x' }, value] });

  it.each<[string, JsonObject, RegExp]>([
    ['model', { model: undefined }, /is missing/],
    ['model', { model: '' }, /empty/],
    ['model', { model: 7 }, /must be a string, but is a number/],
    ['messages', { messages: undefined }, /is missing/],
    ['messages', { messages: [] }, /empty/],
    ['messages', { messages: 'hi' }, /must be a list, but is a string/],
    ['messages[0]', { messages: ['hi'] }, /must be an object/],
    ['messages[1].role', second({ content: 'x' }), /is missing/],
    ['messages[1].role', second({ role: 'robot', content: 'x' }), /"robot"/],
    ['messages[1].role', second({ role: 'function', name: 'f', content: 'x' }), /deprecated/],
    ['messages[1].content', second({ role: 'user' }), /string or a list/],
    ['messages[1].content', second({ role: 'user', content: 5 }), /string or a list/],
    ['messages[1].content', second({ role: 'assistant', content: null }), /tool_calls/],
    ['messages[1].content', second({ role: 'assistant' }), /tool_calls/],
    [
      'messages[1].function_call',
      second({ role: 'assistant', content: null, function_call: { name: 'f' } }),
      /tool_calls/,
    ],
    ['messages[1].tool_call_id', second({ role: 'tool', content: 'x' }), /is missing/],
    ['messages[1].tool_call_id', second({ role: 'tool', content: 'x', tool_call_id: 'call_9' }), /not the id/],
    [
      'messages[1].tool_calls[0].id',
      second({ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }),
      /is missing/,
    ],
    ['messages[1].tool_calls[0].function', second({ role: 'assistant', tool_calls: [{ id: 'a' }] }), /is missing/],
    [
      'messages[1].tool_calls[0].function.arguments',
      second({ role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: {} } }] }),
      /must be a string, but is an object/,
    ],
    ['messages[1].tool_calls[0].type', second({ role: 'assistant', tool_calls: [{ id: 'a', type: 'x' }] }), /custom/],
    ['messages[1].content[0]', part('text'), /object/],
    ['messages[1].content[0].type', part({}), /is missing/],
    ['messages[1].content[0].text', part({ type: 'text', text: 1 }), /string/],
    ['messages[1].content[0].image_url', part({ type: 'image_url', image_url: 'https://a.test' }), /object/],
    ['messages[1].content[0].image_url.url', part({ type: 'image_url', image_url: {} }), /is missing/],
    [
      'messages[1].content[0].image_url.url',
      part({ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }),
      /http/,
    ],
    [
      'messages[1].content[0].image_url.url',
      part({ type: 'image_url', image_url: { url: 'data:image/png,AA' } }),
      /base64/,
    ],
    [
      'messages[1].content[0].image_url.url',
      part({ type: 'image_url', image_url: { url: 'data:image/png;base64,' } }),
      /no data/,
    ],
    [
      'messages[1].content[0].input_audio.data',
      part({ type: 'input_audio', input_audio: { format: 'wav' } }),
      /is missing/,
    ],
    ['messages[1].content[0].file', part({ type: 'file', file: {} }), /file_id/],
    ['messages[1].content[0].file.file_data', part({ type: 'file', file: { file_data: 'JVBER' } }), /data URL/],
    [
      'messages[1].content[0].cache_control.type',
      part({ type: 'text', text: 'a', cache_control: { type: 'x' } }),
      /ephemeral/,
    ],
    [
      'messages[1].content[0].cache_control.ttl',
      part({ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }),
      /5m/,
    ],
    ['messages[0].content[0].type', { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }, /"text"/],
    ['stream', { stream: 'yes' }, /true or false/],
    ['stream_options.include_usage', { stream_options: { include_usage: 1 } }, /true or false/],
    ['max_tokens', { max_tokens: 0 }, /at least 1/],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }, /whole number/],
    ['temperature', { temperature: '0' }, /number/],
    ['stop', { stop: 1 }, /string or a list/],
    ['stop[1]', { stop: ['a', 1] }, /must be a string, but is a number/],
    ['n', { n: 0 }, /at least 1/],
    ['n', { n: 1_000 }, /at most 128/],
    ['logit_bias.7', { logit_bias: { 7: 'x' } }, /number/],
    ['metadata.a', { metadata: { a: 1 } }, /string/],
    ['tools[0]', { tools: ['x'] }, /object/],
    ['tools[0].type', { tools: [{ function: { name: 'f' } }] }, /is missing/],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }, /is missing/],
    [
      'tools[0].function.parameters',
      { tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] },
      /object/,
    ],
    ['tool_choice', { tool_choice: 'maybe' }, /"auto"/],
    ['tool_choice.function.name', { tool_choice: { type: 'function', function: { name: 'f' } } }, /none of the tools/],
    ['response_format.type', { response_format: { type: 'xml' } }, /json_schema/],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: {} } }, /is missing/],
    ['functions', { functions: [] }, /deprecated: use tools/],
    ['function_call', { function_call: 'auto' }, /deprecated: use tool_choice/],
  ])('%s: %j', (param, fields, message) => {
    const error = errorOf(() => request(fields));
    expect(error.kind).toBe('invalid-request');
    expect(error.status).toBe(400);
    expect(error.param).toBe(param);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(param)).toBe(true);
  });

  it('reads a data URL of megabytes in no time', () => {
    const url = `data:image/png;base64,${'A'.repeat(5_000_000)}`;
    const start = performance.now();
    request({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] });
    expect(performance.now() - start).toBeLessThan(100);
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
