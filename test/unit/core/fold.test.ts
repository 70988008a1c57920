import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../functions/core/chat.ts';
import { foldEvents } from '../../../functions/core/fold.ts';
import { NO_USAGE } from '../../../functions/core/usage.ts';

const start = (index: number, block: Extract<ChatEvent, { type: 'block-start' }>['block'], choice = 0): ChatEvent => ({
  type: 'block-start',
  index,
  choice,
  block,
});
const delta = (index: number, text: string): ChatEvent => ({ type: 'block-delta', index, text });

describe('foldEvents', () => {
  it('puts interleaved blocks together, choice by choice, in the order they started', () => {
    const reply = foldEvents([
      { type: 'response-start', id: 'a', model: 'm', createdAt: 5 },
      start(4, { type: 'text' }, 1),
      start(0, { type: 'reasoning', id: 'rs_1' }),
      delta(0, 'h'),
      delta(4, 'x'),
      delta(0, 'm'),
      { type: 'block-signature', index: 0, signature: { origin: 'openai-responses', value: 'enc' }, redacted: true },
      { type: 'block-end', index: 0 },
      start(1, { type: 'tool-call', id: 'c', name: 'f', kind: 'function' }),
      { type: 'block-end', index: 1 },
      start(2, { type: 'tool-call', id: 'd', name: 'g', kind: 'custom' }),
      { type: 'finish', choice: 1, reason: 'stop', stopSequence: 'END' },
      { type: 'finish', choice: 0, reason: 'tool-calls', rawReason: 'tool_use' },
      { type: 'usage', usage: { ...NO_USAGE, inputTokens: 1 } },
      { type: 'usage', usage: { ...NO_USAGE, inputTokens: 2 } },
    ]);
    expect(reply).toEqual({
      id: 'a',
      model: 'm',
      createdAt: 5,
      choices: [
        {
          index: 0,
          blocks: [
            { type: 'reasoning', id: 'rs_1', text: 'hm', redacted: { origin: 'openai-responses', value: 'enc' } },
            { type: 'tool-call', id: 'c', name: 'f', kind: 'function', arguments: '{}' },
            { type: 'tool-call', id: 'd', name: 'g', kind: 'custom', arguments: '' },
          ],
          finish: 'tool-calls',
          rawReason: 'tool_use',
          stopSequence: undefined,
          logprobs: { text: [], refusal: [] },
        },
        {
          index: 1,
          blocks: [{ type: 'text', text: 'x' }],
          finish: 'stop',
          rawReason: undefined,
          stopSequence: 'END',
          logprobs: { text: [], refusal: [] },
        },
      ],
      usage: { ...NO_USAGE, inputTokens: 2 },
    });
  });

  it('keeps annotations, signatures and log probabilities with their block', () => {
    const citation = { url: 'https://a.test' };
    const { choices } = foldEvents([
      start(0, { type: 'text' }),
      { type: 'block-delta', index: 0, text: 'a', logprobs: [{ token: 'a' }] },
      { type: 'block-delta', index: 0, text: 'b', logprobs: [{ token: 'b' }] },
      { type: 'block-annotation', index: 0, origin: 'anthropic-messages', data: citation },
      { type: 'block-annotation', index: 0, origin: 'gemini', data: { x: 1 } },
      { type: 'block-signature', index: 0, signature: { origin: 'gemini', value: 's' } },
      start(1, { type: 'opaque', origin: 'gemini', data: { code: 1 } }),
    ]);
    expect(choices[0]?.blocks).toEqual([
      {
        type: 'text',
        text: 'ab',
        extensions: {
          'anthropic-messages': { annotations: [citation] },
          gemini: { annotations: [{ x: 1 }], signature: 's' },
        },
      },
      { type: 'opaque', origin: 'gemini', data: { code: 1 } },
    ]);
    expect(choices[0]?.logprobs.text).toEqual([{ token: 'a' }, { token: 'b' }]);
    expect(choices[0]?.finish).toBeUndefined();
  });

  it('is empty for no events, and refuses those of a block that never started', () => {
    expect(foldEvents([])).toEqual({ id: '', model: '', createdAt: undefined, choices: [], usage: undefined });
    for (const event of [delta(0, 'x'), { type: 'block-end', index: 0 } as const]) {
      expect(() => foldEvents([event])).toThrow(expect.objectContaining({ kind: 'internal' }));
    }
  });
});
