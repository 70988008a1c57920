import { expect, it } from 'vitest';
import { passedHeaders } from '../../../functions/gateway/passed-headers.ts';

it('passes on what its own dialect understands, and nothing else', () => {
  const headers = { 'anthropic-beta': 'a,b', 'openai-beta': 'c', cookie: 'd' };
  expect(passedHeaders('anthropic-messages', headers)).toEqual({ 'anthropic-beta': 'a,b' });
  expect(passedHeaders('gemini', headers)).toEqual({});
});

it('refuses what would break the connection to the provider', () => {
  for (const value of ['a\r\nx-api-key: b', '\u4f60', '\u0000']) {
    expect(() => passedHeaders('anthropic-messages', { 'anthropic-beta': value })).toThrow(
      expect.objectContaining({ kind: 'invalid-request', param: 'anthropic-beta' }),
    );
  }
});
