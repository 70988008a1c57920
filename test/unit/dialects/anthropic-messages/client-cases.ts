/** Blocks as providers' decoders tell them, and the content that clients of the Messages API are to read. */
import type { ChatEvent, Signature } from '../../../../functions/core/chat.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { begin, block, call, end, say, sign } from './client-support.ts';

export const OWN: Signature = { origin: 'anthropic-messages', value: 'b3du' };
export const GEMINI: Signature = { origin: 'gemini', value: 'Z2VtaW5p' };
export const RESPONSES: Signature = { origin: 'openai-responses', value: 'gAAAAA' };
const text = { type: 'text' } as const;
const reasoning = { type: 'reasoning' } as const;

/** Each is held to both forms of an answer. */
export const CASES: readonly (readonly [string, readonly ChatEvent[], readonly JsonObject[]])[] = [
  ['text', block(0, text, 'Hel', 'lo'), [{ type: 'text', text: 'Hello' }]],
  ['no empty text', [...block(0, text), ...block(1, text, '', 'x')], [{ type: 'text', text: 'x' }]],
  [
    'citations',
    [
      begin(0, text),
      say(0, 'So.'),
      { type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: { type: 'char_location', n: 1 } },
      { type: 'block-annotation', index: 0, origin: 'openai-chat', data: { foreign: true } },
      { type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: { type: 'char_location', n: 2 } },
      end(0),
    ],
    [
      {
        type: 'text',
        text: 'So.',
        citations: [
          { type: 'char_location', n: 1 },
          { type: 'char_location', n: 2 },
        ],
      },
    ],
  ],
  ['a refusal as text', block(0, { type: 'refusal' }, 'I ', "won't."), [{ type: 'text', text: "I won't." }]],
  [
    'a signed thought',
    [begin(0, reasoning), say(0, 'Hm'), say(0, '.'), sign(0, OWN), end(0)],
    [{ type: 'thinking', thinking: 'Hm.', signature: 'b3du' }],
  ],
  [
    'a thought that is not shown',
    [begin(0, reasoning), sign(0, OWN), end(0)],
    [{ type: 'thinking', thinking: '', signature: 'b3du' }],
  ],
  ['a thought without a signature', block(0, reasoning, 'Hm.'), [{ type: 'thinking', thinking: 'Hm.', signature: '' }]],
  ['no empty thought', block(0, reasoning), []],
  [
    "another provider's signature",
    [begin(0, reasoning), say(0, 'Hm.'), sign(0, GEMINI), end(0)],
    [{ type: 'thinking', thinking: 'Hm.', signature: 'tg1.gemini.Z2VtaW5p' }],
  ],
  [
    'redacted thinking',
    [begin(0, reasoning), sign(0, OWN, true), end(0)],
    [{ type: 'redacted_thinking', data: 'b3du' }],
  ],
  [
    'encrypted reasoning behind its summary',
    [begin(0, reasoning), say(0, 'In short.'), sign(0, RESPONSES, true), end(0)],
    [
      { type: 'thinking', thinking: 'In short.', signature: '' },
      { type: 'redacted_thinking', data: 'tg1.openai-responses.gAAAAA' },
    ],
  ],
  ['a call', block(0, call('a', 'f'), '{"x"', ':', '1}'), [{ type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }]],
  [
    'a call in one piece',
    block(0, call('a', 'f'), '{"x":1}'),
    [{ type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }],
  ],
  ['a call without arguments', block(0, call('a', 'f')), [{ type: 'tool_use', id: 'a', name: 'f', input: {} }]],
  [
    'a call with empty arguments',
    block(0, call('a', 'f'), '', ''),
    [{ type: 'tool_use', id: 'a', name: 'f', input: {} }],
  ],
  [
    'a call with blank arguments',
    block(0, call('a', 'f'), ' ', '\n'),
    [{ type: 'tool_use', id: 'a', name: 'f', input: {} }],
  ],
  [
    'a call without an id',
    [...block(0, text, 'x'), ...block(1, call('', 'f'), '{}')],
    [
      { type: 'text', text: 'x' },
      { type: 'tool_use', id: 'toolu_req7_1', name: 'f', input: {} },
    ],
  ],
  [
    'free text for a tool',
    block(0, call('a', 'patch', 'custom'), 'a "q"\n', '\ud83c', '\udf0d'),
    [{ type: 'tool_use', id: 'a', name: 'patch', input: { input: 'a "q"\n🌍' } }],
  ],
  [
    'no text for a tool',
    block(0, call('a', 'patch', 'custom')),
    [{ type: 'tool_use', id: 'a', name: 'patch', input: { input: '' } }],
  ],
  [
    'who called the tool',
    [
      begin(0, call('a', 'f')),
      {
        type: 'block-annotation',
        index: 0,
        origin: 'anthropic-messages',
        data: { caller: { type: 'code_execution_20260120', tool_id: 's' } },
      },
      say(0, '{}'),
      end(0),
    ],
    [
      {
        type: 'tool_use',
        id: 'a',
        name: 'f',
        input: {},
        caller: { type: 'code_execution_20260120', tool_id: 's' },
      },
    ],
  ],
  [
    'a signed call',
    [begin(0, call('functions.f:0', 'f')), sign(0, GEMINI), say(0, '{"x":1}'), end(0)],
    [
      { type: 'redacted_thinking', data: 'tg1.gemini.call.functions%2Ef%3A0.Z2VtaW5p' },
      { type: 'tool_use', id: 'functions.f:0', name: 'f', input: { x: 1 } },
    ],
  ],
  [
    'a call that is signed at its end, and has no id',
    [begin(0, call('', 'f')), say(0, '{"x":1}'), sign(0, GEMINI), end(0)],
    [
      { type: 'redacted_thinking', data: 'tg1.gemini.call.toolu_req7_1.Z2VtaW5p' },
      { type: 'tool_use', id: 'toolu_req7_1', name: 'f', input: { x: 1 } },
    ],
  ],
  [
    'a signed text',
    [begin(0, text), say(0, 'Hi.'), sign(0, GEMINI), end(0)],
    [
      { type: 'text', text: 'Hi.' },
      { type: 'redacted_thinking', data: 'tg1.gemini.text.Z2VtaW5p' },
    ],
  ],
  [
    'blocks of its own dialect as they are',
    [
      begin(0, { type: 'opaque', origin: 'anthropic-messages', data: { type: 'web_search_tool_result', content: [] } }),
      end(0),
      begin(1, {
        type: 'opaque',
        origin: 'anthropic-messages',
        data: { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      }),
      end(1),
    ],
    [
      { type: 'web_search_tool_result', content: [] },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
    ],
  ],
  [
    "none of another's",
    [begin(0, { type: 'opaque', origin: 'gemini', data: { executableCode: {} } }), end(0), ...block(1, text, 'x')],
    [{ type: 'text', text: 'x' }],
  ],
  [
    'interleaved blocks one after the other',
    [
      begin(0, call('a', 'f')),
      begin(1, call('b', 'g')),
      begin(2, text),
      say(1, '{"y"'),
      say(0, '{"x":'),
      say(2, 'Mean'),
      say(1, ':2}'),
      end(1),
      say(0, '1}'),
      end(0),
      say(2, 'while.'),
      end(2),
    ],
    [
      { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      { type: 'tool_use', id: 'b', name: 'g', input: { y: 2 } },
      { type: 'text', text: 'Meanwhile.' },
    ],
  ],
  [
    'what nobody ended',
    [begin(0, text), say(0, 'x'), begin(1, call('a', 'f')), say(1, '{"x":1}'), begin(2, text), say(2, 'y')],
    [
      { type: 'text', text: 'x' },
      { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
      { type: 'text', text: 'y' },
    ],
  ],
];
