import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { SERVER_STATE_FIELDS } from '../../../../functions/dialects/openai-responses/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { request } from './support.ts';

const messagesOf = (input: readonly JsonObject[]) => request({ input }).messages;
const call = (callId: string, name = 'f', args = '{}'): JsonObject => ({
  type: 'function_call',
  call_id: callId,
  name,
  arguments: args,
});

describe('input', () => {
  it('is a text, with instructions in front', () => {
    expect(request({ instructions: 'Be brief.' }).messages).toEqual([
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.', extensions: { 'openai-responses': { instructions: true } } }],
      },
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    ]);
  });

  it('keeps system and developer messages in their places', () => {
    const roles = messagesOf([
      { role: 'developer', content: 'a' },
      { role: 'user', content: 'b' },
      { role: 'system', content: [{ type: 'input_text', text: 'c' }] },
      { type: 'message', role: 'assistant', content: 'd' },
    ]).map((message) => [message.role, JSON.stringify(message.content)]);
    expect(roles).toEqual([
      ['system', '[{"type":"text","text":"a"}]'],
      ['user', '[{"type":"text","text":"b"}]'],
      ['system', '[{"type":"text","text":"c"}]'],
      ['assistant', '[{"type":"text","text":"d"}]'],
    ]);
  });

  it('reads images, files, audio, cache breakpoints, and leaves what it does not know to its own dialect', () => {
    const [message] = messagesOf([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: 'explicit' } },
          { type: 'input_text', text: 'y', prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } },
          { type: 'input_image', image_url: 'data:image/PNG;base64,AAAA', detail: 'low' },
          { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'original' },
          { type: 'input_image', file_id: 'file-1' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,BBBB', filename: 'a.pdf' },
          { type: 'input_file', file_data: 'Q0NDQw==', filename: 'b.TXT' },
          { type: 'input_file', file_url: 'https://a.example/c.pdf' },
          { type: 'input_file', file_id: 'file-2' },
          { type: 'input_audio', input_audio: { data: 'DDDD', format: 'mp3' } },
          { type: 'input_hologram', depth: 3 },
        ],
      },
    ]);
    expect(message?.content).toEqual([
      { type: 'text', text: 'x', cache: { ttl: '5m' } },
      { type: 'text', text: 'y', cache: { ttl: '1h' } },
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' }, detail: 'low' },
      { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } },
      { type: 'image', source: { type: 'reference', origin: 'openai-responses', id: 'file-1' } },
      { type: 'file', source: { type: 'base64', mediaType: 'application/pdf', data: 'BBBB' }, filename: 'a.pdf' },
      { type: 'file', source: { type: 'base64', mediaType: 'text/plain', data: 'Q0NDQw==' }, filename: 'b.TXT' },
      { type: 'file', source: { type: 'url', url: 'https://a.example/c.pdf' } },
      { type: 'file', source: { type: 'reference', origin: 'openai-responses', id: 'file-2' } },
      { type: 'audio', source: { type: 'base64', mediaType: 'audio/mpeg', data: 'DDDD' } },
      { type: 'opaque', origin: 'openai-responses', data: { type: 'input_hologram', depth: 3 } },
    ]);
  });

  it('makes one message of what the assistant did in one go, and one of the results, in any order', () => {
    const messages = messagesOf([
      { role: 'user', content: 'go' },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [
          { type: 'summary_text', text: 'a' },
          { type: 'summary_text', text: 'b' },
        ],
        encrypted_content: 'enc',
      },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [
          { type: 'output_text', text: 't', annotations: [] },
          { type: 'refusal', refusal: 'no' },
        ],
      },
      call('c1', 'f', ''),
      { type: 'custom_tool_call', call_id: 'c2', name: 'g', input: '' },
      {
        type: 'custom_tool_call_output',
        call_id: 'c2',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }],
      },
      { type: 'function_call_output', call_id: 'c1', output: 'one' },
    ]);
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', id: 'rs_1', text: 'a\n\nb', redacted: { origin: 'openai-responses', value: 'enc' } },
          { type: 'text', text: 't' },
          { type: 'refusal', text: 'no' },
          { type: 'tool-call', kind: 'function', id: 'c1', name: 'f', arguments: '{}' },
          { type: 'tool-call', kind: 'custom', id: 'c2', name: 'g', arguments: '' },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            callId: 'c2',
            content: [{ type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AAAA' } }],
          },
          { type: 'tool-result', callId: 'c1', content: [{ type: 'text', text: 'one' }] },
        ],
      },
    ]);
  });

  it('keeps two messages of the assistant apart, unless a call has to be answered first', () => {
    const said = (text: string): JsonObject => ({ role: 'assistant', content: text });
    expect(messagesOf([said('a'), said('b')])).toHaveLength(2);
    const [first, second, ...others] = messagesOf([
      call('c1'),
      said('a'),
      said('b'),
      { type: 'function_call_output', call_id: 'c1', output: 'x' },
    ]);
    expect([first?.role, first?.content.length, second?.role, others]).toEqual(['assistant', 3, 'tool', []]);
  });

  it('takes unproven reasoning as text, and a bare reference to reasoning as nothing', () => {
    const [message] = messagesOf([
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'raw' }], encrypted_content: null },
      { role: 'assistant', content: 'x' },
    ]);
    expect(message?.content).toEqual([
      { type: 'reasoning', text: 'raw' },
      { type: 'text', text: 'x' },
    ]);
  });

  it('hands items of built-in tools to whoever speaks for them', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } };
    const output = { type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot' } };
    expect(messagesOf([search, output])).toEqual([
      { role: 'assistant', content: [{ type: 'opaque', origin: 'openai-responses', data: search }] },
      { role: 'user', content: [{ type: 'opaque', origin: 'openai-responses', data: output }] },
    ]);
  });
});

