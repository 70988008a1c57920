import { describe, expect, it } from 'vitest';
import type { AssistantPart, ContentPart, Message, ToolResultPart } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { encode, encodeTarget } from './support.ts';

const text = (value: string) => ({ type: 'text', text: value }) as const;
const system = (value: string): Message => ({ role: 'system', content: [text(value)] });
const user = (...content: readonly (string | ContentPart)[]): Message => ({
  role: 'user',
  content: content.map((part) => (typeof part === 'string' ? text(part) : part)),
});
const assistant = (...content: readonly (string | AssistantPart)[]): Message => ({
  role: 'assistant',
  content: content.map((part) => (typeof part === 'string' ? text(part) : part)),
});
const call = (id: string, name = 'f', args = '{}'): AssistantPart => ({
  type: 'tool-call',
  id,
  name,
  arguments: args,
  kind: 'function',
});
const result = (callId: string, value: string): ToolResultPart => ({
  type: 'tool-result',
  callId,
  content: value === '' ? [] : [text(value)],
});
const tool = (...content: readonly ToolResultPart[]): Message => ({ role: 'tool', content });

const messagesOf = (messages: readonly Message[], model?: string) => encode({ messages }, encodeTarget(model)).body;
const use = (id: string, input = {}) => ({ type: 'tool_use', id, name: 'f', input });
const toolResult = (id: string, value: string) => ({ type: 'tool_result', tool_use_id: id, content: [text(value)] });

describe('system messages', () => {
  it('become system blocks in order, where they lead', () => {
    const body = messagesOf([system('a'), system('b'), user('c')]);
    expect(body.system).toEqual([text('a'), text('b')]);
    expect(body.messages).toEqual([{ role: 'user', content: [text('c')] }]);
  });

  it('stay in place later, as their own turn, with models that know it', () => {
    const body = messagesOf(
      [system('a'), user('b'), system('c'), assistant('d'), user('e'), system('f')],
      'claude-opus-5',
    );
    expect(body.system).toEqual([text('a')]);
    expect(body.messages).toEqual([
      { role: 'user', content: [text('b')] },
      { role: 'system', content: [text('c')] },
      { role: 'assistant', content: [text('d')] },
      { role: 'user', content: [text('e')] },
      { role: 'system', content: [text('f')] },
    ]);
  });

  it('stay in place later, marked, with models that do not', () => {
    expect(messagesOf([user('a'), system('b'), assistant('c'), user('d')], 'claude-sonnet-4-5').messages).toEqual([
      { role: 'user', content: [text('a'), text('<system>\nb\n</system>')] },
      { role: 'assistant', content: [text('c')] },
      { role: 'user', content: [text('d')] },
    ]);
  });

  it.each([
    ['between two user messages', [user('a'), system('b'), user('c')], ['a', '<system>\nb\n</system>', 'c']],
    [
      'between an answer and the next user message',
      [user('a'), assistant('x'), system('b'), user('c')],
      ['<system>\nb\n</system>', 'c'],
    ],
  ])('are marked %s, where the API allows no system turn', (_, messages, last) => {
    const body = messagesOf(messages, 'claude-opus-5');
    expect((body.messages as readonly unknown[]).at(-1)).toEqual({ role: 'user', content: last.map(text) });
  });

  it('are merged where they follow one another', () => {
    const body = messagesOf([user('a'), system('b'), system('c')], 'claude-opus-5');
    expect(body.messages).toEqual([
      { role: 'user', content: [text('a')] },
      { role: 'system', content: [text('b'), text('c')] },
    ]);
  });

  it('are what is answered where there is nothing else', () => {
    const body = messagesOf([system('Say hi')]);
    expect(body.system).toBeUndefined();
    expect(body.messages).toEqual([{ role: 'user', content: [text('Say hi')] }]);
  });
});

