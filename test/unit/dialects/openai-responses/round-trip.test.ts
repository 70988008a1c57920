import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import { NO_USAGE } from '../../../../functions/core/usage.ts';
import {
  openaiResponsesClient as client,
  openaiResponsesProvider as provider,
} from '../../../../functions/dialects/openai-responses/index.ts';
import { CONTEXT, decodeText, encodeStream } from './support.ts';

describe('any answer', () => {
  const block = fc.oneof(
    fc.constantFrom({ type: 'text' } as const, { type: 'refusal' } as const, { type: 'reasoning' } as const),
    fc.record({
      type: fc.constant('tool-call' as const),
      id: fc.uuid(),
      name: fc.constantFrom('f', 'g'),
      kind: fc.constantFrom('function' as const, 'custom' as const),
    }),
  );
  const reason = fc.constantFrom('length' as const, 'content-filter' as const, 'natural' as const);
  // No provider streams blanks alone for arguments, and what they would mean nobody says.
  const piece = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');

  const pieceOf = (pieces: readonly string[], turn: number, index: number): readonly ChatEvent[] => {
    const text = pieces[turn];
    return text === undefined ? [] : [{ type: 'block-delta', index, text }];
  };

  it('comes back from its own stream, and from its own whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ block, pieces: fc.array(piece, { maxLength: 3 }) }), {
          minLength: 1,
          maxLength: 6,
        }),
        reason,
        (parts, why) => {
          const spoken = parts.filter((part) => part.block.type === 'tool-call' || part.pieces.length > 0);
          const seen = {
            call: spoken.some((part) => part.block.type === 'tool-call'),
            refusal: spoken.some((part) => part.block.type === 'refusal'),
          };
          const natural = seen.call ? 'tool-calls' : seen.refusal ? 'refusal' : 'stop';
          const events: readonly ChatEvent[] = [
            { type: 'response-start', id: 'x', model: 'm', createdAt: 5 },
            // After its first piece, one piece of each in turn: everything interleaves.
            ...spoken.flatMap((part, index) => [
              { type: 'block-start', index, choice: 0, block: part.block } as const,
              ...pieceOf(part.pieces, 0, index),
            ]),
            ...[1, 2].flatMap((turn) => spoken.flatMap((part, index) => pieceOf(part.pieces, turn, index))),
            ...spoken.map((_, index): ChatEvent => ({ type: 'block-end', index })),
            { type: 'finish', choice: 0, reason: why === 'natural' ? natural : why },
            { type: 'usage', usage: { ...NO_USAGE, inputTokens: 1, outputTokens: 2 } },
          ];
          const expected = foldEvents(events);
          const text = encodeStream(events);
          const streamed = foldEvents(decodeText(text));
          const whole = foldEvents(provider.decodeResponse(client.encodeResponse(events, CONTEXT)));
          for (const reply of [streamed, whole]) {
            expect(reply.choices.map(({ blocks, finish }) => ({ blocks, finish }))).toEqual(
              expected.choices.map(({ blocks, finish }) => ({ blocks, finish })),
            );
            expect(reply.usage).toEqual(expected.usage);
          }
          expect(streamed).toEqual(whole);
        },
      ),
      { numRuns: 300 },
    );
  });
});
