import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitJson } from '../../../local/split-json.ts';
import { growth } from '../../support/growth.ts';

const object = fc.dictionary(fc.string(), fc.jsonValue());
const space = fc.stringMatching(/^[ \t\r\n]*$/);
const indent = fc.constantFrom(undefined, 2);

describe('splitJson', () => {
  it('gives the objects back, one a line, however they were put together', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, object, indent), { minLength: 1 }), space, (items, end) => {
        const text = items.map(([before, value, width]) => before + JSON.stringify(value, null, width)).join('') + end;
        const lines = splitJson(text);
        expect(lines?.map((line) => JSON.parse(line) as unknown)).toEqual(
          items.map(([, value]) => JSON.parse(JSON.stringify(value)) as unknown),
        );
        expect(lines?.join('')).not.toMatch(/[\r\n]/);
      }),
    );
  });

  it.each(['', ' \n', '[]', '[{}]', '1', '"a"', '{', '{}}', '{} 1', '{},{}', '{"a":}', '{"a":"}'])(
    'takes nothing else: %j',
    (text) => {
      expect(splitJson(text)).toBeUndefined();
    },
  );

  it('keeps digits that a number cannot hold', () => {
    expect(splitJson('{"n":12345678901234567890}')).toEqual(['{"n":12345678901234567890}']);
  });

  it.each<[string, (size: number) => string]>([
    ['unclosed quotes', (size) => `{"${'\\"'.repeat(size)}`],
    ['open braces', (size) => '{'.repeat(size)],
    ['empty objects', (size) => '{}'.repeat(size)],
  ])('takes time in proportion: %s', (_what, make) => {
    const texts = new Map([60_000, 480_000].map((size) => [size, make(size)]));
    // 8 times the size: by the square it would be 64 times the time.
    expect(growth((size) => void splitJson(texts.get(size) ?? ''), 60_000, 480_000)).toBeLessThan(24);
  });
});
