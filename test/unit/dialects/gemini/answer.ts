import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';

/** What clients are answered: thoughts, a text and two calls. */
export const answer: readonly ChatEvent[] = [
  { type: 'response-start', id: 'msg_1', model: 'claude-opus-5' },
  { type: 'block-start', index: 0, choice: 0, block: { type: 'reasoning' } },
  { type: 'block-delta', index: 0, text: 'Zwei Städte, ' },
  { type: 'block-delta', index: 0, text: 'zwei Aufrufe. 🌍' },
  { type: 'block-signature', index: 0, signature: { origin: 'anthropic-messages', value: 'EqQB+/=' } },
  { type: 'block-end', index: 0 },
  { type: 'block-start', index: 1, choice: 0, block: { type: 'text' } },
  { type: 'block-delta', index: 1, text: 'Ich sehe ' },
  { type: 'block-delta', index: 1, text: 'nach 東京.' },
  { type: 'block-end', index: 1 },
  // Interleaved: each call still goes out whole.
  {
    type: 'block-start',
    index: 2,
    choice: 0,
    block: { type: 'tool-call', id: 'a', name: 'weather', kind: 'function' },
  },
  { type: 'block-start', index: 3, choice: 0, block: { type: 'tool-call', id: 'b', name: 'now', kind: 'function' } },
  { type: 'block-delta', index: 2, text: '{"city":"Zü' },
  { type: 'block-end', index: 3 },
  { type: 'block-delta', index: 2, text: 'rich"}' },
  { type: 'block-end', index: 2 },
  { type: 'finish', choice: 0, reason: 'tool-calls' },
  {
    type: 'usage',
    usage: {
      ...NO_USAGE,
      inputTokens: 30,
      cacheReadTokens: 10,
      outputTokens: 25,
      reasoningTokens: 5,
      audioInputTokens: 2,
    },
  },
];
