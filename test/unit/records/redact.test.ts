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

describe('a secret in disguise', () => {
  const zero = '\u200b';
  const one = 'sk-proj-'.concat('Zx9Qw3Er7Ty1Ui5Op2As8Df4Gh6Jk0Lm');
  const wide = (text: string): string =>
    [...text].map((sign) => (sign === ' ' ? sign : String.fromCharCode(sign.charCodeAt(0) + 0xfee0))).join('');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it.each([
    ['signs without width between', [...one].join(zero), 'api-key'],
    ['one of them', `${one.slice(0, 12)}${zero}${one.slice(12)}`, 'api-key'],
    ['a soft hyphen', `AKIA\u00ad${'IOSFODNN7EXAMPLE'}`, 'api-key'],
    ['hyphens that do not break', one.replaceAll('-', '\u2011'), 'api-key'],
    ['full width', wide(one), 'api-key'],
    ['a card in full width', wide('4111 1111 1111 1111'), 'card'],
    ['a card in Arabic digits', '٤١١١١١١١١١١١١١١١', 'card'],
    ['an address', `max.muster@exam${zero}ple.com`, 'email'],
    ['an address in full width', 'max.muster＠example.com', 'email'],
    ['an account', `DE89${zero}370400440532013000`, 'iban'],
    ['a number', `+49${zero}1712345678`, 'phone'],
    ['base64', base64(`token ${one}`), 'base64'],
    ['base64 for URLs', Buffer.from(`{"clé":"${one}"}`).toString('base64url'), 'base64'],
  ])('%s', (_, hidden, type) => {
    for (const text of [`a ${hidden} b`, JSON.stringify({ note: hidden })]) {
      expect(redactor.text(text)).toContain(`[${type}:${hidden.length}]`);
    }
    const escaped = hidden.replaceAll(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(redactor.text(`{"note":"${escaped}"}`)).toBe(`{"note":"[${type}:${hidden.length}]"}`);
  });
});

it('redacts what stands behind the name of a key or a password', () => {
  const plain = 'Zx9Qw3Er7Ty1Ui5Op2As8Df4Gh6Jk0Lm';
  for (const [text, redacted] of [
    [`MISTRAL_API_KEY=${plain}`, 'MISTRAL_API_KEY=[secret:32]'],
    [`api-key: ${plain}`, 'api-key: [secret:32]'],
    [`{"access_token":"${plain}"}`, '{"access_token":"[secret:32]"}'],
    [`{"a":"{\\"apiKey\\":\\"${plain}\\"}"}`, '{"a":"{\\"apiKey\\":\\"[secret:32]\\"}"}'],
    ['password: hunter2-and-more, please', 'password: [secret:16], please'],
    ['BEARER  Zx9Qw3Er7Ty1Ui5Op2As8', 'BEARER  [bearer-token:21]'],
    [`Authorization: Basic ${Buffer.from('user:pass').toString('base64')}`, 'Authorization: Basic [credentials:12]'],
    ['redis://:s3cr3t@host:6379', 'redis://[credentials:7]@host:6379'],
  ] as const) {
    expect(redactor.text(text)).toBe(redacted);
    expect(redactor.text(redacted)).toBe(redacted);
  }
  expect(redactor.value({ apiKey: plain, api: plain })).toEqual({ apiKey: '[secret:32]', api: plain });
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
    'api_key=',
    'password: a1',
    'basic ',
    'bearer   ',
    '\u200b',
    '４',
    'c2stcHJvai1B ',
  ];
  for (const piece of hard) {
    expect(
      growth((size) => redactor.text(piece.repeat(Math.ceil(size / piece.length))), 2_000, 32_000),
      piece,
    ).toBeLessThan(64);
  }
});
