import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../functions/core/ports.ts';
import { nameUser } from '../../../functions/gateway/name-user.ts';

const trusted: Caller = { keyId: 'key_a', team: 'search', user: 'ann', mayNameUser: true };
const named = (more: { readonly header?: string; readonly endUser?: string }, caller = trusted): string | undefined =>
  nameUser(caller, {
    headers: more.header === undefined ? {} : { 'x-tollgate-user': more.header },
    dialect: 'anthropic-messages',
    endUser: more.endUser,
  }).user;

describe('who a request says it is for', () => {
  it('counts where the key may say so, the header before the body, and else the key counts', () => {
    expect(named({ endUser: 'bob' })).toBe('bob');
    expect(named({ header: 'eve', endUser: 'bob' })).toBe('eve');
    expect(named({})).toBe('ann');
    expect(named({ header: 'a:b/c@d.example' })).toBe('a:b/c@d.example');
  });

  it('means nothing from any other key, whatever it is', () => {
    const { mayNameUser: _, ...plain } = trusted;
    expect(named({ header: 'eve', endUser: '#' }, plain)).toBe('ann');
  });

  it.each([
    [{ header: '' }, 'x-tollgate-user'],
    [{ header: 'a#1' }, 'x-tollgate-user'],
    [{ header: ' a' }, 'x-tollgate-user'],
    [{ endUser: '' }, 'metadata.user_id'],
    [{ endUser: 'a\u0000b' }, 'metadata.user_id'],
    [{ endUser: 'x'.repeat(129) }, 'metadata.user_id'],
  ])('refuses %j, naming %s', (more, param) => {
    expect(() => named(more)).toThrow(expect.objectContaining({ kind: 'invalid-request', param }));
  });
});
