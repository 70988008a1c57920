import { describe, expect, it } from 'vitest';
import type { AssistantPart, Message, ToolResultPart } from '../../../../functions/core/chat.ts';
import { call } from '../../../support/chat-request.ts';
import { growth } from '../../../support/growth.ts';
import { assistant, messagesOf, result, text, tool, user } from './messages.ts';
import { encode, LLAMA, MISTRAL } from './support.ts';

const system = (value: string): Message => ({ role: 'system', content: [{ type: 'text', text: value }] });

describe('turns', () => {
  it('are strictly alternating, whatever the client sent', () => {
    expect(
      messagesOf([user(text('a')), user(text('b')), assistant(text('c')), assistant(text('d')), user(text('e'))]),
    ).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
      { role: 'assistant', content: [{ text: 'c' }, { text: 'd' }] },
      { role: 'user', content: [{ text: 'e' }] },
    ]);
  });

  it('have all results of parallel calls in one, in front of what else the user says', () => {
    const history = [
      user(text('go')),
      assistant(text('both'), call('one'), call('two')),
      tool(result('two', text('2'))),
      user(text('quick!')),
      tool(result('one', text('1'))),
    ];
    expect(messagesOf(history)).toEqual([
      { role: 'user', content: [{ text: 'go' }] },
      {
        role: 'assistant',
        content: [
          { text: 'both' },
          { toolUse: { toolUseId: 'one', name: 'f', input: {} } },
          { toolUse: { toolUseId: 'two', name: 'f', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'two', content: [{ text: '2' }] } },
          { toolResult: { toolUseId: 'one', content: [{ text: '1' }] } },
          { text: 'quick!' },
        ],
      },
    ]);
  });

  it('leave out blank text, and messages that nothing is left of', () => {
    expect(messagesOf([user(text(' \n'), text('a')), assistant(text('')), user(text('b'))])).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
    ]);
    expect(() => messagesOf([user(text(' '))])).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'messages' }),
    );
  });

  it('do not end with the white space of a prefill', () => {
    expect(messagesOf([user(text('a')), assistant(text('It is '))])).toMatchObject([
      {},
      { content: [{ text: 'It is' }] },
    ]);
  });

  it('name authors nowhere, and say so', () => {
    expect(encode({ messages: [{ ...user(text('a')), name: 'Ada' } as Message] }).dropped).toEqual([
      'messages[0].name',
    ]);
  });

  it('take time in proportion to their number', () => {
    const work = (size: number): void => {
      encode({ messages: Array.from({ length: size }, () => user(text('a'))) });
    };
    // 16 times as many: quadratic would be 256 times as long.
    expect(growth(work, 1_000, 16_000)).toBeLessThan(64);
  });
});

describe('system messages', () => {
  it('in front become the system prompt; later ones stay in place, marked', () => {
    const { body } = encode({
      messages: [system('one'), system('two'), user(text('a')), system('three'), user(text('b'))],
    });
    expect(body.system).toEqual([{ text: 'one' }, { text: 'two' }]);
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: '<system>\nthree\n</system>' }, { text: 'b' }] },
    ]);
  });

  it('between the results of parallel calls do not tear them apart', () => {
    const history = [
      user(text('go')),
      assistant(call('a'), call('b')),
      tool(result('a', text('1'))),
      system('s'),
      tool(result('b', text('2'))),
    ];
    const [, , last] = messagesOf(history) as unknown as readonly { content: readonly object[] }[];
    expect(last?.content.map((block) => Object.keys(block)[0])).toEqual(['toolResult', 'toolResult', 'text']);
  });

  it('alone are asked as a user would', () => {
    const { body } = encode({ messages: [system('Say hi.')] });
    expect(body).toEqual({ messages: [{ role: 'user', content: [{ text: 'Say hi.' }] }] });
  });
});

