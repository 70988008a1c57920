import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../../../functions/core/chat.ts';
import { unwrapSignature, wrapSignature } from '../../../functions/core/foreign-signature.ts';

const dialect = fc.constantFrom(...DIALECTS);
/** Whatever a provider may sign with, but for what we mark ourselves. */
const value = fc
  .oneof(fc.base64String(), fc.string({ unit: 'grapheme' }))
  .filter((text) => !/^(tg1\.|dGcxL)/.test(text));

describe('a signature in the field of another dialect', () => {
  it('comes back byte for byte, with its origin', () => {
    fc.assert(
      fc.property(dialect, dialect, value, (own, origin, text) => {
        expect(unwrapSignature(own, wrapSignature(own, { origin, value: text }))).toEqual({ origin, value: text });
      }),
      { numRuns: 2_000 },
    );
  });

  it("is as it was in its own dialect's field", () => {
    const signature = { origin: 'anthropic-messages', value: 'EqQBCkYIBRgCKkA+/w==' } as const;
    expect(wrapSignature('anthropic-messages', signature)).toBe(signature.value);
    expect(unwrapSignature('anthropic-messages', signature.value)).toEqual(signature);
  });

  it('says whose it is', () => {
    const signature = { origin: 'openai-responses', value: 'gAAAAABo' } as const;
    expect(wrapSignature('anthropic-messages', signature)).toBe('tg1.openai-responses.gAAAAABo');
    expect(atob(wrapSignature('gemini', signature))).toBe('tg1.openai-responses.gAAAAABo');
  });

  it("survives Gemini's SDKs, whichever base64 they write", () => {
    const signature = { origin: 'anthropic-messages', value: '~~~???~~~' } as const;
    const wrapped = wrapSignature('gemini', signature);
    const padded = wrapped.padEnd(Math.ceil(wrapped.length / 4) * 4, '=');
    expect(padded).not.toBe(wrapped);
    for (const text of [wrapped, padded, padded.replaceAll('_', '/').replaceAll('-', '+')]) {
      expect(unwrapSignature('gemini', text)).toEqual(signature);
    }
  });

  it.each(['tg1.', 'tg1.nobody.x', 'tg1.gemini', 'tg2.gemini.x'])('takes %s for a signature as it stands', (text) => {
    expect(unwrapSignature('anthropic-messages', text)).toEqual({ origin: 'anthropic-messages', value: text });
  });

  it('takes a megabyte', () => {
    const signature = { origin: 'openai-responses', value: 'gAAA'.repeat(250_000) } as const;
    expect(unwrapSignature('gemini', wrapSignature('gemini', signature))).toEqual(signature);
  });
});
