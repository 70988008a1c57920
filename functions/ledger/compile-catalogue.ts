/**
 * From the public catalogue (prices/new_data/v2/data.json of https://github.com/pydantic/genai-prices, and what its npm
 * package carries) to the form that the gateway loads. Strict where a wrong value would make a wrong bill: whatever is
 * not understood refuses the whole catalogue, with its place, and the one in use stays.
 */
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import {
  type Catalogue,
  type CatalogueModel,
  type CatalogueProvider,
  type CompactPrice,
  type DatedPrices,
  type Match,
  PRICE_NAMES,
  type PriceName,
  type TokenPrices,
} from './catalogue.ts';

/** In USD per million tokens. The dearest that was ever listed is 600 (o1-pro's output). */
const MOST_USD = 10_000;
/** Model names come from clients, and a pattern that backtracks would cost them nothing and us everything. */
const BACKTRACKS = /\)[*+{]/;
const MOST_PATTERN = 200;
/** So many places that may be long or short: each more multiplies the steps by the length of the name. */
const MOST_OPEN = 2;
/** `*`, `+`, `?`, `{1,}` and `{1,3}`, without what is escaped and the `(?` of groups. */
const OPEN = /[*+?]|\{\d+,\d*\}/g;

/** Throws `upstream-malformed`. */
export function compileCatalogue(value: unknown, version: string): Catalogue {
  if (!Array.isArray(value)) throw wrong('', 'is not a list of providers');
  return { version, providers: value.map((item: Json, index) => compileProvider(item, `[${index}]`)) };
}

function compileProvider(value: Json, at: string): CatalogueProvider {
  const provider = object(value, at);
  const { models, fallback_model_providers: fallbacks } = provider;
  if (!Array.isArray(models)) throw wrong(`${at}.models`, 'is not a list');
  return {
    id: text(provider.id, `${at}.id`),
    ...(isPresent(provider.provider_match)
      ? { match: compileMatch(provider.provider_match, `${at}.provider_match`) }
      : {}),
    ...(isPresent(fallbacks)
      ? { fallbacks: list(fallbacks, `${at}.fallback_model_providers`).map((id) => text(id, at)) }
      : {}),
    models: models.map((model: Json, index) => compileModel(model, `${at}.models[${index}]`)),
  };
}

function compileModel(value: Json, at: string): CatalogueModel {
  const model = object(value, at);
  const { prices, context_window: window } = model;
  // No price hangs on it: what makes no sense is not known.
  const contextTokens: readonly [number?] =
    typeof window === 'number' && Number.isSafeInteger(window) && window > 0 ? [window] : [];
  return [
    text(model.id, `${at}.id`),
    compileMatch(model.match, `${at}.match`),
    Array.isArray(prices)
      ? prices.map((entry: Json, index) => compileDated(entry, `${at}.prices[${index}]`))
      : compilePrices(prices, `${at}.prices`),
    ...contextTokens,
  ];
}

/** Of the words that a condition can be made of, exactly one. */
function compileMatch(value: Json | undefined, at: string): Match {
  const match = object(value, at);
  const [entry, ...more] = Object.entries(match);
  if (entry === undefined || more.length > 0) throw wrong(at, 'is not one condition');
  const [word, operand] = entry;
  if (word === 'or' || word === 'and') {
    const parts = list(operand, at).map((part, index) => compileMatch(part, `${at}.${word}[${index}]`));
    return [word === 'or' ? '|' : '&', ...parts];
  }
  const mark = MARKS[word];
  if (mark === undefined) throw wrong(at, `has the unknown condition "${word}"`);
  const sought = text(operand, at);
  return mark === '~' ? `~${pattern(sought, at)}` : `${mark}${sought.toLowerCase()}`;
}

const MARKS: { readonly [word: string]: string } = {
  equals: '=',
  starts_with: '^',
  ends_with: '$',
  contains: '*',
  regex: '~',
};

function pattern(source: string, at: string): string {
  const open = source.replace(/\\.|\(\?/g, '').match(OPEN)?.length ?? 0;
  if (source.length > MOST_PATTERN || BACKTRACKS.test(source) || open > MOST_OPEN)
    throw wrong(at, 'is a pattern that may not end');
  try {
    new RegExp(source);
    return source;
  } catch (cause) {
    throw wrong(at, 'is not a regular expression', cause);
  }
}

/** The package names the kind of a condition, the published file does not. */
function compileDated(value: Json, at: string): DatedPrices {
  const entry = object(value, at);
  const prices = compilePrices(entry.prices, `${at}.prices`);
  if (!isPresent(entry.constraint)) return ['', prices];
  const { start_date: date, start_time: from, end_time: to } = object(entry.constraint, `${at}.constraint`);
  if (typeof date === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date))) {
    return [date, prices];
  }
  if (isTime(from) && isTime(to)) return [`${from}/${to}`, prices];
  throw wrong(`${at}.constraint`, 'is neither a date nor a time of day');
}

function isTime(value: Json | undefined): value is string {
  const isSpelt = typeof value === 'string' && /^\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value);
  return isSpelt && !Number.isNaN(Date.parse(`1970-01-01T${value}`));
}

function compilePrices(value: Json | undefined, at: string): TokenPrices {
  const list = object(value, at);
  const prices: { [N in PriceName]?: CompactPrice } = {};
  for (const [short, name] of Object.entries(PRICE_NAMES) as [PriceName, string][]) {
    const price = list[name];
    if (isPresent(price)) prices[short] = compilePrice(price, `${at}.${name}`);
  }
  return prices;
}

function compilePrice(value: Json, at: string): CompactPrice {
  if (!isJsonObject(value)) return usd(value, at);
  const tiers = list(value.tiers, `${at}.tiers`).map((item, index) => {
    const tier = object(item, `${at}.tiers[${index}]`);
    const { start } = tier;
    if (typeof start !== 'number' || !Number.isSafeInteger(start) || start < 0) {
      throw wrong(`${at}.tiers[${index}].start`, 'is not a number of tokens');
    }
    return [start, usd(tier.price, `${at}.tiers[${index}].price`)] as const;
  });
  return [usd(value.base, `${at}.base`), ...tiers.sort(([one], [other]) => one - other).flat()];
}

function usd(value: Json | undefined, at: string): number {
  if (typeof value === 'number' && value >= 0 && value <= MOST_USD) return value;
  throw wrong(at, `is not a price from 0 to ${MOST_USD} USD per million tokens`);
}

function object(value: Json | undefined, at: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw wrong(at, 'is not an object');
}

function list(value: Json | undefined, at: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw wrong(at, 'is not a list');
}

function text(value: Json | undefined, at: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(at, 'is not a text');
}

function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

function wrong(at: string, problem: string, cause?: unknown): GatewayError {
  const place = at === '' ? 'It' : at;
  return new GatewayError('upstream-malformed', `${place} ${problem}.`, cause === undefined ? {} : { cause });
}
