import { describe, expect, it } from 'vitest';
import type { ChatRequest, Message, Tool } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { openaiResponsesProvider as provider } from '../../../../functions/dialects/openai-responses/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { errorOf } from '../../../support/error-of.ts';
import { target } from './support.ts';

const encode = (fields: Partial<ChatRequest> = {}, model = 'gpt-5.6-sol', unsupported: readonly string[] = []) =>
  provider.encodeRequest(chatRequest(fields), target(model, { unsupported }));
const inputOf = (messages: readonly Message[]) => encode({ messages }).body.input;
const tool = (name: string): Extract<Tool, { kind: 'function' }> => ({
  kind: 'function',
  name,
  parameters: { type: 'object' },
});

describe('input', () => {
  it('keeps every message in its place, as an item without an id', () => {
    expect(
      inputOf([
        { role: 'system', content: [{ type: 'text', text: 's' }] },
        { role: 'user', content: [{ type: 'text', text: 'u' }] },
        { role: 'system', content: [{ type: 'text', text: 'later' }] },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'why', id: 'rs_1', redacted: { origin: 'openai-responses', value: 'enc' } },
            { type: 'text', text: 'a' },
            { type: 'refusal', text: 'no' },
            { type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: ' ' },
            { type: 'text', text: '' },
            { type: 'tool-call', kind: 'custom', id: 'c2', name: 'g', arguments: 'free' },
            { type: 'text', text: 'b' },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', callId: 'c2', content: [{ type: 'text', text: 'two' }], isError: true },
            {
              type: 'tool-result',
              callId: 'c1',
              content: [
                { type: 'text', text: 'see' },
                { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } },
              ],
            },
          ],
        },
      ]),
    ).toEqual([
      { type: 'message', role: 'system', content: 's' },
      { type: 'message', role: 'user', content: 'u' },
      { type: 'message', role: 'system', content: 'later' },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'why' }], encrypted_content: 'enc' },
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'a' },
          { type: 'refusal', refusal: 'no' },
        ],
      },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'free' },
      { type: 'message', role: 'assistant', content: 'b' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'Error: two' },
      {
        type: 'function_call_output',
        call_id: 'c1',
        output: [
          { type: 'input_text', text: 'see' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
        ],
      },
    ]);
  });

  it('has media in the fields of this dialect', () => {
    const content = [
      { type: 'text', text: 'x' },
      { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' }, detail: 'high' },
      { type: 'file', source: { type: 'base64', mediaType: 'application/pdf', data: 'AA' }, filename: 'a.pdf' },
      { type: 'file', source: { type: 'url', url: 'https://a.example/b.pdf' } },
      { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } },
    ] as const;
    expect(inputOf([{ role: 'user', content }])).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'x' },
          { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'high' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' },
          { type: 'input_file', file_url: 'https://a.example/b.pdf' },
          { type: 'input_file', file_id: 'file-1' },
        ],
      },
    ]);
  });

  it.each([
    { type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: 'AA' } },
    { type: 'file', source: { type: 'reference', origin: 'gemini', id: 'x' } },
    { type: 'opaque', origin: 'gemini', data: { type: 'video' } },
  ] as const)('refuses what it cannot take: %j', (part) => {
    const error = errorOf(() => inputOf([{ role: 'user', content: [part] }]));
    expect([error.kind, error.param]).toEqual(['unsupported-parameter', 'messages[0].content[0]']);
  });

  it('declares what of a former answer it cannot say, once a kind', () => {
    const server = { type: 'opaque', origin: 'anthropic-messages', data: { type: 'server_tool_use' } } as const;
    const { dropped } = encode({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'x' }], name: 'ann' },
        { role: 'assistant', content: [server, server, { type: 'text', text: 'y' }] },
      ],
    });
    expect(dropped).toEqual(['messages[0].name', 'messages[1].content[0] of type "server_tool_use"']);
  });
});