describe('parameters', () => {
  it('are read', () => {
    const asked = request({
      stream: true,
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'function', name: 'bare', parameters: null, strict: null },
        { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'regex', definition: 'S.+' } },
        { type: 'web_search', search_context_size: 'low' },
      ],
      tool_choice: { type: 'custom', name: 'sql' },
      parallel_tool_calls: false,
      max_output_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      top_logprobs: 3,
      text: {
        format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
        verbosity: 'medium',
      },
      reasoning: { effort: 'high', summary: 'auto' },
      metadata: { a: 'b' },
      user: 'u1',
      safety_identifier: 'u2',
      service_tier: 'flex',
      prompt_cache_key: 'k',
    });
    expect(asked).toMatchObject({
      stream: true,
      includeUsage: true,
      candidates: 1,
      stop: [],
      tools: [
        { kind: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { kind: 'function', name: 'bare', parameters: { type: 'object', properties: {} } },
        { kind: 'custom', name: 'sql', format: { type: 'grammar', grammar: { syntax: 'regex', definition: 'S.+' } } },
        {
          kind: 'provider',
          origin: 'openai-responses',
          name: 'web_search',
          data: { type: 'web_search', search_context_size: 'low' },
        },
      ],
      toolChoice: { type: 'tool', name: 'sql' },
      parallelToolCalls: false,
      maxOutputTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      logprobs: true,
      topLogprobs: 3,
      responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true },
      reasoning: { effort: 'high', summary: 'auto' },
      metadata: { a: 'b' },
      endUser: 'u2',
      serviceTier: 'flex',
      promptCacheKey: 'k',
    });
    expect(asked.tools[1]).not.toHaveProperty('strict');
  });

  it('that ask for what is so anyway ask for nothing', () => {
    const usual = request({
      store: false,
      background: false,
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
      truncation: 'disabled',
      stream_options: { include_obfuscation: false },
      text: { format: { type: 'text' }, verbosity: 'medium' },
      reasoning: { effort: 'low', mode: 'standard', context: 'auto' },
      max_tool_calls: 3,
      previous_response_id: null,
      instructions: null,
    });
    expect(usual.extensions).toEqual({});
    expect(usual.nativeOnly).toBeUndefined();
  });

  it('that only this dialect has go as its extensions, by their path', () => {
    const rare = request({
      include: ['reasoning.encrypted_content', 'new.thing'],
      truncation: 'auto',
      text: { verbosity: 'low' },
      reasoning: { effort: 'extreme', summary: 'poetic', mode: 'pro' },
      tools: [{ type: 'mcp', server_label: 's' }],
      tool_choice: { type: 'mcp', server_label: 's' },
      max_tool_calls: 3,
      prompt_cache_retention: '24h',
    });
    expect(rare.extensions).toEqual({
      'openai-responses': {
        prompt_cache_retention: '24h',
        tool_choice: { type: 'mcp', server_label: 's' },
        max_tool_calls: 3,
        truncation: 'auto',
        include: ['new.thing'],
        'text.verbosity': 'low',
        'reasoning.effort': 'extreme',
        'reasoning.summary': 'poetic',
        'reasoning.mode': 'pro',
      },
    });
    expect(rare.reasoning).toBeUndefined();
  });
});

