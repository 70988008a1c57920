import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../functions/records/redact.ts';
import { growth } from '../../support/growth.ts';
import { LOOK_ALIKES } from './look-alikes.ts';
import { PRIVATE_KEY, SECRETS } from './secrets.ts';

const redactor = createRedactor();
/** Words, punctuation and line ends, such as stand around anything. */
const prose = fc
  .array(
    fc.constantFrom(
      'the',
      'über',
      'order',
      '中文',
      'x',
      '🦜',
      '(see',
      'below)',
      '\n',
      '\t',
      '{',
      '}',
      'a=b',
      '"',
      "'",
      ',',
      'no 7,',
    ),
  )
  .map((words) => words.join(' '));

describe.each(SECRETS)('$type: $text', ({ type, text: secret }) => {
  it('never survives, wherever it stands', () => {
    fc.assert(
      fc.property(prose, prose, fc.constantFrom(' ', '\n', ', ', '"', ': ', '>'), (before, after, between) => {
        const redacted = redactor.text(`${before}${between}${secret}${between}${after}`);
        expect(redacted).not.toContain(secret);
        expect(redacted).toContain(`[${type}:${secret.length}]`);
        expect(redacted.startsWith(`${before}${between}`.slice(0, -1))).toBe(true);
        expect(redacted.endsWith(`${between}${after}`.slice(1))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('never survives in JSON, however deep, and the JSON stays JSON', () => {
    const inner = JSON.stringify({ note: `x\n${secret}\n`, list: [1, secret] });
    const middle = JSON.stringify({ arguments: inner });
    for (const text of [inner, middle, JSON.stringify([middle]), `She sent ${middle} and left`]) {
      const redacted = redactor.text(text);
      expect(redacted).not.toContain(secret.slice(4, -4).split('\n').at(-1));
      expect(redacted).toContain(`[${type}:`);
    }
    expect(JSON.parse(redactor.text(inner))).toEqual({
      note: `x\n[${type}:${secret.length}]\n`,
      list: [1, `[${type}:${secret.length}]`],
    });
    expect(JSON.parse(String((JSON.parse(redactor.text(middle)) as { arguments: string }).arguments))).toHaveProperty(
      'note',
    );
  });

  it('never survives behind escapes, in whole and in cut JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: secret.length, maxLength: secret.length }), (escaped) => {
        const hidden = [...secret]
          .map((sign, at) =>
            escaped[at] === true
              ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
              : JSON.stringify(sign).slice(1, -1),
          )
          .join('');
        const whole = `{"token":"${hidden}"}`;
        for (const text of [whole, whole.slice(0, -1), `${whole}, `]) {
          const redacted = redactor.text(text);
          expect(redacted).toContain(`[${type}:`);
          expect(redacted).not.toContain(hidden.slice(3, -3));
        }
        expect(() => JSON.parse(redactor.text(whole)) as unknown).not.toThrow();
      }),
      { numRuns: 20 },
    );
  });
});

describe('what is no secret', () => {
  it.each(LOOK_ALIKES)('stays: %s', (text) => {
    expect(redactor.text(text)).toBe(text);
    expect(redactor.text(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
  });

  it('stays byte for byte', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...LOOK_ALIKES, '\n', '\\n', '\\u00', '\\', '{"a":1,"a":2}', 'ß', '\ud800')),
        (pieces) => {
          const text = pieces.join(' | ');
          expect(redactor.text(text)).toBe(text);
        },
      ),
    );
  });

  it('stays the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const plain = JSON.parse(JSON.stringify(value).replaceAll(/[@+\d.-]/g, '7')) as never;
        expect(redactor.value(plain)).toEqual(plain);
      }),
    );
  });
});

it('changes nothing that it has redacted', () => {
  for (const { text } of SECRETS) {
    const once = redactor.text(`a ${text} b`);
    expect(redactor.text(once)).toBe(once);
  }
});

it('redacts names of fields, numbers that are cards, and values that their name gives away', () => {
  const value = {
    'jane@example.com': { card: 4_111_111_111_111_111, count: 4_111 },
    SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    other: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  expect(redactor.value(value)).toEqual({
    '[email:16]': { card: '[card:16]', count: 4_111 },
    SecretAccessKey: '[secret:40]',
    other: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  });
});

it('redacts a private key that was cut off', () => {
  const cut = PRIVATE_KEY.slice(0, 120);
  expect(redactor.text(`before\n${cut}`)).toBe(`before\n[private-key:${cut.length}]`);
});

it('takes no longer than the text is long, whatever the text', () => {
  const hard = [
    'a@',
    '1 ',
    '12345 ',
    '\\n',
    'sk-',
    'eyJ',
    '-----BEGIN PRIVATE KEY----- ',
    '://',
    'DE89 ',
    'http://a:b',
    '+1 ',
    '0049 ',
    'Bearer ',
    '{"a":',
    '\\u005c',
    '"[',
    'AKIA',
  ];
  for (const piece of hard) {
    expect(
      growth((size) => redactor.text(piece.repeat(Math.ceil(size / piece.length))), 2_000, 32_000),
      piece,
    ).toBeLessThan(64);
  }
});