describe('tools', () => {
  it('are flat, strict only where asked, and a grammar is where this dialect has it', () => {
    const { body, restore, dropped } = encode({
      tools: [
        { ...tool('f'), description: 'd' },
        { kind: 'function', name: 'g', parameters: { type: 'object' }, strict: true },
        { kind: 'custom', name: 'sql', format: { type: 'grammar', grammar: { syntax: 'regex', definition: 'S' } } },
        { kind: 'provider', origin: 'anthropic-messages', name: 'web_search', data: {} },
      ],
      toolChoice: { type: 'tool', name: 'sql' },
      parallelToolCalls: false,
    });
    expect(body.tools).toEqual([
      { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: false },
      { type: 'function', name: 'g', parameters: { type: 'object' }, strict: true },
      { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'regex', definition: 'S' } },
    ]);
    expect([body.tool_choice, body.parallel_tool_calls]).toEqual([{ type: 'custom', name: 'sql' }, false]);
    expect([restore, dropped]).toEqual([undefined, ['tools[3]']]);
  });

  it.each([
    [undefined, undefined],
    [{ type: 'auto' }, 'auto'],
    [{ type: 'none' }, 'none'],
    [{ type: 'required' }, 'required'],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', name: 'f' },
    ],
  ] as const)('choice %j is %j', (toolChoice, wire) => {
    expect(
      encode({ tools: [tool('f')], ...(toolChoice === undefined ? {} : { toolChoice }) }).body.tool_choice,
    ).toEqual(wire);
  });

  it('with names and ids that the API refuses get others, which the answer gives back', () => {
    const name = 'mcp.files/read me';
    const id = 'x'.repeat(80);
    const { body, restore } = encode({
      tools: [tool(name), tool('plain')],
      toolChoice: { type: 'tool', name },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'x' }] },
        { role: 'assistant', content: [{ type: 'tool-call', kind: 'function', id, name, arguments: '{}' }] },
        { role: 'tool', content: [{ type: 'tool-result', callId: id, content: [{ type: 'text', text: 'y' }] }] },
      ],
    });
    const [, called, result] = body.input as readonly JsonObject[];
    const alias = (body.tools as readonly JsonObject[])[0]?.name as string;
    expect(alias).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect([called?.name, (body.tool_choice as JsonObject).name]).toEqual([alias, alias]);
    expect(String(called?.call_id)).toMatch(/^x+_\w+$/);
    expect([String(called?.call_id).length, result?.call_id]).toEqual([64, called?.call_id]);
    expect(restore?.toolNames).toEqual(new Map([[alias, name]]));
    const answer = { type: 'function_call', id: 'fc_1', call_id: 'c9', name: alias, arguments: '{}' };
    const events = provider.decodeResponse({ status: 'completed', output: [answer] }, restore);
    expect(events).toContainEqual(
      expect.objectContaining({ block: { type: 'tool-call', kind: 'function', id: 'c9', name } }),
    );
  });
});

