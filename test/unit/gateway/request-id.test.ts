import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindRequestId, isRequestOf } from '../../../functions/gateway/request-id.ts';

const RANDOM = createHash('sha256').update('random').digest('base64url').slice(0, 24);

describe('the id of a request', () => {
  it('is known by the key that it was made with, and by no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (key, other) => {
        const id = bindRequestId(RANDOM, key);
        expect(id).toMatch(/^req_[\w-]{36}$/);
        expect(isRequestOf(id, key)).toBe(true);
        expect(isRequestOf(id, other)).toBe(other === key);
      }),
    );
  });

  it('belongs to no key where none was sent', () => {
    expect(isRequestOf(bindRequestId(RANDOM), 'sk-tg-1')).toBe(false);
  });

  it('is refused with any character changed, cut, added, or of another shape', () => {
    const key = 'sk-tg-1';
    const id = bindRequestId(RANDOM, key);
    for (let at = 0; at < id.length; at += 1) {
      const other = id[at] === 'A' ? 'B' : 'A';
      expect(isRequestOf(id.slice(0, at) + other + id.slice(at + 1), key), String(at)).toBe(false);
      expect(isRequestOf(id.slice(0, at), key), String(at)).toBe(false);
    }
    for (const text of ['', 'req_', `${id}A`, `${id}\n`, ` ${id}`, 'é'.repeat(40), 'req_'.repeat(4_000)]) {
      expect(isRequestOf(text, key), text.slice(0, 50)).toBe(false);
    }
  });

  it('shows nothing of the key', () => {
    const key = 'sk-tg-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    expect(bindRequestId(RANDOM, key)).not.toContain('AAAA');
  });
});
