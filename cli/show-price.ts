/** `tollgate prices show`: every rate of a model, where it comes from, and what terms make of it. */
import { findModel } from '../functions/ledger/catalogue.ts';
import type { ModelPrice, Rates } from '../functions/ledger/prices.ts';
import { overrideFor } from '../functions/ledger/resolve-rates.ts';
import { CliError } from './errors.ts';
import { type Prices, priceQuery } from './price-source.ts';
import { formatTable } from './table.ts';

type UsdRates = { readonly [tokenClass: string]: number };

/** Rates in USD per million tokens. */
export interface ShownPrice {
  readonly provider: string;
  readonly model: string;
  readonly source: string;
  readonly version: string;
  readonly at: string;
  readonly usdPerMillion: UsdRates;
  readonly longContext: readonly { readonly aboveInputTokens: number; readonly usdPerMillion: UsdRates }[];
  readonly factors: { readonly [term: string]: number };
}

export interface ShowQuery {
  /** An alias, `provider/model`, or a provider's name for a model. */
  readonly model: string;
  readonly provider: string | undefined;
  readonly atMs: number;
}

export function showPrices(prices: Prices, query: ShowQuery): readonly ShownPrice[] {
  const asked = candidates(prices, query);
  const shown = asked.flatMap(({ provider, model }) => {
    const price = prices.book.find(priceQuery(prices, provider, model, query.atMs));
    return price === undefined ? [] : [shownPrice(prices, { provider, model }, price, query.atMs)];
  });
  if (shown.length > 0) return shown;
  const names = asked.map(({ provider, model }) => `${provider}/${model}`).join(', ');
  throw new CliError(
    `No price is known for ${names === '' ? query.model : names}. Add one under "prices" in gateway.yaml.`,
  );
}

interface Asked {
  readonly provider: string;
  readonly model: string;
}

function candidates({ config, catalogue }: Prices, { model, provider }: ShowQuery): readonly Asked[] {
  if (provider !== undefined) return [{ provider, model }];
  const alias = config.models[model];
  if (alias !== undefined) return unique([...alias.targets, ...alias.fallbacks]);
  const [first = '', ...rest] = model.split('/');
  if (rest.length > 0 && (first in config.providers || findModel(catalogue, first, rest.join('/')) !== undefined)) {
    return [{ provider: first, model: rest.join('/') }];
  }
  const configured = Object.keys(config.providers).filter((name) => {
    const priceAs = config.providers[name]?.priceAs ?? name;
    return overrideFor(config.prices, name, model) !== undefined || findModel(catalogue, priceAs, model) !== undefined;
  });
  const all = catalogue.providers.map(({ id }) => id);
  const sellers =
    configured.length > 0 ? configured : all.filter((id) => findModel(catalogue, id, model) !== undefined);
  return sellers.map((name) => ({ provider: name, model }));
}

function unique(targets: readonly Asked[]): readonly Asked[] {
  return [...new Map(targets.map(({ provider, model }) => [`${provider}/${model}`, { provider, model }])).values()];
}

function shownPrice(prices: Prices, { provider, model }: Asked, price: ModelPrice, atMs: number): ShownPrice {
  const { config, catalogue, book } = prices;
  const own = overrideFor(config.prices, provider, model) !== undefined;
  const found = findModel(catalogue, config.providers[provider]?.priceAs ?? provider, model);
  return {
    provider,
    model,
    source: own ? 'your own prices' : `the catalogue: ${found?.provider.id}/${found?.id}`,
    version: book.version,
    at: new Date(atMs).toISOString(),
    usdPerMillion: usdOf(price.base),
    longContext: price.tiers.map(({ aboveInputTokens, rates }) => ({ aboveInputTokens, usdPerMillion: usdOf(rates) })),
    factors: Object.fromEntries(
      Object.entries(price.factors).map(([term, [numerator, denominator]]) => [term, numerator / denominator]),
    ),
  };
}

function usdOf(rates: Rates): UsdRates {
  return Object.fromEntries(Object.entries(rates).map(([name, pico]) => [name, pico / 1e6]));
}

const CLASSES: { readonly [C in keyof Rates]: string } = {
  input: 'input',
  cacheRead: 'cache read',
  cacheWrite5m: 'cache write, 5 min',
  cacheWrite1h: 'cache write, 1 h',
  output: 'output',
  audioInput: 'audio in',
  audioOutput: 'audio out',
  cacheReadAudio: 'cached audio',
};

export function formatPrice(shown: ShownPrice, width: number | undefined): string {
  const { provider, model, source, version, at, usdPerMillion, longContext, factors } = shown;
  const steps = [
    { title: 'USD per million', rates: usdPerMillion },
    ...longContext.map((step) => ({
      title: `above ${step.aboveInputTokens.toLocaleString('en-US')}`,
      rates: step.usdPerMillion,
    })),
  ];
  const table = formatTable(
    [{ title: 'tokens' }, ...steps.map(({ title }) => ({ title, align: 'right' as const }))],
    Object.entries(CLASSES).map(([name, title]) => [
      title,
      ...steps.map(({ rates }) => (rates[name] ?? 0).toLocaleString('en-US', { maximumFractionDigits: 6 })),
    ]),
    { width },
  );
  const terms = Object.entries(factors).map(([term, factor]) => `${term} × ${Number(factor.toFixed(4))}`);
  return [
    `${provider}/${model}, ${at.slice(0, 10)}`,
    `From ${source} (${version})`,
    '',
    table,
    ...(terms.length === 0 ? [] : ['', `Terms: ${terms.join(', ')}`]),
  ].join('\n');
}
