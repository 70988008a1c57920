import type { JsonObject } from '../../functions/core/json.ts';
import { between, identifier, pick, type Random } from './seed.ts';

const CITIES: readonly [string, ...string[]] = ['Paris', 'Berlin', 'San Francisco', '東京', 'São Paulo', 'Nairobi'];

/** What a model would write into a field of this name. */
const BY_NAME: readonly (readonly [RegExp, readonly [string, ...string[]]])[] = [
  [/city|location|place|destination|origin/i, CITIES],
  [/country/i, ['FR', 'DE', 'US', 'JP', 'BR', 'KE']],
  [/unit/i, ['celsius', 'fahrenheit']],
  [/currency/i, ['EUR', 'USD', 'JPY']],
  [/language|locale/i, ['en', 'de', 'ja']],
  [/path|file/i, ['README.md', 'src/index.ts', 'docs/naïve plan.md']],
  [/url|link/i, ['https://example.com/gate', 'https://example.org/?q=toll&lang=fr']],
  [/mail/i, ['keeper@example.com', 'ledger@example.org']],
  [/name|author|person/i, ['Ada', 'Grace', 'Émilie', '"Quoted" O\'Neil']],
];

const BY_FORMAT: { readonly [format: string]: (random: Random) => string } = {
  date: (random) => isoTime(random).slice(0, 10),
  time: (random) => isoTime(random).slice(11, 20),
  'date-time': isoTime,
  email: () => 'keeper@example.com',
  uri: () => 'https://example.com/gate',
  hostname: () => 'gate.example.com',
  ipv4: (random) => `192.0.2.${between(random, 1, 254)}`,
  ipv6: (random) => `2001:db8::${between(random, 1, 9)}`,
  duration: (random) => `PT${between(random, 1, 59)}M`,
  uuid: (random) => {
    const hex = (length: number): string =>
      Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  },
};

const GENERAL: readonly [string, ...string[]] = [
  'toll gate',
  'north road',
  'two wagons',
  'über die Brücke',
  'line\nbreak',
];

/** `pattern` is not solved for: a model's own arguments break patterns too, and callers have to check. */
export function sampleString(schema: JsonObject, name: string, random: Random): string {
  const format = typeof schema.format === 'string' ? BY_FORMAT[schema.format] : undefined;
  if (format !== undefined) return format(random);
  const known = BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
  let text = pick(random, known ?? GENERAL);
  const { minLength, maxLength } = schema;
  if (typeof minLength === 'number' && text.length < minLength) text += identifier(random, minLength - text.length);
  return typeof maxLength === 'number' ? text.slice(0, maxLength) : text;
}

function isoTime(random: Random): string {
  return new Date(between(random, 1_735_689_600, 1_830_297_600) * 1000).toISOString();
}
