import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import type { Quirks } from '../../../../functions/core/quirks.ts';
import { openaiChatClient, openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { HELLO, target } from './support.ts';

function forward(fields: JsonObject, quirks: Partial<Quirks> = {}, cap?: number) {
  const body = { ...HELLO, ...fields };
  const before = structuredClone(body);
  const decoded = openaiChatClient.decodeRequest(body);
  const asked = cap === undefined ? decoded : { ...decoded, maxOutputTokens: cap };
  const sent = openaiChatProvider.forwardRequest(body, asked, target(quirks));
  expect(body).toEqual(before);
  expect(openaiChatProvider.forwardRequest(body, asked, target(quirks))).toEqual(sent);
  return sent;
}

describe('forwardRequest', () => {
  it('replaces the model and nothing else, in place', () => {
    const body = {
      temperature: 0.1,
      brand_new: { deep: [1, null, 'x'] },
      model: 'smart',
      messages: [{ role: 'user', content: [{ type: 'hologram', hologram: 1 }], extra: true }],
      metadata: null,
    };
    const sent = openaiChatProvider.forwardRequest(body, openaiChatClient.decodeRequest(body), target());
    expect(JSON.stringify(sent.body)).toBe(JSON.stringify(body).replace('"smart"', '"gpt-x"'));
    expect(sent).toMatchObject({ method: 'POST', path: '/chat/completions', dropped: [] });
  });

  it('asks for usage in streams, beside whatever else the client wants of them', () => {
    expect(forward({ stream: true }).body.stream_options).toEqual({ include_usage: true });
    expect(forward({ stream: true, stream_options: null }).body.stream_options).toEqual({ include_usage: true });
    expect(
      forward({ stream: true, stream_options: { include_usage: false, include_obfuscation: false } }).body
        .stream_options,
    ).toEqual({
      include_usage: true,
      include_obfuscation: false,
    });
    expect(forward({}).body).not.toHaveProperty('stream_options');
  });

  it('asks no provider for usage that does not know how, and says that it left the wish out', () => {
    expect(forward({ stream: true }, { streamUsage: false })).toMatchObject({ dropped: [] });
    expect(forward({ stream: true }, { streamUsage: false }).body).not.toHaveProperty('stream_options');
    const wished = forward({ stream: true, stream_options: { include_usage: true } }, { streamUsage: false });
    expect(wished.dropped).toEqual(['stream_options']);
    expect(wished.body).not.toHaveProperty('stream_options');
  });

  it.each<[JsonObject, Partial<Quirks>, number | undefined, JsonObject]>([
    [{}, {}, undefined, {}],
    [{}, {}, 50, { max_completion_tokens: 50 }],
    [{}, { maxTokensField: 'max_tokens' }, 50, { max_tokens: 50 }],
    [{ max_tokens: 5 }, {}, undefined, { max_completion_tokens: 5 }],
    [{ max_tokens: 5 }, { maxTokensField: 'max_tokens' }, undefined, { max_tokens: 5 }],
    [{ max_completion_tokens: 6 }, { maxTokensField: 'max_tokens' }, undefined, { max_tokens: 6 }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, {}, undefined, { max_completion_tokens: 6 }],
    [{ max_tokens: null }, {}, undefined, {}],
    [{ max_tokens: null }, {}, 50, { max_completion_tokens: 50 }],
  ])('cap: %j with %j and %s set by the gateway', (fields, quirks, cap, expected) => {
    const { model, messages, ...rest } = forward(fields, quirks, cap).body;
    expect(rest).toEqual(expected);
    expect([model, messages]).toEqual(['gpt-x', HELLO.messages]);
  });

  it('renames the cap where it stands', () => {
    expect(Object.keys(forward({ max_tokens: 5, user: 'u' }).body)).toEqual([
      'model',
      'messages',
      'max_completion_tokens',
      'user',
    ]);
  });

  it('leaves out what the provider refuses, and names it', () => {
    const sent = forward({ seed: 1, user: 'u' }, { unsupported: ['seed', 'logit_bias'] });
    expect(sent.dropped).toEqual(['seed']);
    expect(sent.body).not.toHaveProperty('seed');
    expect(sent.body).toHaveProperty('user', 'u');
  });

  it('takes out of the history what a strict provider does not know', () => {
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'y', reasoning_content: 'because', reasoning_details: [] },
      { role: 'user', content: 'z' },
    ];
    expect(forward({ messages }).body.messages).toEqual(messages);
    const strict = forward(
      { messages },
      { unsupported: ['messages[].reasoning_content', 'messages[].reasoning_details'] },
    );
    expect(strict.body.messages).toEqual([messages[0], { role: 'assistant', content: 'y' }, messages[2]]);
    expect(strict.dropped).toEqual([]);
  });

  it('sends {} for the arguments of former calls that a client kept as an empty text, and touches no others', () => {
    const call = (args: string): JsonObject => ({
      id: `c${args.length}`,
      type: 'function',
      function: { arguments: args, name: 'f' },
    });
    const spoken = { role: 'assistant', content: null, tool_calls: [call(''), call('{ }')], extra: 1 };
    const messages = [{ role: 'user', content: 'x' }, spoken, { role: 'tool', tool_call_id: 'c0', content: 'y' }];
    const sent = forward({ messages }).body.messages;
    expect(JSON.stringify(sent)).toBe(JSON.stringify(messages).replace('"arguments":""', '"arguments":"{}"'));
  });

  it("keeps to itself what another dialect's provider proved, and nothing else", () => {
    const text = (signature: string): JsonObject => ({ type: 'reasoning.text', text: 'Hm', signature, index: 0 });
    const call = (signature?: string): JsonObject => ({
      id: 'c',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      ...(signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }),
    });
    const spoken = (fields: JsonObject): JsonObject => ({ role: 'assistant', content: 'x', extra: 1, ...fields });
    const messages = [
      spoken({ reasoning_details: [text('tg1.anthropic-messages.EqQB')], reasoning_content: 'Hm' }),
      spoken({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'tg1.openai-responses.gAAA' }] }),
      spoken({ tool_calls: [call('tg1.gemini.EioK'), call()], reasoning_details: [text('own')] }),
      spoken({ tool_calls: [call('EioK')], reasoning_details: [text('EqQB')] }),
    ];
    expect(forward({ messages }).body.messages).toEqual([
      spoken({ reasoning_content: 'Hm' }),
      spoken({}),
      spoken({ tool_calls: [call(), call()], reasoning_details: [text('own')] }),
      messages[3],
    ]);
  });

  it('takes refused fields out of the calls of the history', () => {
    const messages = [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' }, extra_content: { google: {} } }],
      },
    ];
    expect(forward({ messages }, { unsupported: ['messages[].tool_calls[].extra_content'] }).body.messages).toEqual([
      { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }] },
    ]);
  });
});
