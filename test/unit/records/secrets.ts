/** Made up, every one; in two halves, so that no scanner of repositories takes them for real. */
interface Secret {
  readonly type: string;
  readonly text: string;
}

const random = (length: number): string =>
  'Zx9Qw3Er7Ty1Ui5Op2As8Df4Gh6Jk0Lm'.repeat(Math.ceil(length / 32)).slice(0, length);
const key = (prefix: string, length: number): Secret => ({ type: 'api-key', text: prefix + random(length) });
const of = (type: string, ...texts: readonly string[]): readonly Secret[] => texts.map((text) => ({ type, text }));

export const PRIVATE_KEY = [
  '-----BEGIN RSA PRIV'.concat('ATE KEY-----'),
  ...Array.from({ length: 6 }, () => random(64)),
  `${random(40)}==`,
  '-----END RSA PRIV'.concat('ATE KEY-----'),
].join('\n');

export const SECRETS: readonly Secret[] = [
  ...of(
    'email',
    'jane@example.com',
    'jane.doe+news@mail.example.co.uk',
    'o_brien-99@sub.example-host.org',
    'JANE%40EXAMPLE.COM',
    'пётр@пример.рф',
    'jürgen.müller@müller.de',
    'übermut@example.com',
  ),
  ...of(
    'phone',
    '+49 171 2345678',
    '+1 (555) 234-5678',
    '+4917123456789',
    '+44 20 7946 0958',
    '(555) 234-5678',
    '555-234-5678',
    '1-800-555-0199',
    '030 12345678',
    '0171/234 56 78',
    '06 12 34 56 78',
    '0049 30 1234567',
  ),
  ...of(
    'iban',
    'DE89370400440532013000',
    'DE89 3704 0044 0532 0130 00',
    'GB29NWBK60161331926819',
    'gb29 nwbk 6016 1331 9268 19',
    'FR1420041010050500013M02606',
    'NO9386011117947',
    'MT84MALT011000012345MTLCAST001S',
  ),
  ...of(
    'card',
    '4111111111111111',
    '4111 1111 1111 1111',
    '5500-0000-0000-0004',
    '378282246310005',
    '3782 822463 10005',
    '6011111111111117',
    '3530111333300000',
    '2223003122003222',
  ),
  key('sk-tg-', 43),
  key('sk-ant-api'.concat('03-'), 90),
  key('sk-proj-', 100),
  key('sk-svcacct-', 60),
  key('sk-', 48),
  key('sk-or-'.concat('v1-'), 64),
  key('AIza', 35),
  key('GOCSPX-', 28),
  { type: 'api-key', text: 'AKIA'.concat('IOSFODNN7EXAMPLE') },
  { type: 'api-key', text: 'ASIA'.concat('Q3EGGVNN7EXAMPLE') },
  key('ABSK', 120),
  key('ghp_', 36),
  key('gho_', 36),
  key('ghs_', 36),
  key('github_'.concat('pat_'), 82),
  key('glpat-', 20),
  key('xoxb-', 50),
  key('xoxp-', 60),
  key('xapp-', 60),
  { type: 'api-key', text: 'hooks.slack.com/services/'.concat('T0000ABCD/B0000ABCD/', random(24)) },
  key('sk_live_', 24),
  key('sk_test_', 24),
  key('rk_live_', 24),
  key('whsec_', 32),
  key('gsk_', 52),
  key('xai-', 80),
  key('pplx-', 48),
  key('hf_', 34),
  key('xoxc-', 40),
  key('tgp_v1_', 40),
  key('pypi-', 80),
  key('dop_v1_', 64),
  { type: 'api-key', text: `${'SG'.concat('.')}${random(22)}.${random(43)}` },
  { type: 'jwt', text: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${random(43)}` },
  { type: 'jwt', text: `eyJhbGciOiJSU0EtT0FFUCJ9.${random(40)}.${random(16)}.${random(30)}.${random(22)}` },
  { type: 'private-key', text: PRIVATE_KEY },
];
