import { describe, expect, it } from 'vitest';
import type { AssistantPart, ChatRequest } from '../../../../functions/core/chat.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import type { Quirks } from '../../../../functions/core/quirks.ts';
import { openaiChatClient, openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { HELLO, request, target } from './support.ts';

/** As it goes out for a client of this dialect. */
function forward(fields: JsonObject, quirks: Partial<Quirks>) {
  const body = { ...HELLO, ...fields };
  const before = structuredClone(body);
  const sent = openaiChatProvider.forwardRequest(body, openaiChatClient.decodeRequest(body), target(quirks));
  expect(body).toEqual(before);
  return sent;
}

const forwarded = (messages: readonly Json[], quirks: Partial<Quirks>) => forward({ messages }, quirks).body.messages;

/** As it goes out for a client of another dialect. */
function encoded(content: readonly AssistantPart[], quirks: Partial<Quirks>): Json | undefined {
  const chat: ChatRequest = { ...request(), messages: [{ role: 'assistant', content }] };
  const { messages } = openaiChatProvider.encodeRequest(chat, target(quirks)).body;
  return (messages as readonly Json[])[0];
}

const user = (content: Json): JsonObject => ({ role: 'user', content });
const call = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const calling = (...ids: readonly string[]): JsonObject => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map(call),
});
const result = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: 'r' });

describe('fields that a provider refuses', () => {
  it('are left out and named, but not where they say the default', () => {
    const unsupported = ['n', 'logprobs', 'frequency_penalty', 'parallel_tool_calls', 'seed', 'user'];
    const defaults = { n: 1, logprobs: false, frequency_penalty: 0, parallel_tool_calls: true, seed: null };
    expect(forward(defaults, { unsupported })).toMatchObject({ body: { ...HELLO, model: 'gpt-x' }, dropped: [] });
    const meant = { n: 2, logprobs: true, frequency_penalty: 0.1, parallel_tool_calls: false, seed: 0, user: '' };
    const sent = forward(meant, { unsupported });
    expect(sent.dropped).toEqual(unsupported);
    expect(Object.keys(sent.body)).toEqual(['model', 'messages']);
  });

  it('go out under the name that they have there, in their place', () => {
    const { body } = forward({ seed: 7, temperature: 1 }, { renamed: { seed: 'random_seed' } });
    expect(JSON.stringify(body)).toBe(JSON.stringify({ ...HELLO, model: 'gpt-x', random_seed: 7, temperature: 1 }));
  });

  it('may be a schema for the answer', () => {
    const format = { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } };
    const sent = forward({ response_format: format }, { jsonSchema: false });
    expect(sent).toMatchObject({
      body: { response_format: { type: 'json_object' } },
      dropped: ['response_format.json_schema'],
    });
    expect(forward({ response_format: { type: 'text' } }, { jsonSchema: false })).toMatchObject({
      body: { response_format: { type: 'text' } },
      dropped: [],
    });
    expect(forward({ response_format: format }, {}).body.response_format).toEqual(format);
  });
});

describe('roles', () => {
  it('are renamed where the developer is not known', () => {
    const messages = [{ role: 'developer', content: 'd' }, { role: 'system', content: 's' }, user('u')];
    expect(forwarded(messages, { developerRole: false })).toEqual([
      { role: 'system', content: 'd' },
      { role: 'system', content: 's' },
      user('u'),
    ]);
    expect(forwarded(messages, {})).toEqual(messages);
  });

  it('alternate where they have to, and no call is joined with anything', () => {
    const image = { type: 'image_url', image_url: { url: 'https://x.test/a.png' } };
    const messages = [
      { role: 'system', content: 's' },
      { role: 'system', content: 't' },
      user('a'),
      user([image]),
      user('b'),
      { role: 'assistant', content: 'c' },
      { role: 'assistant', content: 'd' },
      calling('1'),
      result('1'),
      user('e'),
    ];
    expect(forwarded(messages, { alternateRoles: true })).toEqual([
      ...messages.slice(0, 2),
      user([{ type: 'text', text: 'a' }, image, { type: 'text', text: 'b' }]),
      { role: 'assistant', content: 'c\n\nd' },
      ...messages.slice(7),
    ]);
    expect(forwarded(messages, {})).toEqual(messages);
  });
});

