/** What a client keeps of an answer and sends back: signatures byte for byte, wherever they came from. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChatEvent, DIALECTS, type Signature } from '../../../../functions/core/chat.ts';
import { unwrapSignature, wrapSignature } from '../../../../functions/core/foreign-signature.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiClient as client } from '../../../../functions/dialects/gemini/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { CONTEXT } from './support.ts';

const dialect = fc.constantFrom(...DIALECTS);
const value = fc.oneof(fc.base64String({ minLength: 1 }), fc.string({ minLength: 1, unit: 'binary' }).filter(isText));
const signature = fc.record({ origin: dialect, value });

describe('a carried signature', () => {
  it('comes back as it was, in any dialect', () => {
    fc.assert(
      fc.property(dialect, signature, (own, one) => {
        expect(unwrapSignature(own, wrapSignature(own, one))).toEqual(one);
      }),
    );
  });

  it('is base64 where the field is bytes, and the own one is not touched', () => {
    const foreign = wrapSignature('gemini', { origin: 'openai-responses', value: 'gAAAA+/=é' });
    expect(foreign).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(foreign, 'base64url').toString()).toBe('tg1.openai-responses.gAAAA+/=é');
    expect(unwrapSignature('gemini', Buffer.from(foreign, 'base64url').toString('base64'))).toEqual({
      origin: 'openai-responses',
      value: 'gAAAA+/=é',
    });
    expect(wrapSignature('gemini', { origin: 'gemini', value: 'CiQ+/w==' })).toBe('CiQ+/w==');
    for (const text of ['', 'tg1.', 'tg1.nobody.x', 'dGcxL', 'dGcxLm5vYm9keS54', 'dGcxL!!', 'dGcxLv8']) {
      expect(unwrapSignature('gemini', text)).toEqual({ origin: 'gemini', value: text });
    }
  });

  it('survives long values', () => {
    const long = { origin: 'anthropic-messages', value: 'A'.repeat(500_000) } as const;
    expect(unwrapSignature('gemini', wrapSignature('gemini', long))).toEqual(long);
  });
});

describe('an answer that is sent back', () => {
  const block = fc.oneof(
    fc.record({ type: fc.constant('text' as const), text: fc.string({ minLength: 1 }) }),
    fc.record({ type: fc.constant('reasoning' as const), text: fc.string(), signature }),
    fc.record({ type: fc.constant('reasoning' as const), text: fc.string(), redacted: signature.filter(isForeign) }),
    fc.record({
      type: fc.constant('tool-call' as const),
      name: fc.string({ minLength: 1 }),
      args: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 })).map((json) => JSON.stringify(json)),
      signature: fc.option(signature, { nil: undefined }),
    }),
  );

  it('holds what it held, streamed and whole', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (blocks) => {
        const events: ChatEvent[] = [];
        const expected: unknown[] = [];
        blocks.forEach((one, index) => {
          const before = expected.at(-1) as { type: string; text: string } | undefined;
          if (one.type === 'tool-call') {
            const id = `id${index}`;
            events.push({
              type: 'block-start',
              index,
              choice: 0,
              block: { type: 'tool-call', id, name: one.name, kind: 'function' },
            });
            for (const letter of one.args) events.push({ type: 'block-delta', index, text: letter });
            if (one.signature) events.push({ type: 'block-signature', index, signature: one.signature });
            const signed = one.signature === undefined ? {} : { signature: one.signature };
            expected.push({ type: 'tool-call', kind: 'function', id, name: one.name, arguments: one.args, ...signed });
          } else if (one.type === 'text') {
            events.push({ type: 'block-start', index, choice: 0, block: { type: 'text' } });
            for (const letter of one.text) events.push({ type: 'block-delta', index, text: letter });
            // Neighbouring texts are one: the dialect has nothing that would tell them apart.
            if (before?.type === 'text') before.text += one.text;
            else expected.push({ type: 'text', text: one.text });
          } else {
            const redacted = 'redacted' in one;
            events.push({ type: 'block-start', index, choice: 0, block: { type: 'reasoning' } });
            if (one.text !== '') events.push({ type: 'block-delta', index, text: one.text });
            const proof = redacted ? one.redacted : one.signature;
            events.push({ type: 'block-signature', index, signature: proof, ...(redacted ? { redacted } : {}) });
            expected.push({ type: 'reasoning', text: one.text, [redacted ? 'redacted' : 'signature']: proof });
          }
          events.push({ type: 'block-end', index });
        });
        events.push({ type: 'finish', choice: 0, reason: 'stop' });

        const whole = client.encodeResponse(events, CONTEXT).candidates as readonly JsonObject[];
        const encoder = client.createEncoder(chatRequest(), { ...CONTEXT, format: 'json-array' });
        const text = events.map((event) => encoder.push(event)).join('') + encoder.end();
        const chunks = (JSON.parse(text) as readonly { candidates: readonly JsonObject[] }[]).flatMap(
          ({ candidates }) => candidates,
        );
        for (const candidates of [whole, chunks]) {
          const contents = candidates.flatMap(({ content }) => (content === undefined ? [] : [content]));
          const [message] = client.decodeRequest({ contents }, { model: 'm' }).messages;
          expect(message?.content).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Without lone surrogates, which UTF-8 cannot hold. */
function isText(text: string): boolean {
  return text.isWellFormed();
}

function isForeign({ origin }: Signature): boolean {
  return origin !== 'gemini';
}
