import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/core/config.ts';
import { ownDetectors } from '../../../functions/records/own-patterns.ts';
import { createRedactor } from '../../../functions/records/redact.ts';
import { growth } from '../../support/growth.ts';

const redact = (pattern: string, text: string): string =>
  createRedactor(ownDetectors([{ name: 'own', pattern }])).text(text);

describe('a pattern of the configuration', () => {
  it.each([
    ['EMP-\\d{4,}', 'it is EMP-12345, not EMP-1', 'it is [own:9], not EMP-1'],
    ['(?:red|blue)\\s+team', 'the red  team and the blue team', 'the [own:9] and the [own:9]'],
    ['[A-Z]{2}-[0-9a-f]{6,8}', 'AB-00ff00ff1', '[own:11]1'],
    ['ab*c?', 'abbbc xabx ac', '[own:5] x[own:2]x [own:2]'],
    ['p\\.o\\. box \\d+', 'p.o. box 99 / pxo. box 9', '[own:11] / pxo. box 9'],
    ['[\\u00e4-\\u00fc]{2}\\p{Lu}', 'äöÜ äöü', '[own:3] äöü'],
    ['a.c', 'abc a\nc a🦜c', '[own:3] a\nc a🦜c'],
    ['x(a|ab)(c|bcd)', 'xabcd', '[own:5]'],
  ])('%s', (pattern, text, expected) => {
    expect(redact(pattern, text)).toBe(expected);
  });

  it('finds what the engine finds, at the same places', () => {
    const piece = fc.constantFrom('a', 'b', '[ab]', '(?:ab|ba)', 'a{2}', 'b{1,3}', '(?:a|b)b', 'a+', 'b*c', '(?:ab?)+');
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => `c${pieces.join('')}`),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 }),
        (pattern, text) => {
          const [first] = ownDetectors([{ name: 'own', pattern }]).flatMap((detect) => detect(text));
          // The longest of those that begin there, which the engine gives only when asked for each end.
          const start = text.search(new RegExp(pattern, 'u'));
          const ends = Array.from({ length: text.length + 1 }, (_, end) => end).filter(
            (end) => start !== -1 && new RegExp(`^(?:${pattern})$`, 'u').test(text.slice(start, end)),
          );
          expect(first).toEqual(start === -1 ? undefined : { start, end: ends.at(-1), type: 'own' });
        },
      ),
    );
  });

  it.each(['(a+)+$'.slice(0, -1), '(a|a)*b', '(a|aa)+b', 'a*a*a*a*b', '(?:a?){25}a{25}b', '(.*)(.*)(.*)x'])(
    'takes no longer than the text is long: %s',
    (pattern) => {
      const detectors = ownDetectors([{ name: 'own', pattern }]);
      const work = (size: number): void => void detectors.map((detect) => detect('a'.repeat(size)));
      expect(detectors).toHaveLength(1);
      expect(growth(work, 2_000, 32_000)).toBeLessThan(64);
    },
  );
});

describe('the configuration', () => {
  const problem = (pattern: string): unknown => {
    const result = parseConfig({
      providers: { openai: { dialect: 'openai-chat', baseUrl: 'https://api.example.com' } },
      redaction: { patterns: [{ name: 'staff', pattern }] },
    });
    return result.ok ? undefined : result.problems[0];
  };

  it.each([
    ['(', 'is not a regular expression'],
    ['(a)\\1', 'has a reference back, which cannot be matched in linear time'],
    ['(?=a)b', 'has a look around, which cannot be matched in linear time'],
    ['(?<!a)b', 'has a look around, which cannot be matched in linear time'],
    ['^a', 'has the anchor "^", which cannot be matched in linear time'],
    ['\\ba', 'has a word boundary, which cannot be matched in linear time'],
    ['a*', 'matches the empty text'],
    ['a🦜', 'has a character beyond U+FFFF, which is never found'],
    ['\\u{1F600}', 'has a character beyond U+FFFF, which is never found'],
    ['(?:a{100}){100}', 'is too large: its repetitions add up to over 1,000'],
  ])('refuses %s', (pattern, message) => {
    expect(problem(pattern)).toEqual({ path: 'redaction.patterns[0].pattern', message });
  });

  it('takes what it can match', () => {
    for (const pattern of ['EMP-\\d+', '(?<id>[A-Z]{2})[^\\]]x', 'a{2,}?b', '\\u{e9}|\\x41\\/']) {
      expect(problem(pattern), pattern).toBeUndefined();
    }
  });
});