describe('turns', () => {
  it('merges neighbours of one role', () => {
    expect(messagesOf([user('a'), user('b'), assistant('c'), assistant('d'), user('e')]).messages).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c'), text('d')] },
      { role: 'user', content: [text('e')] },
    ]);
  });

  it('removes blank text, and messages that nothing is left of', () => {
    expect(messagesOf([user('a', ' \n', ''), assistant('', ' '), user('b')]).messages).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
    ]);
  });

  it('refuses a conversation of blank text', () => {
    expect(() => messagesOf([user(' ')])).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'messages' }),
    );
  });

  it('begins the answer for the model, without the white space that the API refuses', () => {
    expect(messagesOf([user('a'), assistant('The answer is (  \n')]).messages).toEqual([
      { role: 'user', content: [text('a')] },
      { role: 'assistant', content: [text('The answer is (')] },
    ]);
  });

  it('leaves white space at the end of earlier answers', () => {
    expect(messagesOf([user('a'), assistant('b \n'), user('c')]).messages).toContainEqual({
      role: 'assistant',
      content: [text('b \n')],
    });
  });

  it('reports the names of participants, which have no place, once', () => {
    const named: Message = { role: 'user', name: 'ada', content: [text('a')] };
    expect(encode({ messages: [user('a'), named, named] }).dropped).toEqual(['messages[1].name']);
  });

  it('takes as long as there is text, however many messages it comes in', () => {
    const started = performance.now();
    const body = messagesOf(Array.from({ length: 100_000 }, () => user('a')));
    expect(body.messages).toMatchObject([{ role: 'user' }]);
    // 0.1 s measured; copying the turn at each message took 12 s.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('tool calls and results', () => {
  it('puts the results of parallel calls, in whatever order they come, into one turn in front of the text', () => {
    const body = messagesOf([
      user('a'),
      assistant('calling', call('1'), call('2'), call('3')),
      tool(result('3', 'three')),
      user('meanwhile'),
      tool(result('1', 'one'), result('2', 'two')),
      user('and now?'),
    ]);
    expect(body.messages).toEqual([
      { role: 'user', content: [text('a')] },
      { role: 'assistant', content: [text('calling'), use('1'), use('2'), use('3')] },
      {
        role: 'user',
        content: [
          toolResult('3', 'three'),
          toolResult('1', 'one'),
          toolResult('2', 'two'),
          text('meanwhile'),
          text('and now?'),
        ],
      },
    ]);
  });

  it.each([
    ['nothing', '', {}],
    ['white space', '  ', {}],
    ['an empty object', '{}', {}],
    ['an object', '{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
  ])('reads arguments of %s', (_, args, input) => {
    expect(messagesOf([user('a'), assistant(call('1', 'f', args)), tool(result('1', 'r'))]).messages).toContainEqual({
      role: 'assistant',
      content: [use('1', input)],
    });
  });

  it.each(['{"a":', '[1]', '"text"', 'null', '7'])('refuses arguments %s with their place', (args) => {
    expect(() => messagesOf([user('a'), assistant('x', call('1', 'f', args))])).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'messages[1].content[1].arguments' }),
    );
  });

  it('sends free text of a custom tool as the one argument', () => {
    const custom: AssistantPart = { type: 'tool-call', id: '1', name: 'f', kind: 'custom', arguments: 'print("x")' };
    expect(messagesOf([user('a'), assistant(custom)]).messages).toContainEqual({
      role: 'assistant',
      content: [use('1', { input: 'print("x")' })],
    });
  });

  it('keeps empty and failed results, images and files in results', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } } as const;
    const body = messagesOf([
      user('a'),
      assistant(call('1'), call('2'), call('3')),
      tool(result('1', ''), { ...result('2', 'boom'), isError: true }, { ...result('3', ''), content: [image] }),
    ]);
    expect((body.messages as readonly unknown[]).at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: '1' },
        { ...toolResult('2', 'boom'), is_error: true },
        { type: 'tool_result', tool_use_id: '3', content: [image] },
      ],
    });
  });

  it('aliases ids that the API refuses, the same in call and result', () => {
    const body = messagesOf([user('a'), assistant(call('functions.Bash:0')), tool(result('functions.Bash:0', 'r'))]);
    const [, called, answered] = body.messages as readonly { readonly content: readonly Record<string, unknown>[] }[];
    const id = called?.content[0]?.id;
    expect(id).toMatch(/^functions_Bash_0_[a-z0-9]{14}$/);
    expect(answered?.content[0]?.tool_use_id).toBe(id);
  });
});