describe('former reasoning', () => {
  const turn = { role: 'assistant', content: 'x' };

  it.each<[JsonObject, Partial<Quirks>, JsonObject]>([
    [{ reasoning_content: 'r' }, {}, { reasoning_content: 'r' }],
    [{ reasoning: 'r' }, {}, { reasoning: 'r' }],
    [{ reasoning_content: 'r' }, { reasoningField: 'reasoning' }, { reasoning: 'r' }],
    [{ reasoning: 'r' }, { reasoningField: 'reasoning_content' }, { reasoning_content: 'r' }],
    [{ reasoning: '', reasoning_content: 'r' }, { reasoningField: 'reasoning' }, { reasoning: 'r' }],
    [{ reasoning: 'r', reasoning_content: 'r' }, { reasoningField: 'none' }, {}],
    [{ reasoning_content: '' }, { reasoningField: 'reasoning_content' }, {}],
    [{ reasoning_content: null }, { reasoningField: 'reasoning_content', reasoningRequired: true }, {}],
  ])('%j goes as %j says', (fields, quirks, expected) => {
    expect(forwarded([user('u'), { ...turn, ...fields }, user('v')], quirks)).toEqual([
      user('u'),
      { ...turn, ...expected },
      user('v'),
    ]);
  });

  it('is never empty beside calls, where the provider insists', () => {
    const quirks = { reasoningField: 'reasoning_content', reasoningRequired: true } as const;
    expect(forwarded([user('u'), calling('1'), result('1')], quirks)).toEqual([
      user('u'),
      { ...calling('1'), reasoning_content: ' ' },
      result('1'),
    ]);
    expect(forwarded([user('u'), { ...calling('1'), reasoning: 'r' }, result('1')], quirks)).toEqual([
      user('u'),
      { ...calling('1'), reasoning_content: 'r' },
      result('1'),
    ]);
  });

  it('of other dialects goes as text, without what proved it', () => {
    const foreign: readonly AssistantPart[] = [
      { type: 'reasoning', text: 'one ', signature: { origin: 'anthropic-messages', value: 'sealed' } },
      { type: 'reasoning', text: 'two' },
      { type: 'text', text: 'x' },
    ];
    expect(encoded(foreign, { reasoningField: 'reasoning' })).toEqual({ ...turn, reasoning: 'one two' });
    expect(encoded(foreign, { reasoningField: 'reasoning_content' })).toEqual({
      ...turn,
      reasoning_content: 'one two',
    });
    expect(encoded(foreign, { reasoningField: 'none' })).toEqual(turn);
    expect(encoded(foreign, {})).toEqual(turn);
  });

  it('is not there twice where the provider gets its own details back', () => {
    const own: AssistantPart = { type: 'reasoning', text: 'r', signature: { origin: 'openai-chat', value: 's' } };
    const sent = encoded([own, { type: 'text', text: 'x' }], { reasoningField: 'reasoning' });
    expect(sent).toMatchObject({ reasoning_details: [{ type: 'reasoning.text', text: 'r', signature: 's' }] });
    expect(sent).not.toHaveProperty('reasoning');
  });
});

describe('ids of tool calls', () => {
  const quirks = { toolIds: 'nine-alphanumerics' } as const;

  it('get the shape that the provider wants, the same for a call and its result, and never one for two', () => {
    const ids = ['toolu_01ABC', 'call_123', 'abcdef123', 'functions.Bash:0'];
    const messages = [user('u'), calling(...ids), ...ids.toReversed().map(result)];
    const sent = forwarded(messages, quirks) as readonly JsonObject[];
    const called = ((sent[1]?.tool_calls ?? []) as readonly JsonObject[]).map(({ id }) => String(id));
    for (const id of called) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(new Set(called).size).toBe(ids.length);
    // What fits stays what it is.
    expect(called[2]).toBe('abcdef123');
    expect(sent.slice(2).map((message) => message.tool_call_id)).toEqual(called.toReversed());
    // A longer history changes no earlier id: the provider's prompt cache begins at the first byte.
    const longer = forwarded([...messages, calling('call_9'), result('call_9')], quirks) as readonly JsonObject[];
    expect(longer.slice(0, sent.length)).toEqual(sent);
  });

  it('stay what they are elsewhere', () => {
    const messages = [user('u'), calling('functions.Bash:0'), result('functions.Bash:0')];
    expect(forwarded(messages, {})).toEqual(messages);
  });
});

describe('the place in a server’s own queue', () => {
  const sent = (order: Quirks['priority'], priority: number, body: JsonObject = {}) => {
    const whole = { ...HELLO, ...body };
    const quirks = order === undefined ? {} : { priority: order };
    const to = { ...target(quirks), priority };
    const decoded = openaiChatClient.decodeRequest(whole);
    return [
      openaiChatProvider.forwardRequest(whole, decoded, to).body.priority,
      openaiChatProvider.encodeRequest(decoded, to).body.priority,
    ];
  };

  it('is what was granted, in the order that the server reads', () => {
    expect(sent('low-first', 9)).toEqual([-9, -9]);
    expect(sent('high-first', 9)).toEqual([9, 9]);
    expect(sent('low-first', 0)).toEqual([undefined, undefined]);
  });

  it('is never what the client says of itself', () => {
    expect(sent('low-first', 3, { priority: -100 })).toEqual([-3, -3]);
    expect(sent('high-first', 0, { priority: 100 })).toEqual([undefined, undefined]);
  });

  it('is left alone where the server is not known to have one', () => {
    expect(sent(undefined, 9)).toEqual([undefined, undefined]);
    expect(sent(undefined, 9, { priority: 5 })[0]).toBe(5);
  });
});
