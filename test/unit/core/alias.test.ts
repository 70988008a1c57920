import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AliasRule, createAliases } from '../../../functions/core/alias.ts';

const rule: AliasRule = { allowed: /^[a-zA-Z0-9_-]{1,64}$/, replaced: /[^a-zA-Z0-9_-]/g, maxLength: 64 };

describe('createAliases', () => {
  it('keeps what is allowed', () => {
    const aliases = createAliases(['get_weather', 'a'.repeat(64)], rule);
    expect(aliases.of('get_weather')).toBe('get_weather');
    expect(aliases.of('a'.repeat(64))).toBe('a'.repeat(64));
    expect(aliases.originals.size).toBe(0);
  });

  it('keeps the readable part of what is not', () => {
    expect(createAliases(['functions.Bash:0'], rule).of('functions.Bash:0')).toMatch(/^functions_Bash_0_[a-z0-9]{14}$/);
  });

  it('tells apart what would read the same', () => {
    const aliases = createAliases(['a.b', 'a:b', 'a b', ''], rule);
    expect(new Set(['a.b', 'a:b', 'a b', ''].map(aliases.of)).size).toBe(4);
  });

  it('gives way to a real name that is equal to an alias', () => {
    const alias = createAliases(['a.b'], rule).of('a.b');
    const aliases = createAliases(['a.b', alias], rule);
    expect(aliases.of(alias)).toBe(alias);
    expect(aliases.of('a.b')).not.toBe(alias);
    expect(aliases.originals.get(aliases.of('a.b'))).toBe('a.b');
  });

  it('does not depend on what else is there', () => {
    const alone = createAliases(['x.y'], rule).of('x.y');
    expect(createAliases(['z.z', 'w.w', 'x.y', 'plain'], rule).of('x.y')).toBe(alone);
    expect(createAliases([], rule).of('x.y')).toBe(alone);
  });

  it('is allowed, reversible and without collisions for any values', () => {
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.stringMatching(/^[a-z_.]{0,4}$/));
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const aliases = createAliases(values, rule);
        const unique = [...new Set(values)];
        const renamed = unique.map(aliases.of);
        expect(new Set(renamed).size).toBe(unique.length);
        for (const alias of renamed) expect(alias).toMatch(rule.allowed);
        expect(renamed.map((alias) => aliases.originals.get(alias) ?? alias)).toEqual(unique);
      }),
    );
  });
});
