import { describe, expect, it } from 'vitest';
import type { AssistantPart, ChatRequest, ContentPart, Message } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { openaiChatClient, openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { errorOf } from '../../../support/error-of.ts';
import { HELLO, request, target } from './support.ts';

const encode = (fields: Partial<ChatRequest>, quirks = {}) =>
  openaiChatProvider.encodeRequest({ ...request(), ...fields }, target(quirks));
const encodeMessages = (...messages: readonly Message[]) => encode({ messages }).body.messages;
const encodeUser = (...content: readonly ContentPart[]) => encodeMessages({ role: 'user', content });
const assistant = (...content: readonly AssistantPart[]): Message => ({ role: 'assistant', content });
const result = (callId: string, ...content: readonly ContentPart[]) =>
  ({ type: 'tool-result', callId, content }) as const;

describe('encodeRequest', () => {
  it('says what this dialect says, from what this dialect decodes', () => {
    const body: JsonObject = {
      model: 'gpt-x',
      messages: [
        { role: 'system', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
            { id: 'b', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'one' },
        { role: 'tool', tool_call_id: 'b', content: 'two' },
        { role: 'assistant', content: 'done', name: 'bot' },
        { role: 'assistant', content: null, refusal: 'no' },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'input_audio', input_audio: { data: 'BBBB', format: 'wav' } },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'file', file: { filename: 'x.pdf', file_data: 'data:application/pdf;base64,CCCC' } },
          ],
        },
      ],
      tools: [
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
        { type: 'custom', custom: { name: 'sql', format: { type: 'text' } } },
        { type: 'web_search' },
      ],
      tool_choice: { type: 'custom', custom: { name: 'sql' } },
      parallel_tool_calls: false,
      max_completion_tokens: 7,
      temperature: 0,
      top_p: 0.5,
      stop: ['a'],
      seed: 3,
      presence_penalty: 1,
      frequency_penalty: -1,
      n: 2,
      logprobs: true,
      top_logprobs: 2,
      logit_bias: { 5: 1 },
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
      reasoning_effort: 'low',
      user: 'u',
      service_tier: 'flex',
      prompt_cache_key: 'k',
      metadata: { a: 'b' },
      stream: true,
      stream_options: { include_usage: true },
      verbosity: 'low',
    };
    const encoded = openaiChatProvider.encodeRequest(openaiChatClient.decodeRequest(body), target());
    expect(encoded.body).toEqual(body);
    expect(encoded).toMatchObject({ method: 'POST', path: '/chat/completions', headers: {}, dropped: [] });
  });

  it('is the same when it is called again', () => {
    const asked = request({ stream: true, stop: 'x' });
    expect(openaiChatProvider.encodeRequest(asked, target())).toEqual(
      openaiChatProvider.encodeRequest(asked, target()),
    );
  });

  it('says nothing that was not asked for', () => {
    expect(encode({}).body).toEqual({ model: 'gpt-x', messages: HELLO.messages });
  });

  it('follows the quirks', () => {
    expect(encode({ maxOutputTokens: 9 }, { maxTokensField: 'max_tokens' }).body).toMatchObject({ max_tokens: 9 });
    expect(encode({ stream: true }, { streamUsage: false }).body).not.toHaveProperty('stream_options');
    const refused = encode({ seed: 1, stream: true }, { unsupported: ['seed'] });
    expect(refused.dropped).toEqual(['seed']);
    expect(refused.body).not.toHaveProperty('seed');
  });

  it('names what the dialect has no word for', () => {
    expect(encode({ topK: 5 }).dropped).toEqual(['top_k']);
    expect(
      encode({ extensions: { 'anthropic-messages': { container: 'c' }, 'openai-chat': { verbosity: 'low' } } }),
    ).toMatchObject({
      dropped: ['container'],
      body: { verbosity: 'low' },
    });
    const foreign = { kind: 'provider', origin: 'anthropic-messages', name: 'web_search_20250305', data: {} } as const;
    expect(encode({ tools: [foreign] }).dropped).toEqual(['tools: web_search_20250305']);
    expect(encode({ tools: [foreign] }).body).not.toHaveProperty('tools');
    expect(
      encode({
        messages: [assistant({ type: 'opaque', origin: 'anthropic-messages', data: { type: 'server_tool_use' } })],
      }).dropped,
    ).toEqual(['messages: assistant part "server_tool_use"']);
  });

  it.each<[ChatRequest['reasoning'], string | undefined]>([
    [{ effort: 'minimal' }, 'minimal'],
    [{ effort: 'max' }, 'xhigh'],
    [{ budgetTokens: 1_024 }, 'low'],
    [{ budgetTokens: 10_000 }, 'medium'],
    [{ budgetTokens: 60_000 }, 'high'],
    [{ mode: 'off' }, undefined],
    [{ mode: 'adaptive' }, undefined],
  ])('reasoning %j', (reasoning, effort) => {
    expect(encode({ ...(reasoning === undefined ? {} : { reasoning }) }).body.reasoning_effort).toBe(effort);
  });

  it('sends the text of a turn as one string, and calls without arguments as {}', () => {
    expect(
      encodeMessages(
        assistant(
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'tool-call', kind: 'function', id: 'x', name: 'f', arguments: '' },
        ),
      ),
    ).toEqual([
      {
        role: 'assistant',
        content: 'ab',
        tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
    ]);
  });

  it('makes one message of each result, and puts pictures behind all of them', () => {
    const image: ContentPart = { type: 'image', source: { type: 'url', url: 'https://a.test/x.png' } };
    expect(
      encodeMessages(
        {
          role: 'tool',
          content: [
            result('a', { type: 'text', text: 'one' }, image),
            result('b', { type: 'text', text: 'x' }, { type: 'text', text: 'y' }),
          ],
        },
        { role: 'tool', content: [result('c', image)] },
        { role: 'user', content: [{ type: 'text', text: 'go on' }] },
      ),
    ).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'x\ny' },
      { role: 'tool', tool_call_id: 'c', content: 'The result is in the message that follows.' },
      { role: 'user', content: [1, 2].map(() => ({ type: 'image_url', image_url: { url: 'https://a.test/x.png' } })) },
      { role: 'user', content: 'go on' },
    ]);
  });

  it('tells the model that a tool failed', () => {
    const failed = (text: string): Message => ({
      role: 'tool',
      content: [{ ...result('a', { type: 'text', text }), isError: true }],
    });
    expect(encodeMessages(failed('no such city'), failed('Error: gone'))).toMatchObject([
      { content: 'Error: no such city' },
      { content: 'Error: gone' },
    ]);
  });

  it('gives back its own signatures, and nobody else any', () => {
    const reasoning = (origin: 'openai-chat' | 'anthropic-messages'): AssistantPart => ({
      type: 'reasoning',
      text: 'hm',
      signature: { origin, value: 'sig' },
    });
    const call: AssistantPart = { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{}' };
    const bare = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    expect(
      encodeMessages(
        assistant(reasoning('anthropic-messages'), { ...call, signature: { origin: 'gemini', value: 'g' } }),
      ),
    ).toEqual([bare]);
    expect(encodeMessages(assistant(reasoning('openai-chat'), call))).toEqual([
      { ...bare, reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 'sig', index: 0 }] },
    ]);
    expect(encodeMessages(assistant({ ...call, signature: { origin: 'openai-chat', value: 'g' } }))).toMatchObject([
      { tool_calls: [{ extra_content: { google: { thought_signature: 'g' } } }] },
    ]);
  });

  it.each<[ContentPart]>([
    [{ type: 'file', source: { type: 'url', url: 'https://a.test/x.pdf' } }],
    [{ type: 'file', source: { type: 'reference', origin: 'anthropic-messages', id: 'f' } }],
    [{ type: 'image', source: { type: 'reference', origin: 'anthropic-messages', id: 'f' } }],
    [{ type: 'audio', source: { type: 'base64', mediaType: 'audio/flac', data: 'AA' } }],
    [{ type: 'opaque', origin: 'gemini', data: { type: 'x' } }],
  ])('refuses content that it cannot say, whatever may be dropped: %j', (part) => {
    expect(errorOf(() => encodeUser(part))).toMatchObject({
      kind: 'unsupported-parameter',
      status: 400,
      param: 'messages',
    });
  });
});
