/**
 * The price catalogue in the form that the gateway loads: of the public one (https://github.com/pydantic/genai-prices)
 * only what a price of tokens is made of, with short names. 170 kB of JSON against 830 kB of JavaScript.
 */
import type { ListPrice } from './resolve-rates.ts';

export interface Catalogue {
  /** Stored with every row. */
  readonly version: string;
  readonly providers: readonly CatalogueProvider[];
}

export interface CatalogueProvider {
  readonly id: string;
  /** What else the provider may be called. */
  readonly match?: Match;
  /** Providers whose models this one sells too, where it lists no such model itself. */
  readonly fallbacks?: readonly string[];
  readonly models: readonly CatalogueModel[];
}

/**
 * Its id, what it may be called, its prices (the same at all times, or several with a condition each), and how many
 * tokens its context holds.
 */
export type CatalogueModel = readonly [
  id: string,
  match: Match,
  prices: TokenPrices | readonly DatedPrices[],
  contextTokens?: number,
];

/** `=text`, `^beginning`, `$end`, `*part` or `~regular expression`, all in lower case; or several, of which any (all) hold. */
export type Match = string | readonly ['|' | '&', ...Match[]];

/** In USD per million tokens. */
export type TokenPrices = { readonly [N in PriceName]?: CompactPrice };

/** A number, or a base and then pairs: above so many input tokens, this price. */
export type CompactPrice = number | readonly number[];

/** `` (always), `2026-07-30` (from that day, UTC) or `16:30:00Z/00:30:00Z` (between those times of each day). The last wins. */
export type DatedPrices = readonly [when: string, prices: TokenPrices];

/** Our short names → the catalogue's. Other units (searches, pages, hours of audio, images) are not tokens of a class. */
export const PRICE_NAMES = {
  i: 'input_mtok',
  o: 'output_mtok',
  r: 'cache_read_mtok',
  w: 'cache_write_mtok',
  h: 'cache_write_1h_mtok',
  ai: 'input_audio_mtok',
  ao: 'output_audio_mtok',
  ar: 'cache_audio_read_mtok',
} as const;
export type PriceName = keyof typeof PRICE_NAMES;

export interface FoundModel {
  readonly provider: CatalogueProvider;
  readonly id: string;
  readonly prices: CatalogueModel[2];
  readonly contextTokens: number | undefined;
}

/** By the catalogue's own rules: the provider by id or by what it may be called, the model likewise, in the order listed. */
export function findModel(catalogue: Catalogue, provider: string, model: string): FoundModel | undefined {
  const id = provider.toLowerCase().trim();
  const found =
    catalogue.providers.find((each) => each.id === id) ??
    catalogue.providers.find((each) => each.match !== undefined && matches(each.match, id));
  if (found === undefined) return undefined;
  const name = model.toLowerCase().trim();
  const dashed = withDashes(name);
  return findWithin(catalogue, found, name) ?? (dashed === name ? undefined : findWithin(catalogue, found, dashed));
}

function findWithin(catalogue: Catalogue, provider: CatalogueProvider, name: string): FoundModel | undefined {
  const model = provider.models.find(([, match]) => matches(match, name));
  if (model !== undefined) return { provider, id: model[0], prices: model[2], contextTokens: model[3] };
  for (const id of provider.fallbacks ?? []) {
    const other = catalogue.providers.find((each) => each.id === id);
    const found = other === undefined ? undefined : findWithin(catalogue, other, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `claude-x-20260102` as `claude-x-2026-01-02`: some providers write the dates of others' models so. */
function withDashes(name: string): string {
  return name.replace(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[-:]|$)/g, '-$1-$2-$3');
}

function matches(match: Match, name: string): boolean {
  if (typeof match !== 'string') {
    const [kind, ...parts] = match;
    const holds = (part: Match): boolean => matches(part, name);
    return kind === '|' ? parts.some(holds) : parts.every(holds);
  }
  const text = match.slice(1);
  switch (match[0]) {
    case '=':
      return name === text;
    case '^':
      return name.startsWith(text);
    case '$':
      return name.endsWith(text);
    case '*':
      return name.includes(text);
    default:
      return new RegExp(text).test(name);
  }
}

/** What was in force at that time, by the catalogue's own names. */
export function pricesAt(prices: CatalogueModel[2], atMs: number): { readonly [name: string]: ListPrice } {
  const chosen = Array.isArray(prices) ? choose(prices as readonly DatedPrices[], atMs) : (prices as TokenPrices);
  const list: { [name: string]: ListPrice } = {};
  for (const [short, price] of Object.entries(chosen) as [PriceName, CompactPrice][]) {
    list[PRICE_NAMES[short]] = typeof price === 'number' ? price : tiered(price);
  }
  return list;
}

/** The last one whose condition holds; where none does, the first. */
function choose(dated: readonly DatedPrices[], atMs: number): TokenPrices {
  return (dated.findLast(([when]) => holdsAt(when, atMs)) ?? dated[0])?.[1] ?? {};
}

function holdsAt(when: string, atMs: number): boolean {
  if (when === '') return true;
  const [from = '', to] = when.split('/');
  if (to === undefined) return atMs >= Date.parse(from);
  const now = atMs % DAY_MS;
  const [start, end] = [timeOfDay(from), timeOfDay(to)];
  return end < start ? now >= start || now < end : now >= start && now < end;
}

const DAY_MS = 86_400_000;
/** UTC: half past midnight at +08:00 is 16:30 of the day before. */
const timeOfDay = (time: string): number => (Date.parse(`1970-01-01T${time}`) + DAY_MS) % DAY_MS;

function tiered([base = 0, ...pairs]: readonly number[]): ListPrice {
  const tiers = pairs.flatMap((start, index) => (index % 2 === 0 ? [{ start, price: pairs[index + 1] ?? base }] : []));
  return { base, tiers };
}