describe('media', () => {
  const part = (content: ContentPart) =>
    (messagesOf([user(content)]).messages as readonly { readonly content: readonly unknown[] }[])[0]?.content[0];

  it.each<[string, ContentPart, unknown]>([
    [
      'an image by URL',
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
    ],
    [
      'an image as base64',
      { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
    ],
    [
      'an image with a common wrong type',
      { type: 'image', source: { type: 'base64', mediaType: 'image/jpg', data: 'aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'aGk=' } },
    ],
    [
      'an uploaded image',
      { type: 'image', source: { type: 'reference', origin: 'anthropic-messages', id: 'file_1' } },
      { type: 'image', source: { type: 'file', file_id: 'file_1' } },
    ],
    [
      'a PDF',
      { type: 'file', filename: 'a.pdf', source: { type: 'base64', mediaType: 'application/pdf', data: 'JVBERg==' } },
      { type: 'document', title: 'a.pdf', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' } },
    ],
    [
      'a PDF by URL',
      { type: 'file', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
    ],
    [
      'a text file',
      { type: 'file', source: { type: 'base64', mediaType: 'text/markdown', data: 'R3LDvMOfZQ==' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } },
    ],
    [
      'an uploaded file',
      { type: 'file', source: { type: 'reference', origin: 'anthropic-messages', id: 'file_1' } },
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
    ],
    [
      'an image that came as a file',
      { type: 'file', source: { type: 'base64', mediaType: 'image/webp', data: 'aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/webp', data: 'aGk=' } },
    ],
  ])('encodes %s', (_, content, expected) => {
    expect(part(content)).toEqual(expected);
  });

  it.each<[string, ContentPart, string]>([
    ['audio', { type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: '' } }, 'unsupported-parameter'],
    [
      'an image of a type that Claude does not read',
      { type: 'image', source: { type: 'base64', mediaType: 'image/tiff', data: '' } },
      'unsupported-parameter',
    ],
    [
      'a file of such a type',
      { type: 'file', source: { type: 'base64', mediaType: 'application/zip', data: '' } },
      'unsupported-parameter',
    ],
    [
      "another provider's file",
      { type: 'file', source: { type: 'reference', origin: 'openai-chat', id: 'file-1' } },
      'unsupported-parameter',
    ],
    [
      'text that is no text',
      { type: 'file', source: { type: 'base64', mediaType: 'text/plain', data: '/w==' } },
      'invalid-request',
    ],
  ])('refuses %s with its place', (_, content, kind) => {
    expect(() => messagesOf([user('a'), assistant('b'), user('c', content)])).toThrow(
      expect.objectContaining({ kind, param: 'messages[2].content[1]' }),
    );
  });

  it('reports a detail that cannot be had, and only that', () => {
    const image = (detail: 'low' | 'high' | 'auto') =>
      user({ type: 'image', detail, source: { type: 'url', url: 'https://e.com/a' } });
    expect(encode({ messages: [image('high'), image('auto')] }).dropped).toEqual([]);
    expect(encode({ messages: [image('low')] }).dropped).toEqual(['messages[0].content[0].image_url.detail']);
  });
});

describe('reasoning', () => {
  const signed = (origin: 'anthropic-messages' | 'bedrock-converse' | 'gemini'): AssistantPart => ({
    type: 'reasoning',
    text: 'thought',
    signature: { origin, value: 'c2ln' },
  });
  const answer = (...content: readonly AssistantPart[]) =>
    (messagesOf([user('a'), assistant(...content, 'b'), user('c')]).messages as readonly { content: unknown }[])[1]
      ?.content;

  it.each(['anthropic-messages', 'bedrock-converse'] as const)('goes back where %s signed it', (origin) => {
    expect(answer(signed(origin))).toEqual([{ type: 'thinking', thinking: 'thought', signature: 'c2ln' }, text('b')]);
  });

  it('goes back redacted as it came', () => {
    const value = 'RW5jcnlwdGVk';
    expect(answer({ type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value } })).toEqual([
      { type: 'redacted_thinking', data: value },
      text('b'),
    ]);
  });

  it('goes back without its text where the text was not shown', () => {
    expect(answer({ ...signed('anthropic-messages'), text: '' } as AssistantPart)).toEqual([
      { type: 'thinking', thinking: '', signature: 'c2ln' },
      text('b'),
    ]);
  });

  it('is removed where it is foreign or not signed', () => {
    expect(answer(signed('gemini'), { type: 'reasoning', text: 'unsigned' })).toEqual([text('b')]);
  });

  it('says a refusal as text', () => {
    expect(answer({ type: 'refusal', text: 'No.' })).toEqual([text('No.'), text('b')]);
  });
});

describe('cache markers', () => {
  const cached = (value: string, ttl: '5m' | '1h') => ({ ...text(value), cache: { ttl } }) as const;

  it('stand where they stood, in system, tools and messages, with their lifetime', () => {
    const { body } = encode({
      messages: [
        { role: 'system', content: [cached('s', '1h')] },
        user('a', cached('b', '5m')),
        assistant({ ...call('1'), cache: { ttl: '5m' } } as AssistantPart),
        tool({ ...result('1', 'r'), cache: { ttl: '1h' } }),
      ],
      tools: [{ kind: 'function', name: 'f', parameters: {}, cache: { ttl: '1h' } }],
    });
    const short = { type: 'ephemeral' };
    const long = { type: 'ephemeral', ttl: '1h' };
    expect(body.system).toEqual([{ ...text('s'), cache_control: long }]);
    expect(body.tools).toEqual([{ name: 'f', input_schema: { type: 'object' }, cache_control: long }]);
    expect(body.messages).toEqual([
      { role: 'user', content: [text('a'), { ...text('b'), cache_control: short }] },
      { role: 'assistant', content: [{ ...use('1'), cache_control: short }] },
      { role: 'user', content: [{ ...toolResult('1', 'r'), cache_control: long }] },
    ]);
  });

  it('move to the block before a blank one', () => {
    expect(messagesOf([user('a', cached(' ', '1h'))]).messages).toEqual([
      { role: 'user', content: [{ ...text('a'), cache_control: { type: 'ephemeral', ttl: '1h' } }] },
    ]);
  });
});

describe('what only one dialect understands', () => {
  const opaque = (origin: 'anthropic-messages' | 'openai-responses'): AssistantPart => ({
    type: 'opaque',
    origin,
    data: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } },
  });

  it('goes back to its own', () => {
    expect(messagesOf([user('a'), assistant(opaque('anthropic-messages'))]).messages).toContainEqual({
      role: 'assistant',
      content: [{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } }],
    });
  });

  it('is reported where it is foreign', () => {
    const { dropped } = encode({ messages: [user('a'), assistant('b', opaque('openai-responses'))] });
    expect(dropped).toEqual(['messages[1].content[1]']);
  });

  it('adds extensions of a part to its block, annotations as what they were', () => {
    const citation = { type: 'page_location', cited_text: 'x', document_index: 0 };
    const messages: readonly Message[] = [
      user({
        type: 'file',
        source: { type: 'url', url: 'https://e.com/a.pdf' },
        extensions: { 'anthropic-messages': { citations: { enabled: true } }, gemini: { other: 1 } },
      }),
      assistant({ ...text('b'), extensions: { 'anthropic-messages': { annotations: [citation] } } }, {
        ...call('1'),
        extensions: { 'anthropic-messages': { annotations: [{ caller: { type: 'code_execution_20260120' } }] } },
      } as AssistantPart),
    ];
    expect(messagesOf(messages).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'url', url: 'https://e.com/a.pdf' }, citations: { enabled: true } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { ...text('b'), citations: [citation] },
          { ...use('1'), caller: { type: 'code_execution_20260120' } },
        ],
      },
    ]);
  });
});

it('throws its own errors', () => {
  expect(() => messagesOf([])).toThrow(GatewayError);
});
