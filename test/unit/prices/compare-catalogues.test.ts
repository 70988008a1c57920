import { describe, expect, it } from 'vitest';
import { deployedCatalogue } from '../../../functions/adapters/price-catalogue.ts';
import type { Catalogue, CatalogueModel, TokenPrices } from '../../../functions/ledger/catalogue.ts';
import { findObjection } from '../../../functions/ledger/compare-catalogues.ts';
import { compileCatalogue } from '../../../functions/ledger/compile-catalogue.ts';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const catalogue = await deployedCatalogue();

function changed(change: (model: CatalogueModel) => CatalogueModel): Catalogue {
  const providers = catalogue.providers.map((provider) => ({ ...provider, models: provider.models.map(change) }));
  return { ...catalogue, providers };
}

const everyList =
  (change: (list: TokenPrices) => TokenPrices) =>
  ([id, match, prices, window]: CatalogueModel): CatalogueModel => {
    const lists = Array.isArray(prices)
      ? (prices as readonly (readonly [string, TokenPrices])[]).map(([when, list]) => [when, change(list)] as const)
      : change(prices as TokenPrices);
    return window === undefined ? [id, match, lists] : [id, match, lists, window];
  };

describe('a public catalogue', () => {
  it('is taken where nothing or little has changed', () => {
    expect(findObjection(catalogue, structuredClone(catalogue), NOON)).toBeUndefined();
    const dearer = everyList((list) => (typeof list.i === 'number' ? { ...list, i: list.i * 1.5 } : list));
    expect(findObjection(catalogue, changed(dearer), NOON)).toBeUndefined();
  });

  it('is refused where a class other than input and output comes to cost nothing', () => {
    const free = everyList((list) => ({ ...list, ...(list.r === undefined ? {} : { r: 0 }) }));
    expect(findObjection(catalogue, changed(free), NOON)).toMatch(/would change by more than 10 times/);
  });

  it('is refused where everything is to be free from tomorrow on', () => {
    const free = ([id, match, prices]: CatalogueModel): CatalogueModel => {
      const now = Array.isArray(prices) ? prices : [['', prices as TokenPrices] as const];
      return [id, match, [...now, ['2026-11-24', { i: 0, o: 0 }]]];
    };
    expect(findObjection(catalogue, changed(free), NOON)).toMatch(/would change by more than 10 times/);
  });

  it('is refused where a new entry takes in the models of others', () => {
    const providers = catalogue.providers.map((provider) =>
      provider.id === 'openai'
        ? { ...provider, models: [['new', '*gpt', { i: 0.0001, o: 0.0001 }] as const, ...provider.models] }
        : provider,
    );
    expect(findObjection(catalogue, { ...catalogue, providers }, NOON)).toMatch(/by more than 100 times/);
  });

  it.each(['a*a*a*b', '.*.*.*x', 'a?a?a?a', '[ab]{1,9}[ab]{1,9}[ab]+c'])('is refused for the pattern %s', (regex) => {
    const model = { id: 'm', match: { regex }, prices: { input_mtok: 1 } };
    expect(() => compileCatalogue([{ id: 'p', models: [model] }], 'v')).toThrow('is a pattern that may not end');
  });
});