describe('parameters', () => {
  it('nothing is stored, and reasoning comes encrypted from models that reason', () => {
    expect(encode().body).toEqual({
      model: 'gpt-5.6-sol',
      input: [{ type: 'message', role: 'user', content: 'Hello' }],
      include: ['reasoning.encrypted_content'],
      store: false,
    });
    expect(encode({ stream: true }, 'gpt-4.1').body).toEqual({
      model: 'gpt-4.1',
      input: [{ type: 'message', role: 'user', content: 'Hello' }],
      store: false,
      stream: true,
    });
  });

  it('are mapped', () => {
    const { body, dropped } = encode(
      {
        maxOutputTokens: 50,
        temperature: 0.2,
        topP: 0.9,
        logprobs: true,
        topLogprobs: 2,
        responseFormat: { type: 'json-schema', name: 'my form', schema: { $ref: '#/$defs/a' }, strict: true },
        reasoning: { effort: 'none', summary: 'auto' },
        endUser: 'u',
        serviceTier: 'standard_only',
        promptCacheKey: 'k',
        metadata: { a: 'b' },
        extensions: { 'openai-chat': { verbosity: 'low', safety_identifier: 's', store: false } },
      },
      'gpt-5.6-sol',
    );
    expect(dropped).toEqual([]);
    expect(body).toMatchObject({
      max_output_tokens: 50,
      temperature: 0.2,
      top_p: 0.9,
      top_logprobs: 2,
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
      text: {
        format: {
          type: 'json_schema',
          name: expect.stringMatching(/^my_form_\w+$/),
          schema: { $ref: '#/$defs/a' },
          strict: true,
        },
        verbosity: 'low',
      },
      reasoning: { effort: 'none', summary: 'auto' },
      user: 'u',
      safety_identifier: 's',
      service_tier: 'default',
      prompt_cache_key: 'k',
      metadata: { a: 'b' },
    });
  });

  it('without a counterpart are declared, in the words of the client', () => {
    const { body, dropped } = encode({
      candidates: 2,
      stop: ['x'],
      seed: 1,
      topK: 5,
      presencePenalty: 0.1,
      frequencyPenalty: 0.1,
      logitBias: { '1': 2 },
      extensions: { 'openai-chat': { prediction: {}, store: true }, gemini: { safetySettings: [] } },
    });
    expect(dropped).toEqual([
      'n',
      'stop',
      'seed',
      'top_k',
      'presence_penalty',
      'frequency_penalty',
      'logit_bias',
      'safetySettings',
      'prediction',
      'store',
    ]);
    expect(Object.keys(body)).toEqual(['model', 'input', 'include', 'store']);
  });

  it('that this provider is known to refuse are left out, and declared', () => {
    const { body, dropped } = encode({ metadata: { a: 'b' }, endUser: 'u' }, 'm', ['metadata', 'store', 'absent']);
    expect([dropped, body.metadata, body.user, body.store]).toEqual([['metadata'], undefined, 'u', false]);
  });

  it.each([
    // model, what is asked, effort that is sent, what is declared
    ['gpt-5.6-sol', { effort: 'max' }, 'max', []],
    ['openai/gpt-5.2', { effort: 'max' }, 'xhigh', []],
    ['gpt-5.1', { effort: 'xhigh' }, 'high', []],
    ['gpt-5.1', { effort: 'minimal' }, 'none', []],
    ['gpt-5-mini-2025-08-07', { effort: 'minimal' }, 'minimal', []],
    ['gpt-5', { effort: 'none' }, 'minimal', ['reasoning_effort']],
    ['o3', { mode: 'off' }, 'low', ['reasoning_effort']],
    ['gpt-5.4', { mode: 'off' }, 'none', []],
    ['gpt-5.1-codex-max', { effort: 'max' }, 'xhigh', []],
    ['gpt-5-pro', { effort: 'low' }, 'high', []],
    ['gpt-5.6', { budgetTokens: 2_000 }, 'low', []],
    ['gpt-5.6', { budgetTokens: 10_000 }, 'medium', []],
    ['gpt-5.6', { budgetTokens: 60_000 }, 'high', []],
    ['gpt-5.6', { mode: 'adaptive' }, undefined, []],
    ['gpt-4.1', { mode: 'off' }, undefined, []],
    ['some-server/llama', { effort: 'max' }, 'max', []],
  ] as const)('%s asked for %j is sent %s', (model, reasoning, effort, dropped) => {
    const encoded = encode({ reasoning }, model);
    expect(encoded.body.reasoning).toEqual(effort === undefined ? undefined : { effort });
    expect(encoded.dropped).toEqual(dropped);
  });

  it.each([
    ['gpt-4.1', {}, ['temperature', 'top_p', 'top_logprobs'], []],
    ['o3', {}, [], ['temperature', 'top_p', 'logprobs']],
    ['gpt-5', {}, [], ['temperature', 'top_p', 'logprobs']],
    ['gpt-5.2', {}, ['temperature', 'top_p', 'top_logprobs'], []],
    ['gpt-5.2', { effort: 'low' }, [], ['temperature', 'top_p', 'logprobs']],
    ['grok-4', { effort: 'low' }, ['temperature', 'top_p', 'top_logprobs'], []],
  ] as const)('%s with reasoning %j takes %j of the sampling', (model, reasoning, taken, dropped) => {
    const encoded = encode({ reasoning, temperature: 0.1, topP: 0.5, logprobs: true, topLogprobs: 1 }, model);
    expect(['temperature', 'top_p', 'top_logprobs'].filter((field) => field in encoded.body)).toEqual(taken);
    expect(encoded.dropped).toEqual(dropped);
  });

  it('of sampling at their defaults say nothing where nothing can be said', () => {
    const { body, dropped } = encode({ temperature: 1, topP: 1 }, 'o3');
    expect([body.temperature, body.top_p, dropped]).toEqual([undefined, undefined, []]);
  });

  it('of this dialect alone lie where they lay', () => {
    const { body } = encode({
      reasoning: { effort: 'low' },
      extensions: {
        'openai-responses': { 'text.verbosity': 'low', 'reasoning.mode': 'pro', include: ['new'], x: 1, store: true },
      },
    });
    expect(body).toMatchObject({
      text: { verbosity: 'low' },
      reasoning: { effort: 'low', mode: 'pro' },
      include: ['reasoning.encrypted_content', 'new'],
      x: 1,
      store: false,
    });
  });
});

