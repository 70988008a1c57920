import { describe, expect, it } from 'vitest';
import type { Restore } from '../../../../functions/core/codec.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { blockStart, blockStop, blocksOf, delta, messageDelta, start, stop, text, tool } from './stream-events.ts';
import { decodeEvents } from './support.ts';

describe('blocks', () => {
  it('may interleave', () => {
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'tool_use', id: 'a', name: 'f', input: {} }),
      blockStart(1, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
      blockStart(2, { type: 'text', text: '' }),
      delta(1, { type: 'input_json_delta', partial_json: '{"y":' }),
      delta(0, { type: 'input_json_delta', partial_json: '{"x":' }),
      delta(2, { type: 'text_delta', text: 'hi' }),
      delta(0, { type: 'input_json_delta', partial_json: '1}' }),
      blockStop(2),
      delta(1, { type: 'input_json_delta', partial_json: '2}' }),
      blockStop(0),
      blockStop(1),
      messageDelta('tool_use'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'tool-call', id: 'a', name: 'f', kind: 'function', arguments: '{"x":1}' },
      { type: 'tool-call', id: 'b', name: 'g', kind: 'function', arguments: '{"y":2}' },
      { type: 'text', text: 'hi' },
    ]);
  });

  it.each([
    ['no piece', []],
    ['one empty piece', ['']],
    ['an empty object', ['{', '}']],
  ])('of a call without arguments, from %s, say exactly {}', (_, pieces) => {
    const events = decodeEvents([start(), ...tool(0, 'a', ...pieces), messageDelta('tool_use'), stop]);
    const args = events.flatMap((event) => (event.type === 'block-delta' ? [event.text] : [])).join('');
    expect(args).toBe('{}');
  });

  it('of a call may bring the arguments in their start', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } };
    const events = decodeEvents([start(), blockStart(0, block), blockStop(0), messageDelta('tool_use'), stop]);
    expect(blocksOf(events)).toMatchObject([{ arguments: '{"x":1}' }]);
  });

  it('of a cut call keep what there is', () => {
    const events = decodeEvents([start(), ...tool(0, 'a', '{"x": "lo'), messageDelta('max_tokens'), stop]);
    expect(foldEvents(events).choices[0]).toMatchObject({ finish: 'length', blocks: [{ arguments: '{"x": "lo' }] });
  });

  it('tell who called, where it was not the model', () => {
    const block = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const caller = { type: 'code_execution_20260120', tool_id: 'srvtoolu_1' };
    const direct = decodeEvents([
      start(),
      blockStart(0, { ...block, caller: { type: 'direct' } }),
      messageDelta('tool_use'),
      stop,
    ]);
    expect(direct.filter((event) => event.type === 'block-annotation')).toEqual([]);
    const code = decodeEvents([start(), blockStart(0, { ...block, caller }), messageDelta('tool_use'), stop]);
    expect(code).toContainEqual({ type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: { caller } });
  });

  it('of thoughts are signed with all pieces of the signature', () => {
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Let me ' }),
      delta(0, { type: 'thinking_delta', thinking: 'see' }),
      delta(0, { type: 'signature_delta', signature: 'abc' }),
      delta(0, { type: 'signature_delta', signature: '/+==' }),
      blockStop(0),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'reasoning', text: 'Let me see', signature: { origin: 'anthropic-messages', value: 'abc/+==' } },
    ]);
  });

  it('of redacted thoughts keep their data', () => {
    const block = { type: 'redacted_thinking', data: 'RW5j/+8=' };
    const events = decodeEvents([start(), blockStart(0, block), blockStop(0), messageDelta('end_turn'), stop]);
    expect(blocksOf(events)).toEqual([
      { type: 'reasoning', text: '', redacted: { origin: 'anthropic-messages', value: 'RW5j/+8=' } },
    ]);
  });

  it('carry citations', () => {
    const citation = { type: 'page_location', cited_text: 'x', document_index: 0 };
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'text', text: '', citations: [] }),
      delta(0, { type: 'text_delta', text: 'said' }),
      delta(0, { type: 'citations_delta', citation }),
      blockStop(0),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'text', text: 'said', extensions: { 'anthropic-messages': { annotations: [citation] } } },
    ]);
  });

  it('of server tools go through whole', () => {
    const result = {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: [{ type: 'web_search_result', url: 'u' }],
    };
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"query":' }),
      delta(0, { type: 'input_json_delta', partial_json: '"news"}' }),
      blockStop(0),
      blockStart(1, result),
      blockStop(1),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      {
        type: 'opaque',
        origin: 'anthropic-messages',
        data: { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'news' } },
      },
      { type: 'opaque', origin: 'anthropic-messages', data: result },
    ]);
  });

  it('of kinds that are not known yet go through, with their deltas', () => {
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'compaction', content: null }),
      delta(0, { type: 'compaction_delta', content: 'So far: ' }),
      delta(0, { type: 'compaction_delta', content: 'nothing.' }),
      blockStop(0),
      { type: 'an_event_of_tomorrow', index: 0 },
      messageDelta('end_turn'),
      stop,
    ]);
    expect(blocksOf(events)).toEqual([
      { type: 'opaque', origin: 'anthropic-messages', data: { type: 'compaction', content: 'So far: nothing.' } },
    ]);
  });

  it('carry deltas that are not known yet', () => {
    const change = { type: 'a_delta_of_tomorrow', x: 1 };
    const events = decodeEvents([
      start(),
      blockStart(0, { type: 'text', text: '' }),
      delta(0, change),
      messageDelta('end_turn'),
      stop,
    ]);
    expect(events).toContainEqual({ type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: change });
  });

  it('that are left open are closed before the end', () => {
    const events = decodeEvents([start(), ...text(0, 'a').slice(0, -1), messageDelta('end_turn'), stop]);
    expect(events.filter((event) => event.type !== 'usage').slice(-2)).toMatchObject([
      { type: 'block-end', index: 0 },
      { type: 'finish' },
    ]);
  });
});

describe('what the encoder renamed', () => {
  const restore: Restore = {
    toolNames: new Map([['f', 'functions.f']]),
    customTools: new Set(['py']),
  };
  const custom = (...pieces: readonly string[]) => [
    blockStart(0, { type: 'tool_use', id: 'a', name: 'py', input: {} }),
    ...pieces.map((piece) => delta(0, { type: 'input_json_delta', partial_json: piece })),
    blockStop(0),
  ];
  const callOf = (blocks: readonly JsonObject[], reason = 'tool_use') =>
    blocksOf(decodeEvents([start(), ...blocks, messageDelta(reason), stop], restore))?.[0];

  it('has its name again', () => {
    expect(callOf(tool(0, 'a', '{}'))).toMatchObject({ name: 'functions.f', kind: 'function' });
  });

  it('is free text again', () => {
    expect(callOf(custom('{"inp', 'ut": "print(\\"', 'ü\\")"}'))).toEqual({
      type: 'tool-call',
      id: 'a',
      name: 'py',
      kind: 'custom',
      arguments: 'print("ü")',
    });
  });

  it('keeps free text that was cut, and arguments that nobody asked for', () => {
    expect(callOf(custom('{"input": "pri'), 'max_tokens')).toMatchObject({ arguments: '{"input": "pri' });
    expect(callOf(custom('{"code":"x"}'))).toMatchObject({ arguments: '{"code":"x"}' });
  });
});
