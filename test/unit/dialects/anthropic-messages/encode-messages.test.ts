import { describe, expect, it } from 'vitest';
import type { AssistantPart, Message, ToolResultPart } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { call } from '../../../support/chat-request.ts';
import { growth } from '../../../support/growth.ts';
import { assistant, messagesOf, text, use, user } from './messages.ts';
import { encode } from './support.ts';

const system = (value: string): Message => ({ role: 'system', content: [text(value)] });
const result = (callId: string, value: string): ToolResultPart => ({
  type: 'tool-result',
  callId,
  content: value === '' ? [] : [text(value)],
});
const tool = (...content: readonly ToolResultPart[]): Message => ({ role: 'tool', content });
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
    const many = (length: number) => messagesOf(Array.from({ length }, () => user('a')));
    expect(many(1_000).messages).toMatchObject([{ role: 'user' }]);
    // Copying the turn at each message took 12 s for 100,000: by the square of their number, which would be 64 here.
    expect(growth(many, 5_000, 40_000)).toBeLessThan(24);
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

it('throws its own errors', () => {
  expect(() => messagesOf([])).toThrow(GatewayError);
});