describe('a cap on the output', () => {
  it('below what the API takes is refused, in the words of Chat Completions', () => {
    expect(encode({ maxOutputTokens: 16 }).body.max_output_tokens).toBe(16);
    const error = errorOf(() => encode({ maxOutputTokens: 15 }));
    expect(error).toMatchObject({ status: 400, param: 'max_tokens' });
    expect(error.message).toBe('max_tokens must be at least 16 for this model.');
  });
});

describe('forwardRequest', () => {
  const forward = (body: JsonObject, fields: Partial<ChatRequest> = {}, unsupported: readonly string[] = []) =>
    provider.forwardRequest(body, chatRequest(fields), target('gpt-x', { unsupported }));

  it('changes the model, and nothing else', () => {
    const body = { z: { y: [1] }, model: 'smart', input: 'hi', store: true, max_output_tokens: null };
    expect(JSON.stringify(forward(body).body)).toBe(JSON.stringify({ ...body, model: 'gpt-x' }));
  });

  it('sets the cap that the gateway reserved for', () => {
    expect(forward({ model: 'a', input: 'x' }, { maxOutputTokens: 7 }).body.max_output_tokens).toBe(7);
    expect(Object.keys(forward({ max_output_tokens: 9, model: 'a' }, { maxOutputTokens: 7 }).body)).toEqual([
      'max_output_tokens',
      'model',
    ]);
  });

  it('sends {} for the arguments of former calls that a client kept as an empty text', () => {
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '' };
    expect(forward({ input: [call, { ...call, arguments: '{ }' }, 7] }).body.input).toEqual([
      { ...call, arguments: '{}' },
      { ...call, arguments: '{ }' },
      7,
    ]);
  });

  it('leaves out what the provider refuses', () => {
    const { body, dropped } = forward({ model: 'a', input: 'x', truncation: 'auto' }, {}, ['truncation']);
    expect([body, dropped]).toEqual([{ model: 'gpt-x', input: 'x' }, ['truncation']]);
  });

  it('drops reasoning that is neither proven nor stored, and keeps what is stored', () => {
    const stored = { type: 'reasoning', id: 'rs_1', summary: [] };
    const input = [
      stored,
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'x' }] },
      { ...stored, id: 'rs_tg_r_0' },
    ];
    expect(forward({ input }).body.input).toEqual([stored]);
  });
});
