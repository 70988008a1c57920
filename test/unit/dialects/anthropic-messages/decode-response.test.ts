import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../functions/core/json.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';

describe('a whole answer', () => {
  it('is the events of its stream', () => {
    const events = provider.decodeResponse({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5',
      content: [
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 4, cache_creation: null },
    });
    expect(events).toEqual([
      { type: 'response-start', id: 'msg_1', model: 'claude-sonnet-5' },
      { type: 'block-start', index: 0, choice: 0, block: { type: 'text' } },
      { type: 'block-delta', index: 0, text: 'Hello' },
      { type: 'block-end', index: 0 },
      {
        type: 'block-start',
        index: 1,
        choice: 0,
        block: { type: 'tool-call', id: 'toolu_1', name: 'f', kind: 'function' },
      },
      { type: 'block-delta', index: 1, text: '{}' },
      { type: 'block-end', index: 1 },
      { type: 'usage', usage: { ...NO_USAGE, inputTokens: 3, outputTokens: 4 } },
      { type: 'finish', choice: 0, reason: 'tool-calls', rawReason: 'tool_use' },
    ]);
  });

  it('has names and free text restored', () => {
    const restore = { toolNames: new Map([['f_1', 'f.1']]), customTools: new Set(['py']) };
    const content = [
      { type: 'tool_use', id: 'a', name: 'f_1', input: {} },
      { type: 'tool_use', id: 'b', name: 'py', input: { input: 'print(1)' } },
    ];
    const events = provider.decodeResponse({ content, stop_reason: 'tool_use' }, restore);
    expect(events).toContainEqual(
      expect.objectContaining({ block: { type: 'tool-call', id: 'a', name: 'f.1', kind: 'function' } }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ block: { type: 'tool-call', id: 'b', name: 'py', kind: 'custom' } }),
    );
    expect(events).toContainEqual({ type: 'block-delta', index: 1, text: 'print(1)' });
  });

  it.each<[string, Json, string]>([
    ['an error with status 200', { type: 'error', error: { type: 'overloaded_error' } }, 'upstream-overloaded'],
    ['no content', { id: 'msg_1', stop_reason: 'end_turn' }, 'upstream-malformed'],
    ['no object', [], 'upstream-malformed'],
    ['blocks that are none', { content: ['text'], stop_reason: 'end_turn' }, 'upstream-malformed'],
    ['no stop reason', { content: [{ type: 'text', text: 'Hel' }], stop_reason: null }, 'upstream-truncated'],
  ])('that is %s is an error', (_, body, kind) => {
    expect(() => provider.decodeResponse(body)).toThrow(expect.objectContaining({ kind }));
  });
});
