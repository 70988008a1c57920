import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../../functions/gateway/idempotency/fingerprint.ts';
import { readIdempotencyKey } from '../../../../functions/gateway/idempotency/read-idempotency-key.ts';

const read = (key: string): string | undefined => readIdempotencyKey({ 'idempotency-key': key });

describe('Idempotency-Key', () => {
  it('may be what clients make up', () => {
    expect(readIdempotencyKey({})).toBeUndefined();
    for (const key of ['a', 'stainless-node-retry-1b4e28ba-2fa1', '"quoted key"', 'x'.repeat(255)]) {
      expect(read(key)).toBe(key);
    }
  });

  it.each(['', ' ', 'a ', 'é', 'a\tb', 'x'.repeat(256)])('is refused as %j', (key) => {
    expect(() => read(key)).toThrow(expect.objectContaining({ kind: 'invalid-request', param: 'Idempotency-Key' }));
  });
});

describe('the fingerprint of a request', () => {
  const request = {
    method: 'POST',
    path: '/v1/chat/completions',
    query: new URLSearchParams(),
    headers: {},
    body: Buffer.from('{"a":1}'),
  };

  it('is that of its repeats, whatever else their headers say', () => {
    expect(fingerprint({ ...request, headers: { 'x-stainless-retry-count': '2' } })).toBe(fingerprint(request));
  });

  it('tells apart bodies, interfaces, formats and users', () => {
    const others = [
      { ...request, body: Buffer.from('{"a":2}') },
      { ...request, path: '/v1/embeddings' },
      { ...request, query: new URLSearchParams('alt=sse') },
      { ...request, headers: { 'x-tollgate-user': 'eve' } },
    ];
    expect(new Set([request, ...others].map(fingerprint)).size).toBe(5);
  });
});
