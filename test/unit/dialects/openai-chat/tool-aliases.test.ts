import { describe, expect, it } from 'vitest';
import type { ChatEvent, ChatRequest, Message } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { openaiChatProvider } from '../../../../functions/dialects/openai-chat/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { deltas, request, sse, target, whole } from './support.ts';

const LONG = 'x'.repeat(70);
const NAMES = ['plain', 'mcp.server:read', `${LONG}a`, `${LONG}b`];
const ALLOWED = /^[a-zA-Z0-9_-]{1,64}$/;

const HISTORY: readonly Message[] = [
  { role: 'user', content: [{ type: 'text', text: 'hi' }] },
  {
    role: 'assistant',
    content: NAMES.map((name, index) => ({
      type: 'tool-call',
      id: `id/${index}`,
      name,
      arguments: '{}',
      kind: 'function',
    })),
  },
  {
    role: 'tool',
    content: NAMES.map((_, index) => ({ type: 'tool-result', callId: `id/${index}`, content: [] })),
  },
];

const chat: ChatRequest = {
  ...request(),
  messages: HISTORY,
  tools: NAMES.map((name) => ({ kind: 'function', name, parameters: { type: 'object' } })),
  toolChoice: { type: 'tool', name: NAMES[1] ?? '' },
};

const named = (items: unknown): readonly string[] =>
  (items as readonly { readonly function: { readonly name: string } }[]).map((item) => item.function.name);

function decodeStream(
  chunks: Parameters<typeof sse>[0],
  restore: Parameters<typeof openaiChatProvider.createDecoder>[0],
) {
  const decoder = openaiChatProvider.createDecoder(restore);
  const frames = createSseFramer().push(new TextEncoder().encode(sse(chunks)));
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

const callsOf = (events: readonly ChatEvent[]) =>
  (foldEvents(events).choices[0]?.blocks ?? []).filter((part) => part.type === 'tool-call');

describe('names of tools that OpenAI refuses', () => {
  const sent = openaiChatProvider.encodeRequest(chat, target());
  const aliases = named(sent.body.tools);

  it('go out as names that it takes, each as one, wherever it stands', () => {
    for (const alias of aliases) expect(alias).toMatch(ALLOWED);
    expect(new Set(aliases).size).toBe(NAMES.length);
    expect(aliases[0]).toBe('plain');
    const turn = (sent.body.messages as readonly JsonObject[])[1];
    expect(named(turn?.tool_calls)).toEqual(aliases);
    expect(sent.body.tool_choice).toEqual({ type: 'function', function: { name: aliases[1] } });
  });

  it('leave ids alone: any will do', () => {
    const [, turn, ...results] = sent.body.messages as readonly JsonObject[];
    const ids = NAMES.map((_, index) => `id/${index}`);
    expect(turn?.tool_calls).toMatchObject(ids.map((id) => ({ id })));
    expect(results).toMatchObject(ids.map((id) => ({ tool_call_id: id })));
  });

  it('come back as the client’s, streamed and whole', () => {
    const calls = aliases.map((name, index) => ({ index, id: `c${index}`, function: { name, arguments: '{}' } }));
    const streamed = decodeStream(deltas([{ tool_calls: calls }], 'tool_calls'), sent.restore);
    expect(callsOf(streamed).map(({ name }) => name)).toEqual(NAMES);
    const answered = openaiChatProvider.decodeResponse(whole({ tool_calls: calls }), sent.restore);
    expect(callsOf(answered)).toEqual(callsOf(streamed));
  });

  it('are not there, and nothing has to be restored', () => {
    const { restore } = openaiChatProvider.encodeRequest(request(), target());
    expect(restore).toBeUndefined();
  });
});

describe('free-text tools', () => {
  const patch: ChatRequest = {
    ...request(),
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'hi' }] },
      {
        role: 'assistant',
        content: [{ type: 'tool-call', id: 'c0', name: 'patch', arguments: 'say "a"', kind: 'custom' }],
      },
      { role: 'tool', content: [{ type: 'tool-result', callId: 'c0', content: [] }] },
    ],
    tools: [{ kind: 'custom', name: 'patch', description: 'A patch.', format: { type: 'grammar', syntax: 'lark' } }],
    toolChoice: { type: 'tool', name: 'patch' },
  };

  it('stay what they are where the provider knows them', () => {
    const { body, dropped, restore } = openaiChatProvider.encodeRequest(patch, target());
    expect(body.tools).toEqual([
      {
        type: 'custom',
        custom: { name: 'patch', description: 'A patch.', format: { type: 'grammar', syntax: 'lark' } },
      },
    ]);
    expect(body.tool_choice).toEqual({ type: 'custom', custom: { name: 'patch' } });
    expect([dropped, restore]).toEqual([[], undefined]);
  });

  it('are functions with one argument elsewhere, and a grammar is named as left out', () => {
    const { body, dropped } = openaiChatProvider.encodeRequest(patch, target({ customTools: false }));
    expect(body.tools).toMatchObject([{ type: 'function', function: { name: 'patch', description: 'A patch.' } }]);
    expect(body.tool_choice).toEqual({ type: 'function', function: { name: 'patch' } });
    const turn = (body.messages as readonly JsonObject[])[1];
    expect(turn?.tool_calls).toEqual([
      { id: 'c0', type: 'function', function: { name: 'patch', arguments: '{"input":"say \\"a\\""}' } },
    ]);
    expect(dropped).toEqual(['tools[0].custom.format']);
  });

  it.each([
    [['{"inp', 'ut":"a\\', 'nb"', '}'], 'a\nb'],
    [['{"input":', '"cut of'], '{"input":"cut of'],
    [['{"other":1}'], '{"other":1}'],
    [['plain'], 'plain'],
  ])('answer in text, streamed as %j and whole', (pieces, text) => {
    const { restore } = openaiChatProvider.encodeRequest(patch, target({ customTools: false }));
    const [first = '', ...rest] = pieces;
    const streamed = decodeStream(
      deltas(
        [
          { tool_calls: [{ index: 0, id: 'c1', function: { name: 'patch', arguments: first } }] },
          ...rest.map((piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
        ],
        'tool_calls',
      ),
      restore,
    );
    const expected = [{ type: 'tool-call', kind: 'custom', id: 'c1', name: 'patch', arguments: text }];
    expect(callsOf(streamed)).toMatchObject(expected);
    const call = { id: 'c1', type: 'function', function: { name: 'patch', arguments: pieces.join('') } };
    expect(callsOf(openaiChatProvider.decodeResponse(whole({ tool_calls: [call] }), restore))).toMatchObject(expected);
  });
});
