/** Prices of a catalogue, under the operator's own. */
import type { PriceOverride } from '../core/config.ts';
import { type Catalogue, findModel, pricesAt } from './catalogue.ts';
import type { PriceBook } from './prices.ts';
import { modelPriceOf, overrideFor } from './resolve-rates.ts';
import { factorsOf } from './service-terms.ts';

/** `version` stands for the catalogue and the overrides together. */
export function priceBookOf(catalogue: Catalogue, overrides: readonly PriceOverride[], version: string): PriceBook {
  return {
    version,
    find({ provider, priceAs, model, atMs }) {
      const override = overrideFor(overrides, provider, model);
      const listed = findModel(catalogue, priceAs ?? provider, model);
      const factors = listed === undefined ? {} : factorsOf(listed.provider.id, listed.id);
      // A contract's price is usually a discount on the list, with the list's terms.
      if (override !== undefined) return { ...override, factors: { ...factors, ...override.factors } };
      return listed === undefined ? undefined : modelPriceOf(pricesAt(listed.prices, atMs), factors);
    },
  };
}