describe('what lies on the servers of a provider', () => {
  const values: { readonly [field: string]: JsonObject[string] } = {
    previous_response_id: 'resp_1',
    conversation: { id: 'conv_1' },
    prompt: { id: 'pmpt_1' },
    background: true,
  };

  it.each(SERVER_STATE_FIELDS)('%s can be asked for, and is named', (field) => {
    const asked = request({ input: undefined, [field]: values[field] });
    expect(asked.nativeOnly).toEqual([field]);
    expect(asked.extensions).toEqual({ 'openai-responses': { [field]: values[field] } });
  });

  it('names references to items by their place', () => {
    const asked = request({
      input: [
        { role: 'user', content: 'x' },
        { type: 'item_reference', id: 'fc_1' },
        { type: 'function_call_output', call_id: 'call_elsewhere', output: 'y' },
      ],
    });
    expect(asked.nativeOnly).toEqual(['input[1]']);
  });

  it('lets results of its calls come alone', () => {
    const output = { type: 'function_call_output', call_id: 'call_elsewhere', output: 'y' };
    expect(request({ previous_response_id: 'resp_1', input: [output] }).messages).toHaveLength(1);
  });
});

describe('a wrong body is refused by the place of what is wrong', () => {
  const long: readonly (readonly [fields: JsonObject, param: string])[] = [
    [{ model: undefined }, 'model'],
    [{ model: '' }, 'model'],
    [{ input: undefined }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 5 }, 'input'],
    [{ input: ['x'] }, 'input[0]'],
    [{ input: [{}] }, 'input[0].type'],
    [{ input: [{ type: 7 }] }, 'input[0].type'],
    [{ input: [{ role: 'judge', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ type: 'message', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [{ input: [{ role: 'user', content: [{ text: 'x' }] }] }, 'input[0].content[0].type'],
    [{ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0]'],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'ftp://x' }] }] },
      'input[0].content[0].image_url',
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_data: 'AAAA' }] }] },
      'input[0].content[0].file_data',
    ],
    [{ input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 'input[0].content[0]'],
    [
      { input: [{ role: 'system', content: [{ type: 'input_image', image_url: 'https://x' }] }] },
      'input[0].content[0].type',
    ],
    [{ input: [{ type: 'function_call', call_id: 'c', name: 'f' }] }, 'input[0].arguments'],
    [{ input: [{ type: 'function_call', call_id: '', name: 'f', arguments: '{}' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'custom_tool_call', call_id: 'c', input: 'x' }] }, 'input[0].name'],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, 'input[0].call_id'],
    [{ input: [call('c'), { type: 'function_call_output', call_id: 'c' }] }, 'input[1].output'],
    [{ input: [{ type: 'reasoning', summary: ['x'] }] }, 'input[0].summary[0]'],
    [{ instructions: [] }, 'instructions'],
    [{ tools: {} }, 'tools'],
    [{ tools: [{ name: 'f' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', parameters: {} }] }, 'tools[0].name'],
    [{ tools: [{ type: 'custom', name: 'f', format: 'text' }] }, 'tools[0].format'],
    [{ tool_choice: 'maybe' }, 'tool_choice'],
    [{ tool_choice: { type: 'function', name: 'f' } }, 'tool_choice.name'],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
    [{ text: 'json' }, 'text'],
    [{ reasoning: { effort: 3 } }, 'reasoning.effort'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ top_logprobs: 21 }, 'top_logprobs'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ include: 'x' }, 'include'],
    [{ stream: 'yes' }, 'stream'],
  ];
  it.each(long)('%j', (fields, param) => {
    const error = errorOf(() => request(fields));
    expect([error.kind, error.param]).toEqual(['invalid-request', param]);
    expect(error.message.startsWith(param)).toBe(true);
  });
});
