import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../functions/core/errors.ts';

const codeOf = (upstreamCode: string) => new GatewayError('upstream-error', 'm', { upstreamCode }).upstreamCode;

describe("a provider's code", () => {
  it.each(['rate_limit_exceeded', 'ThrottlingException', 'ECONNRESET', 'a.b:c-d_9', '429'])('%s stays', (code) => {
    expect(codeOf(code)).toBe(code);
    expect(new GatewayError('internal', 'm').upstreamCode).toBeUndefined();
  });

  it('is short, and in the characters of codes', () => {
    expect(codeOf('bad key sk-12\n"x"')).toBe('bad_key_sk-12__x_');
    expect(codeOf('x'.repeat(1_000_000))).toBe('x'.repeat(64));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^[\w.:-]{0,64}$/.test(codeOf(text) ?? ' ')));
  });
});