describe('tool calls', () => {
  it('without arguments have an empty object, free text is the one argument', () => {
    const custom: AssistantPart = { type: 'tool-call', id: 'c', name: 'run', arguments: 'print(1)', kind: 'custom' };
    expect(messagesOf([user(text('a')), assistant(call('x', 'f', ''), custom)])).toMatchObject([
      {},
      { content: [{ toolUse: { input: {} } }, { toolUse: { input: { input: 'print(1)' } } }] },
    ]);
  });

  it.each(['{"a":', '[]', '"x"'])('refuse the arguments %s', (args) => {
    expect(() => messagesOf([user(text('a')), assistant(call('x', 'f', args))])).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'messages[1].content[0].arguments' }),
    );
  });

  it('get ids that the API takes, the same for call and result', () => {
    const id = 'functions.Bash:0';
    const [, calls, results] = messagesOf([
      user(text('a')),
      assistant(call(id)),
      tool(result(id, text('b'))),
    ]) as never as readonly [
      unknown,
      { content: [{ toolUse: { toolUseId: string } }] },
      { content: [{ toolResult: { toolUseId: string } }] },
    ];
    expect(calls.content[0].toolUse.toolUseId).toMatch(/^functions_Bash_0_[a-z0-9]{14}$/);
    expect(results.content[0].toolResult.toolUseId).toBe(calls.content[0].toolUse.toolUseId);
  });

  it("get nine letters and digits for Mistral, no two alike, Bedrock's own ids included", () => {
    const ids = Array.from({ length: 200 }, (_, index) => `tooluse_${index}`);
    const history = [
      user(text('a')),
      assistant(...ids.map((id) => call(id))),
      tool(...ids.map((id) => result(id, text('b')))),
    ];
    const [, calls, results] = messagesOf(history, MISTRAL) as never as readonly [
      unknown,
      { content: readonly { toolUse: { toolUseId: string } }[] },
      { content: readonly { toolResult: { toolUseId: string } }[] },
    ];
    const sent = calls.content.map((block) => block.toolUse.toolUseId);
    for (const id of sent) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(new Set(sent).size).toBe(ids.length);
    expect(results.content.map((block) => block.toolResult.toolUseId)).toEqual(sent);
  });

  it('that failed say so where the model takes it', () => {
    const failed: ToolResultPart = { ...result('x', text('no')), isError: true };
    const history = [user(text('a')), assistant(call('x')), tool(failed)];
    expect(messagesOf(history)).toMatchObject([{}, {}, { content: [{ toolResult: { status: 'error' } }] }]);
    expect(JSON.stringify(messagesOf(history, LLAMA))).not.toContain('status');
  });

  it('that returned nothing return an empty object', () => {
    const history = [user(text('a')), assistant(call('x')), tool(result('x', text('')))];
    expect(messagesOf(history)).toMatchObject([{}, {}, { content: [{ toolResult: { content: [{ json: {} }] } }] }]);
  });
});

describe('cache markers', () => {
  const cached = [{ type: 'text', text: 's', cache: { ttl: '1h' } }] as const;

  it('become cache points behind what they mark, in order, with their lifetime', () => {
    const history = [
      { role: 'system', content: cached } as const,
      user(text('a', '5m'), text('b')),
      assistant(call('x')),
      tool({ ...result('x', text('1')), cache: { ttl: '5m' } }),
      user(text('c', '1h')),
    ];
    const { body } = encode({ messages: history });
    expect(body.system).toEqual([{ text: 's' }, { cachePoint: { type: 'default', ttl: '1h' } }]);
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { cachePoint: { type: 'default' } }, { text: 'b' }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'x', name: 'f', input: {} } }] },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'x', content: [{ text: '1' }] } },
          { cachePoint: { type: 'default' } },
          { text: 'c' },
          { cachePoint: { type: 'default', ttl: '1h' } },
        ],
      },
    ]);
  });

  it('inside of a tool result stand behind it; on what is left out, behind what came before', () => {
    const history = [user(text('a'), text('', '5m')), assistant(call('x')), tool(result('x', text('1', '1h')))];
    expect(messagesOf(history)).toEqual([
      { role: 'user', content: [{ text: 'a' }, { cachePoint: { type: 'default' } }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'x', name: 'f', input: {} } }] },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'x', content: [{ text: '1' }] } },
          { cachePoint: { type: 'default', ttl: '1h' } },
        ],
      },
    ]);
  });

  it('are hints that models without a cache are not told', () => {
    const { body, dropped } = encode({ messages: [{ role: 'system', content: cached }, user(text('a', '5m'))] }, LLAMA);
    expect(body).toEqual({ messages: [{ role: 'user', content: [{ text: 'a' }] }], system: [{ text: 's' }] });
    expect(dropped).toEqual([]);
  });
});
